// What `gt stats` prints, made from two answers of a server.
#pragma once

#include <chrono>
#include <string>

#include "common/protocol/messages.h"

namespace gt::tool {

/// Tables of workers, sessions and their hot sequences for people; `seconds` passed between the
/// two answers, rates are over that time.
[[nodiscard]] std::string statistics_table(const protocol::Statistics& before,
                                           const protocol::Statistics& after, double seconds);
/// The same as one JSON object on one line: counts as they are, rates a second.
[[nodiscard]] std::string statistics_json(const protocol::Statistics& before,
                                          const protocol::Statistics& after, double seconds);

/// `512 B`, `1.5 MiB`.
[[nodiscard]] std::string bytes_text(double bytes);
/// `950`, `12.3 k`, `1.77 M`.
[[nodiscard]] std::string count_text(double count);

}  // namespace gt::tool
