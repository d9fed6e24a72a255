#include "client/src/session/prompt_thread.h"

#include <cstdint>

#include "client/src/session/thread_local.h"
#include "common/process/time_slice.h"

namespace gt::client {
namespace {

/// The slice to go back to, in nanoseconds; 0 while the thread has it.
GT_FAST_THREAD_LOCAL std::int64_t own_slice = 0;

}  // namespace

void become_prompt() noexcept {
  if (own_slice == 0) own_slice = process::set_time_slice(process::kShortSlice).count();
}

void become_patient() noexcept {
  if (own_slice == 0) return;
  process::set_time_slice(std::chrono::nanoseconds(own_slice));
  own_slice = 0;
}

}  // namespace gt::client
