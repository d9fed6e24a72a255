// Descriptors that are handed to child processes.
#pragma once

#include "common/process/descriptor.h"

namespace gt::client {

using process::Descriptor;

/// A pipe that children inherit only through an explicit duplicate; both numbers are above those of
/// standard input and output. Throws CommonError(kInternal) if there are no descriptors left.
struct Pipe {
  Pipe();
  Descriptor read;
  Descriptor write;
};

}  // namespace gt::client
