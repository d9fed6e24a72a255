// Threads of the library in a program that is not ours.
#pragma once

#include "common/process/background_thread.h"

namespace gt::client {

using process::start_background_thread;

}  // namespace gt::client
