#include "tests/bench/gpu.h"

#include <memory>
#include <string>

namespace gt::bench {

worker::Engine& gpu_engine() {
  struct Found {
    std::unique_ptr<worker::Engine> engine;
    std::string reason;
  };
  static const Found found = [] {
    Found made;
    try {
      worker::EngineOptions options;
      options.device = kGpu;
      made.engine = worker::make_engine(options);
    } catch (const std::exception& error) {
      made.reason = error.what();
    }
    return made;
  }();
  if (found.engine == nullptr) throw Skipped("no GPU: " + found.reason);
  return *found.engine;
}

}  // namespace gt::bench
