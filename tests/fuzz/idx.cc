// Files of digits: whatever their bytes, a file is read as its header says or refused.
#include "client/src/data/idx.h"

#include <gt/error.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/fuzz/source.h"

namespace {

/// A file in memory; the same one for all inputs.
class MemoryFile {
 public:
  MemoryFile() : descriptor_(::memfd_create("idx", MFD_CLOEXEC)) {}

  std::string write(const std::vector<std::byte>& bytes) const {
    if (::ftruncate(descriptor_, 0) != 0 ||
        ::pwrite(descriptor_, bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
      __builtin_trap();
    return "/proc/self/fd/" + std::to_string(descriptor_);
  }

 private:
  int descriptor_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const MemoryFile file;
  FuzzedDataProvider input(data, size);
  const auto rank = input.ConsumeIntegralInRange<std::size_t>(1, 4);
  std::vector<std::byte> bytes;
  if (input.ConsumeBool()) {  // a header of the right form
    bytes = {std::byte{0}, std::byte{0}, std::byte{8}, static_cast<std::byte>(rank)};
    for (std::size_t k = 0; k < rank; ++k) {
      const auto length = static_cast<std::uint32_t>(gt::fuzz::word(input));
      for (int shift = 24; shift >= 0; shift -= 8)
        bytes.push_back(static_cast<std::byte>(length >> shift));
    }
  }
  const auto rest = gt::fuzz::bytes(input, 64);
  bytes.insert(bytes.end(), rest.begin(), rest.end());
  try {
    const gt::data::IdxFile read = gt::data::read_idx(file.write(bytes), "images", rank);
    std::int64_t count = 1;
    for (const std::int64_t length : read.sizes) count *= length;
    if (count != static_cast<std::int64_t>(read.bytes.size())) __builtin_trap();
  } catch (const gt::Error&) {
  }
  return 0;
}
