#include "client/src/session/site.h"

#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace gt::client {
namespace {

/// Debug information beside the program is not searched: that may ask a server on the network.
int no_separate_debuginfo(Dwfl_Module*, void**, const char*, Dwarf_Addr, const char*, const char*,
                          GElf_Word, char**) {
  return -1;
}

struct DwflEnd {
  void operator()(Dwfl* dwfl) const noexcept { dwfl_end(dwfl); }
};

std::string hexadecimal(std::uint64_t number) {
  char text[2 + 16 + 1];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(number));
  return text;
}

/// File and line; empty where there is none.
std::string source_line(const char* file, int number) {
  return file != nullptr && number > 0 ? std::string(file) + ":" + std::to_string(number) : "";
}

std::string source_line(Dwfl_Module* module, Dwarf_Addr address) {
  if (Dwfl_Line* line = dwfl_module_getsrc(module, address); line != nullptr) {
    int number = 0;
    const char* file = dwfl_lineinfo(line, nullptr, &number, nullptr, nullptr, nullptr);
    return source_line(file, number);
  }
  // clang writes no table of addresses by compilation units: each says itself what is in it.
  Dwarf_Addr bias = 0;
  for (Dwarf_Die* unit = nullptr; (unit = dwfl_module_nextcu(module, unit, &bias)) != nullptr;) {
    if (dwarf_haspc(unit, address - bias) <= 0) continue;
    Dwarf_Line* line = dwarf_getsrc_die(unit, address - bias);
    int number = 0;
    if (line == nullptr || dwarf_lineno(line, &number) != 0) continue;
    return source_line(dwarf_linesrc(line, nullptr, nullptr), number);
  }
  return "";
}

std::string describe_in_module(Dwfl_Module* module, Dwarf_Addr address) {
  if (std::string line = source_line(module, address); !line.empty()) return line;
  Dwarf_Addr start = 0;
  const char* path =
      dwfl_module_info(module, nullptr, &start, nullptr, nullptr, nullptr, nullptr, nullptr);
  std::string_view name = path != nullptr ? path : "";
  name.remove_prefix(name.rfind('/') + 1);
  return std::string(name) + "+" + hexadecimal(address - start);
}

std::string look_up(Dwarf_Addr address) {
  const Dwfl_Callbacks callbacks{dwfl_linux_proc_find_elf, no_separate_debuginfo, nullptr, nullptr};
  const std::unique_ptr<Dwfl, DwflEnd> dwfl(dwfl_begin(&callbacks));
  if (dwfl != nullptr && dwfl_linux_proc_report(dwfl.get(), getpid()) == 0 &&
      dwfl_report_end(dwfl.get(), nullptr, nullptr) == 0) {
    Dwfl_Module* module = dwfl_addrmodule(dwfl.get(), address);
    if (module != nullptr) return describe_in_module(module, address);
  }
  return hexadecimal(address);
}

}  // namespace

GT_FAST_THREAD_LOCAL void* SiteScope::current_ = nullptr;

std::string describe_address(void* address) {
  // Never destroyed: errors that nobody has read are told while the process ends.
  static std::mutex& mutex = *new std::mutex;
  static auto& known = *new std::unordered_map<void*, std::string>;
  const std::lock_guard lock(mutex);
  const auto [entry, is_new] = known.try_emplace(address);
  if (is_new) entry->second = look_up(reinterpret_cast<Dwarf_Addr>(address));
  return entry->second;
}

}  // namespace gt::client
