// Turns exceptions of an instruction into the record of a failure. Part of Session's sources.
#pragma once

#include <new>
#include <utility>

#include "worker/execution/session.h"

namespace gt::worker {

/// Runs the action; gives null, or the poison of the failure that it threw.
template <class Action>
Poison Session::guard(const Instruction& instruction, Action&& action) {
  try {
    std::forward<Action>(action)();
    return nullptr;
  } catch (const CommonError& error) {
    return fail(instruction, error.kind(), error.what());
  } catch (const std::bad_alloc&) {
    return fail(instruction, ErrorKind::kOutOfMemory, "no memory left on the worker");
  } catch (const std::exception& error) {
    return fail(instruction, ErrorKind::kInternal, error.what());
  }
}

}  // namespace gt::worker
