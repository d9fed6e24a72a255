// Keeps a crash inside the compiler from ending the process.
#pragma once

#include <functional>

namespace gt::worker::jit {

/// Runs the work and throws what it throws. If it ends in a fatal signal (an abort of LLVM, a bad
/// access), what it held leaks, and CommonError(kInternal) names the signal. One call at a time.
void run_guarded(const std::function<void()>& work);

}  // namespace gt::worker::jit
