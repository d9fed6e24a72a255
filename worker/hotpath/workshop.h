// What all sessions of one worker share to compile and to run what was compiled.
#pragma once

#include <utility>

#include "worker/engine/engine.h"
#include "worker/hotpath/compile_pool.h"
#include "worker/hotpath/thread_team.h"

namespace gt::worker::hotpath {

struct Workshop {
  /// Kernels run in as many threads as the engine has, in its own where it keeps them. The engine
  /// is borrowed.
  Workshop(CompilerSetup setup, Engine& engine)
      : compilers(std::move(setup)), team(engine.threads(), [&engine](const auto& work) {
          return engine.run_in_threads(work);
        }) {}

  CompilePool compilers;
  ThreadTeam team;
};

}  // namespace gt::worker::hotpath
