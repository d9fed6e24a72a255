// Blocks that somebody counts.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>

#include "common/transport/shared_block.h"

namespace gt::transport {

/// The same block; `count` is higher by one as long as the result lives.
[[nodiscard]] SharedBlockRef count_block(SharedBlockRef block,
                                         std::shared_ptr<std::atomic<std::size_t>> count);

}  // namespace gt::transport
