#include "worker/jit/llvm/build_identity.h"

#include <elf.h>
#include <fmt/format.h>
#include <link.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>

#include "common/error.h"

namespace gt::worker::jit {
namespace {

using Header = ElfW(Phdr);
using Note = ElfW(Nhdr);

std::span<const std::byte> bytes_of(const dl_phdr_info& file, const Header& header) {
  // The loader tells where it has put the file as a number.
  return {std::bit_cast<const std::byte*>(file.dlpi_addr + header.p_vaddr), header.p_memsz};
}

/// The mark among the notes of a segment; empty if it is not there.
std::string find_mark(std::span<const std::byte> notes, std::size_t alignment) {
  const auto padded = [alignment](std::size_t size) {
    return (size + alignment - 1) / alignment * alignment;
  };
  constexpr std::string_view kOwner("GNU\0", 4);
  while (notes.size() >= sizeof(Note)) {
    Note note;
    std::memcpy(&note, notes.data(), sizeof note);
    notes = notes.subspan(sizeof note);
    const std::size_t name_size = padded(note.n_namesz);
    const std::size_t size = name_size + padded(note.n_descsz);
    if (size > notes.size()) return {};
    const std::string_view owner(reinterpret_cast<const char*>(notes.data()), note.n_namesz);
    if (note.n_type == NT_GNU_BUILD_ID && owner == kOwner) {
      std::string hex;
      for (const std::byte byte : notes.subspan(name_size, note.n_descsz))
        hex += fmt::format("{:02x}", static_cast<unsigned>(byte));
      return hex;
    }
    notes = notes.subspan(size);
  }
  return {};
}

/// Of the file that holds this function; gives 1 once it was found.
int look_at_file(dl_phdr_info* file, std::size_t /*size*/, void* result) {
  const std::span headers(file->dlpi_phdr, file->dlpi_phnum);
  const auto* const here = reinterpret_cast<const std::byte*>(&look_at_file);
  const bool holds_this = std::any_of(headers.begin(), headers.end(), [&](const Header& header) {
    const std::span<const std::byte> bytes = bytes_of(*file, header);
    return header.p_type == PT_LOAD && here >= bytes.data() && here < bytes.data() + bytes.size();
  });
  if (!holds_this) return 0;
  for (const Header& header : headers) {
    if (header.p_type != PT_NOTE) continue;
    std::string mark = find_mark(bytes_of(*file, header), header.p_align == 8 ? 8 : 4);
    if (!mark.empty()) *static_cast<std::string*>(result) = std::move(mark);
  }
  return 1;
}

}  // namespace

std::string build_identity() {
  std::string mark;
  dl_iterate_phdr(&look_at_file, &mark);
  if (mark.empty())
    throw CommonError(ErrorKind::kInternal,
                      "the compiler of kernels was linked without --build-id: what it has "
                      "compiled could not be told from what another build has");
  return mark;
}

}  // namespace gt::worker::jit
