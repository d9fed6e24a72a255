#include "common/config/signal_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
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

  [[nodiscard]] std::vector<Signal> read(const YAML::Node& document) {
    std::vector<Signal> signals;
    if (document.IsNull()) return signals;
    require_map(document, "the file", "a map from names of signals to what they say");
    std::set<std::string> names;
    for (const auto& entry : document) {
      signal_ = Signal();
      signal_.name = text(entry.first, "the name of a signal");
      check_so_far(entry.first);
      if (!names.insert(signal_.name).second)
        fail(entry.first, fmt::format("signal '{}' stands twice; once is right", signal_.name));
      if (!entry.second.IsNull()) read_signal(entry.second);
      signals.push_back(std::move(signal_));
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

  /// What the node has added to the signal must make sense.
  void check_so_far(const YAML::Node& node) const {
    try {
      check(signal_);
    } catch (const CommonError& error) {
      fail(node, error.what());
    }
  }

  void require_map(const YAML::Node& node, const std::string& what, std::string_view right) const {
    if (!node.IsMap()) fail(node, fmt::format("{} must be {}", what, right));
  }

  /// Calls `visit(name, key, value)` for every entry of a map. Each has a value and stands once.
  template <class Visit>
  void for_each_entry(const YAML::Node& map, const std::string& where, Visit&& visit) const {
    std::set<std::string> names;
    for (const auto& entry : map) {
      const std::string name = text(entry.first, "a key of " + where);
      if (!names.insert(name).second)
        fail(entry.first, fmt::format("'{}' stands twice in {}; once is right", name, where));
      if (entry.second.IsNull())
        fail(entry.first,
             fmt::format("'{}' in {} has no value; give it one, or leave it out", name, where));
      visit(name, entry.first, entry.second);
    }
  }

  /// The same for keys that must be of those that are known here; `visit(name, value)`.
  template <class Visit>
  void for_each_key(const YAML::Node& map, const std::string& where,
                    std::span<const std::string_view> known, Visit&& visit) const {
    require_map(map, where, fmt::format("a map with the keys {}", fmt::join(known, ", ")));
    for_each_entry(
        map, where, [&](const std::string& name, const YAML::Node& key, const YAML::Node& value) {
          if (std::find(known.begin(), known.end(), name) == known.end())
            fail(key, fmt::format("unknown key '{}' in {}; did you mean '{}'? Known: {}", name,
                                  where, nearest(name, known), fmt::join(known, ", ")));
          visit(name, value);
        });
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

  void read_signal(const YAML::Node& node) {
    for_each_key(node, fmt::format("signal '{}'", signal_.name), kSignalKeys,
                 [this](const std::string& key, const YAML::Node& value) {
                   if (key == "shard") read_shard(value);
                   if (key == "compile") read_compile(value);
                   if (key == "backward") {
                     signal_.backward = text(value, "backward");
                     check_so_far(value);
                   }
                 });
  }

  void read_shard(const YAML::Node& node) {
    signal_.shard.emplace();
    for_each_key(node, "shard", kShardKeys,
                 [this](const std::string& key, const YAML::Node& value) {
                   if (key == "workers") return read_workers(value);
                   signal_.shard->axis =
                       integer<std::int64_t>(value, "shard.axis", "the number of a dimension");
                   check_so_far(value);
                 });
  }

  void read_workers(const YAML::Node& node) {
    constexpr std::string_view kRight = "a list of worker numbers, such as [0, 1]";
    if (!node.IsSequence() || node.size() == 0)
      fail(node, fmt::format("shard.workers must be {}", kRight));
    for (const YAML::Node& worker : node) {
      signal_.shard->workers.push_back(integer<std::uint32_t>(worker, "shard.workers", kRight));
      check_so_far(worker);
    }
  }

  void read_compile(const YAML::Node& node) {
    CompileOptions& result = signal_.compile;
    if (!node.IsMap()) {
      result.enabled = flag(
          node, fmt::format("compile (or a map with the keys {})", fmt::join(kCompileKeys, ", ")));
      return;
    }
    result.enabled = true;
    for_each_key(node, "compile", kCompileKeys,
                 [this, &result](const std::string& key, const YAML::Node& value) {
                   if (key == "mode") result.mode = mode(value);
                   if (key == "passes") read_passes(value);
                   if (key == "exclude") read_excluded_ops(value);
                   if (key == "dynamic") result.dynamic = flag(value, "compile.dynamic");
                 });
  }

  CompileMode mode(const YAML::Node& node) const {
    const auto* const found = std::find(kModes.begin(), kModes.end(), text(node, "compile.mode"));
    if (found == kModes.end())
      fail(node, fmt::format("compile.mode must be one of {}, not '{}'", fmt::join(kModes, ", "),
                             node.Scalar()));
    return static_cast<CompileMode>(found - kModes.begin());
  }

  /// A pass that stays on must exist too.
  void read_passes(const YAML::Node& node) {
    std::vector<std::string>& disabled = signal_.compile.disabled_passes;
    require_map(node, "compile.passes", "a map from passes to true or false");
    for_each_entry(node, "compile.passes",
                   [&](const std::string& name, const YAML::Node& key, const YAML::Node& value) {
                     disabled.push_back(name);
                     check_so_far(key);
                     if (flag(value, "compile.passes." + name)) disabled.pop_back();
                   });
  }

  void read_excluded_ops(const YAML::Node& node) {
    if (!node.IsSequence())
      fail(node, "compile.exclude must be a list of operations, such as [dropout]");
    for (const YAML::Node& op : node) {
      signal_.compile.excluded_ops.push_back(text(op, "an operation in compile.exclude"));
      check_so_far(op);
    }
  }

  const std::string& file_;
  Signal signal_;  ///< that is being read
};

/// The one document of a file. More would be left unread. The mark of a document's end is put
/// behind it, which no quote can hold: YAML::LoadAll takes the end of a text for that of a quote.
YAML::Node only_document(std::string text, const SignalReader& reader) {
  if (!text.ends_with('\n')) text += '\n';
  const std::vector<YAML::Node> documents = YAML::LoadAll(text + "...\n");
  for (std::size_t k = 1; k < documents.size(); ++k)
    if (!documents[k].IsNull())
      reader.fail(documents[k].Mark(), "a second document; a file of signals is one");
  return documents.empty() ? YAML::Node() : documents.front();
}

/// Hears where the last scalar of a text begins.
class LastScalar final : public YAML::EventHandler {
 public:
  YAML::Mark mark = YAML::Mark::null_mark();

  void OnScalar(const YAML::Mark& at, const std::string&, YAML::anchor_t,
                const std::string&) override {
    mark = at;
  }
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

/// Where lines begin of which the first has number 0; the end of the text for one behind the last.
std::size_t begin_of_line(std::string_view text, int line) {
  std::size_t begin = 0;
  for (; line > 0; --line) {
    const std::size_t end = text.find('\n', begin);
    if (end == std::string_view::npos) return text.size();
    begin = end + 1;
  }
  return begin;
}

/// Where the quote begins that is still open at the end of a text: it is the last scalar.
YAML::Mark open_quote(std::string text) {
  if (!text.ends_with('\n')) text += '\n';
  std::istringstream stream(text);
  LastScalar last;
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(last)) {
    }
  } catch (const YAML::Exception&) {
    return last.mark;  // a list or map is open as well
  }
  return last.mark;
}

/// What is wrong most often with a line that is no YAML.
std::string hint_for(std::string_view text, int line) {
  text.remove_prefix(begin_of_line(text, line));
  const std::string_view indentation = text.substr(0, text.find_first_not_of(" \t"));
  return indentation.find('\t') == std::string_view::npos
             ? std::string()
             : "; a tab stands before it: YAML is indented by spaces";
}

}  // namespace

std::vector<Signal> parse_signals(std::string_view text, const std::string& file) {
  SignalReader reader(file);
  if (text.size() > kMostBytes)
    throw CommonError(ErrorKind::kInvalidArgument,
                      fmt::format("{}: {} bytes; a file of signals has at most {}", file,
                                  text.size(), kMostBytes));
  try {
    return reader.read(only_document(std::string(text), reader));
  } catch (const YAML::Exception& error) {
    if (error.msg == YAML::ErrorMsg::DOC_IN_SCALAR)
      reader.fail(open_quote(std::string(text.substr(0, begin_of_line(text, error.mark.line)))),
                  "the quote that begins here has no end; close it with the same mark");
    reader.fail(error.mark, "not valid YAML: " + error.msg + hint_for(text, error.mark.line));
  }
}

std::vector<Signal> read_signals(const std::string& file) {
  std::error_code ignored;
  const bool is_folder = std::filesystem::is_directory(file, ignored);
  errno = is_folder ? EISDIR : 0;
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  if (stream) text << stream.rdbuf();
  if (!stream || is_folder)
    throw CommonError(
        ErrorKind::kInvalidArgument,
        fmt::format("GT_CONFIG={}: the file cannot be read: {}", file, std::strerror(errno)));
  return parse_signals(text.str(), file);
}

}  // namespace gt::config
