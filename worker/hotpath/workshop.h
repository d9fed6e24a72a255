// What all sessions of one worker share to compile and to run what was compiled.
#pragma once

#include <utility>

#include "worker/hotpath/compile_pool.h"
#include "worker/hotpath/thread_team.h"

namespace gt::worker::hotpath {

struct Workshop {
  /// `threads` that a kernel may run in.
  Workshop(CompilerSetup setup, int threads) : compilers(std::move(setup)), team(threads) {}

  CompilePool compilers;
  ThreadTeam team;
};

}  // namespace gt::worker::hotpath
