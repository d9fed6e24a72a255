#include "worker/jit/llvm/crash_guard.h"

#include <llvm/Support/CrashRecoveryContext.h>

#include <cstring>
#include <exception>
#include <string>

#include "common/error.h"

namespace gt::worker::jit {
namespace {

/// The handlers belong to the process: they are there only while something is compiled.
class Handlers {
 public:
  Handlers() { llvm::CrashRecoveryContext::Enable(); }
  Handlers(const Handlers&) = delete;
  Handlers& operator=(const Handlers&) = delete;
  ~Handlers() { llvm::CrashRecoveryContext::Disable(); }
};

/// RetCode of a crash is 128 and the signal.
std::string signal_of(int code) {
  const char* name = code > 128 ? sigdescr_np(code - 128) : nullptr;
  return name != nullptr ? name : "code " + std::to_string(code);
}

}  // namespace

void run_guarded(const std::function<void()>& work) {
  const Handlers handlers;
  llvm::CrashRecoveryContext context;
  std::exception_ptr thrown;
  const bool has_returned = context.RunSafely([&] {
    try {
      work();
    } catch (...) {
      thrown = std::current_exception();
    }
  });
  if (thrown) std::rethrow_exception(thrown);
  if (!has_returned)
    throw CommonError(ErrorKind::kInternal,
                      "the compiler crashed (" + signal_of(context.RetCode) + ")");
}

}  // namespace gt::worker::jit
