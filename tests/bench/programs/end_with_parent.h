// Keeps a program of the benchmarks from outliving them.
#pragma once

#include <signal.h>
#include <sys/prctl.h>

namespace gt::bench {

/// The kernel ends this process when the one that started it ends.
inline void end_with_parent() { prctl(PR_SET_PDEATHSIG, SIGKILL); }

}  // namespace gt::bench
