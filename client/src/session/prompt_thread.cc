#include "client/src/session/prompt_thread.h"

#include <sched.h>

#include "client/src/session/thread_local.h"
#include "common/process/time_slice.h"

namespace gt::client {
namespace {

GT_FAST_THREAD_LOCAL bool is_prompt = false;

}  // namespace

void become_prompt() noexcept {
  if (is_prompt) return;
  is_prompt = true;
  process::set_time_slice(process::kShortSlice);
}

void give_way() noexcept {
  become_prompt();
  ::sched_yield();
}

}  // namespace gt::client
