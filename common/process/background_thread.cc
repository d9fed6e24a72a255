#include "common/process/background_thread.h"

#include <signal.h>

namespace gt::process {

std::thread start_background_thread(std::function<void()> body) {
  // The thread inherits the mask: it never runs without it.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  struct Restore {
    const sigset_t& mask;
    ~Restore() { pthread_sigmask(SIG_SETMASK, &mask, nullptr); }
  } const restore{before};
  return std::thread(std::move(body));
}

}  // namespace gt::process
