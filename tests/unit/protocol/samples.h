// One message of every type, with content in every field.
#pragma once

#include <vector>

#include "common/protocol/messages.h"

namespace gt::protocol::samples {

[[nodiscard]] ErrorRecord error_record();
/// All alternatives of Message, in their order.
[[nodiscard]] std::vector<Message> messages();

}  // namespace gt::protocol::samples
