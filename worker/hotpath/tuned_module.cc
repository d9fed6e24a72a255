#include "worker/hotpath/tuned_module.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <limits>
#include <utility>

#include "worker/jit/object_reader.h"

namespace gt::worker::hotpath {
namespace {

using jit::KernelArguments;
using jit::KernelNeeds;

constexpr std::uint8_t kUndecided = 0xFF;

/// Stands before the choices of kernels, one byte each, and the objects, each behind its size.
struct TunedHeader {
  char magic[8] = {'G', 'T', 'T', 'U', 'N', 'E', 'D', '1'};
  std::uint32_t versions = 0;
  std::uint32_t kernels = 0;
};

template <typename T>
void append(std::vector<std::byte>& bytes, const T& value) {
  const auto* begin = reinterpret_cast<const std::byte*>(&value);
  bytes.insert(bytes.end(), begin, begin + sizeof value);
}

std::vector<std::byte> write_object(std::span<const std::span<const std::byte>> objects,
                                    std::span<const std::uint8_t> choices) {
  TunedHeader header;
  header.versions = static_cast<std::uint32_t>(objects.size());
  header.kernels = static_cast<std::uint32_t>(choices.size());
  std::vector<std::byte> bytes;
  append(bytes, header);
  for (std::uint8_t choice : choices) append(bytes, choice);
  for (const std::span<const std::byte> object : objects) {
    append(bytes, std::uint64_t{object.size()});
    bytes.insert(bytes.end(), object.begin(), object.end());
  }
  return bytes;
}

}  // namespace

/// One kernel in all its versions.
class TunedModule::Kernel {
 public:
  Kernel(std::vector<Entry> versions, std::uint8_t choice)
      : versions_(std::move(versions)),
        best_(versions_.size(), std::numeric_limits<double>::infinity()),
        choice_(choice) {
    if (versions_.size() == 1) choice_ = 0;
  }

  [[nodiscard]] std::uint8_t choice() const noexcept { return choice_; }

  /// Begins an execution. While versions take turns, memory is enough for any of them.
  void needs(const KernelArguments* arguments, KernelNeeds* needs) {
    if (choice_ == kUndecided) begin_turn();
    if (choice_ != kUndecided) return versions_[choice_].needs(arguments, needs);
    *needs = {};
    for (const Entry& version : versions_) {
      KernelNeeds own;
      version.needs(arguments, &own);
      needs->units = own.units;
      needs->scratch_bytes = std::max(needs->scratch_bytes, own.scratch_bytes);
    }
  }

  void run(const KernelArguments* arguments, std::int64_t first, std::int64_t last) {
    if (choice_ != kUndecided) return versions_[choice_].run(arguments, first, last);
    const auto begin = std::chrono::steady_clock::now();
    versions_[at_hand_].run(arguments, first, last);
    const auto taken = std::chrono::steady_clock::now() - begin;
    nanoseconds_ += std::chrono::duration_cast<std::chrono::nanoseconds>(taken).count();
    units_ += last - first;
  }

 private:
  void begin_turn() {
    const std::int64_t units = units_.exchange(0);
    const auto nanoseconds = static_cast<double>(nanoseconds_.exchange(0));
    if (units > 0)
      best_[at_hand_] = std::min(best_[at_hand_], nanoseconds / static_cast<double>(units));
    at_hand_ = turns_++ % versions_.size();
    if (turns_ > kRounds * versions_.size())
      choice_ =
          static_cast<std::uint8_t>(std::min_element(best_.begin(), best_.end()) - best_.begin());
  }

  const std::vector<Entry> versions_;
  std::vector<double> best_;  ///< by version, nanoseconds a unit
  std::size_t turns_ = 0;
  std::size_t at_hand_ = 0;
  std::uint8_t choice_;
  std::atomic<std::int64_t> nanoseconds_ = 0;  ///< of the execution at hand, of all threads
  std::atomic<std::int64_t> units_ = 0;
};

TunedModule::~TunedModule() = default;

TunedModule::TunedModule(std::vector<std::unique_ptr<jit::KernelModule>> versions)
    : TunedModule(std::move(versions), {}) {}

TunedModule::TunedModule(std::vector<std::unique_ptr<jit::KernelModule>> versions,
                         const Choices& choices)
    : versions_(std::move(versions)) {
  std::vector<std::span<const std::byte>> objects;
  for (const auto& version : versions_) objects.push_back(version->object());
  const std::size_t count = versions_.front()->entries().size();
  for (std::size_t k = 0; k < count; ++k) {
    std::vector<Entry> own;
    for (const auto& version : versions_) own.push_back(version->entries()[k]);
    kernels_.push_back(
        std::make_unique<Kernel>(std::move(own), choices.empty() ? kUndecided : choices[k]));
    Kernel* kernel = kernels_.back().get();
    entries_.push_back({[kernel](const KernelArguments* arguments, std::int64_t first,
                                 std::int64_t last) { kernel->run(arguments, first, last); },
                        [kernel](const KernelArguments* arguments, KernelNeeds* needs) {
                          kernel->needs(arguments, needs);
                        }});
  }
  object_ = write_object(objects, choices.empty() ? Choices(count, kUndecided) : choices);
}

std::unique_ptr<TunedModule> TunedModule::load(std::span<const std::byte> object,
                                               jit::KernelCompiler& compiler) {
  jit::ObjectReader reader(object, "tuned kernels");
  const auto header = reader.take<TunedHeader>();
  if (std::memcmp(header.magic, TunedHeader{}.magic, sizeof header.magic) != 0)
    reader.fail("the bytes are no tuned object of this version");
  if (header.versions == 0 || header.versions > kMostVersions)
    reader.fail("a wrong number of versions");
  Choices choices(header.kernels);
  for (std::uint8_t& choice : choices) {
    choice = reader.take<std::uint8_t>();
    if (choice != kUndecided && choice >= header.versions)
      reader.fail("a version that is not there");
  }
  std::vector<std::unique_ptr<jit::KernelModule>> versions;
  for (std::uint32_t v = 0; v < header.versions; ++v) {
    versions.push_back(compiler.load(reader.take(reader.take<std::uint64_t>())));
    if (versions.back()->entries().size() != choices.size())
      reader.fail("another number of kernels");
  }
  if (!reader.is_at_end()) reader.fail("bytes behind the last version");
  return std::unique_ptr<TunedModule>(new TunedModule(std::move(versions), choices));
}

bool TunedModule::is_settled() const noexcept {
  return std::none_of(kernels_.begin(), kernels_.end(),
                      [](const auto& kernel) { return kernel->choice() == kUndecided; });
}

int TunedModule::versions() const noexcept {
  return is_settled() ? 1 : static_cast<int>(versions_.size());
}

std::vector<std::byte> TunedModule::settled_object() const {
  std::vector<std::span<const std::byte>> objects;
  std::vector<std::size_t> kept;
  Choices choices;
  for (const auto& kernel : kernels_) {
    auto place = std::find(kept.begin(), kept.end(), kernel->choice());
    if (place == kept.end()) {
      objects.push_back(versions_[kernel->choice()]->object());
      place = kept.insert(kept.end(), kernel->choice());
    }
    choices.push_back(static_cast<std::uint8_t>(place - kept.begin()));
  }
  return write_object(objects, choices);
}

}  // namespace gt::worker::hotpath
