#include "client/src/data/idx.h"

#include <gt/macros.h>

#include <algorithm>
#include <fstream>

namespace gt::data {
namespace {

std::uint32_t read_big_endian(std::ifstream& file, const std::string& path) {
  unsigned char bytes[4];
  file.read(reinterpret_cast<char*>(bytes), 4);
  TORCH_CHECK(file.good(), "Error reading the header of ", path, ": the file is too short");
  return (std::uint32_t{bytes[0]} << 24) | (std::uint32_t{bytes[1]} << 16) |
         (std::uint32_t{bytes[2]} << 8) | std::uint32_t{bytes[3]};
}

}  // namespace

IdxFile read_idx(const std::string& path, const std::string& what, std::size_t rank) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  TORCH_CHECK(file.is_open(), "Error opening ", what, " file at ", path);
  const auto file_size = static_cast<std::int64_t>(file.tellg());
  file.seekg(0);

  const std::uint32_t expected_magic = 0x800u + static_cast<std::uint32_t>(rank);
  const std::uint32_t magic = read_big_endian(file, path);
  TORCH_CHECK(magic == expected_magic, "Error reading ", what, " file at ", path,
              ": expected the magic number ", expected_magic, ", but got ", magic);
  IdxFile result;
  std::int64_t count = 1;
  for (std::size_t i = 0; i < rank; ++i) {
    const auto size = static_cast<std::int64_t>(read_big_endian(file, path));
    result.sizes.push_back(size);
    const std::int64_t remaining = file_size / std::max<std::int64_t>(count, 1);
    TORCH_CHECK(size <= remaining, "Error reading ", what, " file at ", path,
                ": its header states "
                "more elements than the ",
                file_size, " bytes of the file hold");
    count *= size;
  }
  const std::int64_t expected = 4 * (static_cast<std::int64_t>(rank) + 1) + count;
  TORCH_CHECK(file_size >= expected, "Error reading ", what, " file at ", path,
              ": its header "
              "states ",
              expected, " bytes, but the file has ", file_size);
  result.bytes.resize(static_cast<std::size_t>(count));
  file.read(reinterpret_cast<char*>(result.bytes.data()), count);
  TORCH_CHECK(file.good() || count == 0, "Error reading ", what, " file at ", path);
  return result;
}

}  // namespace gt::data
