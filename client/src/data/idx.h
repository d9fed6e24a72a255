// The IDX file format of the MNIST database.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace gt::data {

/// Unsigned bytes with the sizes of their dims.
struct IdxFile {
  std::vector<std::int64_t> sizes;
  std::vector<std::uint8_t> bytes;
};

/// Reads a file of unsigned bytes with `rank` dims. `what` ("images", "labels") names it in
/// errors. Format: a big-endian magic number 0x0000080D (D dims), D big-endian 32-bit sizes, then
/// the bytes in row-major order (http://yann.lecun.com/exdb/mnist).
[[nodiscard]] IdxFile read_idx(const std::string& path, const std::string& what, std::size_t rank);

}  // namespace gt::data
