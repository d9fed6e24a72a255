#include "common/config/signal_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <set>
#include <span>
#include <sstream>

#include "common/config/nearest.h"
#include "common/error.h"

namespace gt::config {
namespace {

constexpr std::size_t kMostBytes = std::size_t{1} << 20;

constexpr std::array<std::string_view, 3> kSignalKeys{"shard", "compile", "backward"};
constexpr std::array<std::string_view, 2> kShardKeys{"axis", "workers"};
constexpr std::array<std::string_view, 4> kCompileKeys{"mode", "passes", "exclude", "dynamic"};
/// In the order of CompileMode.
constexpr std::array<std::string_view, 3> kModes{"default", "reduce-overhead", "max-autotune"};

/// Reads one document; knows the file for its messages.
class SignalReader {
 public:
  explicit SignalReader(const std::string& file) : file_(file) {}

  [[nodiscard]] std::vector<Signal> read(const YAML::Node& document) const {
    std::vector<Signal> signals;
    if (document.IsNull()) return signals;
    require_map(document, "the file", "a map from names of signals to what they say");
    std::set<std::string> names;
    for (const auto& entry : document) {
      const std::string name = text(entry.first, "the name of a signal");
      if (!names.insert(name).second)
        fail(entry.first, fmt::format("signal '{}' stands twice; once is right", name));
      signals.push_back(signal(name, entry.second));
      try {
        check(signals.back());
      } catch (const CommonError& error) {
        fail(entry.first, error.what());
      }
    }
    return signals;
  }

  [[noreturn]] void fail(const YAML::Mark& mark, const std::string& message) const {
    throw CommonError(ErrorKind::kInvalidArgument,
                      fmt::format("{}:{}:{}: {}", file_, mark.line + 1, mark.column + 1, message));
  }

 private:
  [[noreturn]] void fail(const YAML::Node& node, const std::string& message) const {
    fail(node.Mark(), message);
  }

  void require_map(const YAML::Node& node, const std::string& what, std::string_view right) const {
    if (!node.IsMap()) fail(node, fmt::format("{} must be {}", what, right));
  }

  /// The key of an entry, which must be one of those that are known here.
  std::string key(const YAML::Node& node, const std::string& where,
                  std::span<const std::string_view> known) const {
    std::string name = text(node, "a key of " + where);
    if (std::find(known.begin(), known.end(), name) == known.end())
      fail(node, fmt::format("unknown key '{}' in {}; did you mean '{}'? Known: {}", name, where,
                             nearest(name, known), fmt::join(known, ", ")));
    return name;
  }

  std::string text(const YAML::Node& node, const std::string& what) const {
    if (!node.IsScalar() || node.Scalar().empty()) fail(node, what + " must be a word");
    return node.Scalar();
  }

  bool flag(const YAML::Node& node, const std::string& what) const {
    bool value = false;
    if (!node.IsScalar() || !YAML::convert<bool>::decode(node, value))
      fail(node, fmt::format("{} must be true or false{}", what, found(node)));
    return value;
  }

  template <class Integer>
  Integer integer(const YAML::Node& node, const std::string& what, std::string_view right) const {
    Integer value = 0;
    if (!node.IsScalar() || !YAML::convert<Integer>::decode(node, value))
      fail(node, fmt::format("{} must be {}{}", what, right, found(node)));
    return value;
  }

  static std::string found(const YAML::Node& node) {
    return node.IsScalar() ? fmt::format(", not '{}'", node.Scalar()) : std::string();
  }

  Signal signal(const std::string& name, const YAML::Node& node) const {
    Signal result;
    result.name = name;
    if (node.IsNull()) return result;
    const std::string where = fmt::format("signal '{}'", name);
    require_map(node, where, fmt::format("a map with the keys {}", fmt::join(kSignalKeys, ", ")));
    for (const auto& entry : node) {
      const std::string entry_key = key(entry.first, where, kSignalKeys);
      if (entry_key == "shard") result.shard = shard(entry.second);
      if (entry_key == "compile") result.compile = compile(entry.second);
      if (entry_key == "backward") result.backward = text(entry.second, "backward");
    }
    return result;
  }

  ShardOptions shard(const YAML::Node& node) const {
    ShardOptions result;
    require_map(node, "shard", fmt::format("a map with the keys {}", fmt::join(kShardKeys, ", ")));
    for (const auto& entry : node) {
      if (key(entry.first, "shard", kShardKeys) == "axis") {
        result.axis =
            integer<std::int64_t>(entry.second, "shard.axis", "the number of a dimension");
        continue;
      }
      constexpr std::string_view kRight = "a list of worker numbers, such as [0, 1]";
      if (!entry.second.IsSequence() || entry.second.size() == 0)
        fail(entry.second, fmt::format("shard.workers must be {}", kRight));
      for (const YAML::Node& worker : entry.second)
        result.workers.push_back(integer<std::uint32_t>(worker, "shard.workers", kRight));
    }
    return result;
  }

  CompileOptions compile(const YAML::Node& node) const {
    CompileOptions result;
    if (!node.IsMap()) {
      result.enabled = flag(
          node, fmt::format("compile (or a map with the keys {})", fmt::join(kCompileKeys, ", ")));
      return result;
    }
    result.enabled = true;
    for (const auto& entry : node) {
      const std::string entry_key = key(entry.first, "compile", kCompileKeys);
      if (entry_key == "mode") result.mode = mode(entry.second);
      if (entry_key == "passes") result.disabled_passes = disabled_passes(entry.second);
      if (entry_key == "exclude") result.excluded_ops = ops(entry.second);
      if (entry_key == "dynamic") result.dynamic = flag(entry.second, "compile.dynamic");
    }
    return result;
  }

  CompileMode mode(const YAML::Node& node) const {
    const auto* const found = std::find(kModes.begin(), kModes.end(), text(node, "compile.mode"));
    if (found == kModes.end())
      fail(node, fmt::format("compile.mode must be one of {}, not '{}'", fmt::join(kModes, ", "),
                             node.Scalar()));
    return static_cast<CompileMode>(found - kModes.begin());
  }

  std::vector<std::string> disabled_passes(const YAML::Node& node) const {
    std::vector<std::string> names;
    require_map(node, "compile.passes", "a map from passes to true or false");
    for (const auto& entry : node) {
      std::string name = text(entry.first, "the name of a pass");
      if (!flag(entry.second, "compile.passes." + name)) names.push_back(std::move(name));
    }
    return names;
  }

  std::vector<std::string> ops(const YAML::Node& node) const {
    std::vector<std::string> names;
    if (!node.IsSequence()) fail(node, "compile.exclude must be a list of operations");
    for (const YAML::Node& op : node) names.push_back(text(op, "an operation in compile.exclude"));
    return names;
  }

  const std::string& file_;
};

}  // namespace

std::vector<Signal> parse_signals(std::string_view text, const std::string& file) {
  const SignalReader reader(file);
  if (text.size() > kMostBytes)
    throw CommonError(ErrorKind::kInvalidArgument,
                      fmt::format("{}: {} bytes; a file of signals has at most {}", file,
                                  text.size(), kMostBytes));
  try {
    return reader.read(YAML::Load(std::string(text)));
  } catch (const YAML::Exception& error) {
    reader.fail(error.mark, "not valid YAML: " + error.msg);
  }
}

std::vector<Signal> read_signals(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  if (stream) text << stream.rdbuf();
  if (!stream)
    throw CommonError(ErrorKind::kInvalidArgument,
                      fmt::format("GT_CONFIG={}: the file cannot be read", file));
  return parse_signals(text.str(), file);
}

}  // namespace gt::config
