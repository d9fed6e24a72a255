// Variables of a thread that every instruction looks at.
#pragma once

/// A constant-initialised thread-local without the call that others cost in a shared library. They
/// share a small room of the program: a few words in all.
#define GT_FAST_THREAD_LOCAL constinit thread_local __attribute__((tls_model("initial-exec")))
