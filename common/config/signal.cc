#include "common/config/signal.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <string_view>

#include "common/config/nearest.h"
#include "common/error.h"
#include "common/graph/pass_names.h"
#include "common/ops/op.h"
#include "common/tensor/shape.h"

namespace gt::config {
namespace {

constexpr std::size_t kMostWorkers = 4096;
constexpr std::size_t kMostPasses = 64;

[[noreturn]] void refuse(const std::string& signal, const std::string& message) {
  throw CommonError(ErrorKind::kInvalidArgument, fmt::format("signal '{}': {}", signal, message));
}

void check_name(const std::string& signal, const std::string& name) {
  if (name.empty()) refuse(signal, "a signal needs a name");
  if (name.size() > kMaxSignalName)
    refuse(signal.substr(0, 32) + "...",
           fmt::format("a name has at most {} bytes, not {}", kMaxSignalName, name.size()));
  if (std::any_of(name.begin(), name.end(),
                  [](char c) { return std::iscntrl(static_cast<unsigned char>(c)) != 0; }))
    refuse(signal, "a name has no control characters");
}

void check_shard(const std::string& signal, const ShardOptions& shard) {
  const auto dims = static_cast<std::int64_t>(kMaxDimensions);
  if (shard.axis && (*shard.axis < -dims || *shard.axis >= dims))
    refuse(signal, fmt::format("shard.axis {} is no dimension; tensors have at most {}",
                               *shard.axis, dims));
  if (shard.workers.size() > kMostWorkers)
    refuse(signal, fmt::format("shard.workers names {} workers; at most {} can be named",
                               shard.workers.size(), kMostWorkers));
  std::vector<std::uint32_t> sorted = shard.workers;
  std::sort(sorted.begin(), sorted.end());
  const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
  if (twice != sorted.end())
    refuse(signal, fmt::format("shard.workers names worker {} twice; each may stand once", *twice));
}

void check_pass(const std::string& signal, const std::string& name) {
  constexpr auto& names = graph::kPassNames;
  if (std::find(names.begin(), names.end(), name) != names.end()) return;
  refuse(signal, fmt::format("compile.passes: there is no pass '{}'; did you mean '{}'? Known: {}",
                             name, nearest(name, names), fmt::join(names, ", ")));
}

void check_op(const std::string& signal, const std::string& name) {
  if (find_op(name) != nullptr) return;
  std::vector<std::string_view> names;
  for (const OpRow& row : op_table()) names.push_back(row.name);
  refuse(signal, fmt::format("compile.exclude: '{}' is no operation; did you mean '{}'?", name,
                             nearest(name, names)));
}

}  // namespace

void check(const Signal& signal) {
  check_name(signal.name, signal.name);
  if (!signal.backward.empty()) check_name(signal.name, signal.backward);
  if (signal.shard) check_shard(signal.name, *signal.shard);
  if (signal.compile.disabled_passes.size() > kMostPasses)
    refuse(signal.name, fmt::format("compile.passes names more than {} passes", kMostPasses));
  for (const std::string& pass : signal.compile.disabled_passes) check_pass(signal.name, pass);
  for (const std::string& op : signal.compile.excluded_ops) check_op(signal.name, op);
}

}  // namespace gt::config
