// A compiler for AArch64 whose kernels run under an emulator.
#pragma once

#include <memory>
#include <string>

#include "worker/jit/kernel.h"

namespace gt::worker::jit {

struct RemoteTools {
  std::string linker;                 ///< makes a shared library of an object
  std::vector<std::string> emulator;  ///< with its options
  std::string server;                 ///< kernel_server.cc, built for that machine
};

[[nodiscard]] std::unique_ptr<KernelCompiler> make_remote_compiler(RemoteTools tools);

}  // namespace gt::worker::jit
