// Texts from outside: addresses, and values of the environment.
#include "common/config/environment.h"
#include "common/config/network_policy.h"
#include "common/transport/address.h"
#include "common/transport/transport.h"
#include "tests/fuzz/source.h"

namespace {

using namespace gt;

template <class Action>
void refused_or_done(const Action& action) {
  try {
    action();
  } catch (const CommonError& error) {
    if (error.kind() != ErrorKind::kInvalidArgument) __builtin_trap();
  }
}

void read_all(const config::Environment& environment) {
  for (const config::VariableRow& row : config::variable_table()) {
    if (!environment.is_set(row.variable)) continue;
    switch (row.type) {
      case config::VariableType::flag:
        static_cast<void>(environment.flag(row.variable));
        break;
      case config::VariableType::count:
        if (environment.count(row.variable) < 1) __builtin_trap();
        break;
      case config::VariableType::bytes:
        if (environment.bytes(row.variable) < 1) __builtin_trap();
        break;
      case config::VariableType::seconds:
        if (environment.duration(row.variable).count() < 1) __builtin_trap();
        break;
      case config::VariableType::choice:
      case config::VariableType::text:
        static_cast<void>(environment.text(row.variable));
    }
  }
}

std::string entry(FuzzedDataProvider& input) {
  const auto table = config::variable_table();
  const auto k = input.ConsumeIntegralInRange<std::size_t>(0, table.size());
  const std::string name =
      k == table.size() ? input.ConsumeRandomLengthString(16) : std::string(table[k].name);
  return name + "=" + input.ConsumeRandomLengthString(24);
}

std::string address(FuzzedDataProvider& input) {
  constexpr const char* kSchemes[] = {"", "tcp://", "ipc://", "inproc-twin://", "tcp://["};
  return kSchemes[input.ConsumeIntegralInRange<std::size_t>(0, std::size(kSchemes) - 1)] +
         input.ConsumeRandomLengthString(32);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider input(data, size);
  std::vector<std::string> entries;
  while (input.remaining_bytes() > 0) {
    if (input.ConsumeBool()) {
      entries.push_back(entry(input));
      continue;
    }
    const std::string drawn = address(input);
    refused_or_done([&] {
      const std::string normal = transport::normalise_address(drawn);
      if (transport::normalise_address(normal) != normal) __builtin_trap();
      static_cast<void>(transport::scheme_of(normal));
    });
    if (drawn.starts_with("tcp://"))
      refused_or_done([&] { static_cast<void>(config::split_tcp_address(drawn)); });
    static_cast<void>(config::parse_bytes(drawn));
  }
  std::vector<const char*> pointers;
  for (const std::string& text : entries) pointers.push_back(text.c_str());
  refused_or_done([&] { read_all(config::Environment::parse(pointers)); });
  return 0;
}
