#include "worker/jit/llvm/gpu/gpu_object.h"

#include <cstring>

#include "worker/jit/object_reader.h"

namespace gt::worker::jit {
namespace {

struct Header {
  char magic[8] = {'G', 'T', 'G', 'P', 'U', 'O', 'B', 'J'};
  std::uint32_t version = 2;
  std::uint32_t kernels = 0;
  std::uint64_t host_bytes = 0;
  std::uint64_t device_bytes = 0;
};

void append(std::vector<std::byte>& bytes, const void* from, std::size_t size) {
  const auto* first = static_cast<const std::byte*>(from);
  bytes.insert(bytes.end(), first, first + size);
}

}  // namespace

std::vector<std::byte> to_bytes(const GpuObject& object) {
  Header header;
  header.kernels = static_cast<std::uint32_t>(object.launches.size());
  header.host_bytes = object.host_code.size();
  header.device_bytes = object.device_code.size();
  std::vector<std::byte> bytes;
  append(bytes, &header, sizeof header);
  for (const std::vector<std::uint32_t>& words : object.launches) {
    const auto count = static_cast<std::uint32_t>(words.size());
    append(bytes, &count, sizeof count);
    append(bytes, words.data(), words.size() * sizeof words[0]);
  }
  append(bytes, object.host_code.data(), object.host_code.size());
  append(bytes, object.device_code.data(), object.device_code.size());
  return bytes;
}

GpuObject read_object(std::span<const std::byte> bytes) {
  ObjectReader reader(bytes, "compiled GPU kernels");
  const auto header = reader.take<Header>();
  const Header expected;
  if (std::memcmp(header.magic, expected.magic, sizeof header.magic) != 0 ||
      header.version != expected.version)
    reader.fail("the bytes are no object of this version");
  GpuObject object;
  for (std::uint32_t k = 0; k < header.kernels; ++k) {
    std::vector<std::uint32_t>& words = object.launches.emplace_back();
    for (auto count = reader.take<std::uint32_t>(); count > 0; --count)
      words.push_back(reader.take<std::uint32_t>());
  }
  const auto host = reader.take(header.host_bytes);
  object.host_code.assign(host.begin(), host.end());
  const auto device = reader.take(header.device_bytes);
  object.device_code.assign(reinterpret_cast<const char*>(device.data()), device.size());
  return object;
}

}  // namespace gt::worker::jit
