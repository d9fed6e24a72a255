#include "worker/hotpath/gain.h"

#include <cmath>
#include <cstring>

namespace gt::worker::hotpath {
namespace {

constexpr std::uint64_t kGainVersion = 1;
/// Measurements of two starts may differ by such a share.
constexpr double kUnclear = 0.05;

}  // namespace

bool is_faster(const Gain& now, const std::optional<Gain>& noted) {
  if (!noted) return now.compiled < now.eager;
  const bool was_faster = noted->compiled < noted->eager;
  return now.compiled < now.eager * (was_faster ? 1 + kUnclear : 1 - kUnclear);
}

bool is_news(const Gain& now, const std::optional<Gain>& noted) {
  return !noted || is_faster(now, noted) != is_faster(*noted, std::nullopt);
}

sequence::Hash128 gain_key(const sequence::Hash128& program, int threads) {
  sequence::Hasher hasher;
  hasher.add(kGainVersion);
  hasher.add(program);
  hasher.add(static_cast<std::uint64_t>(threads));
  return hasher.finish();
}

ProgramObjects to_objects(const Gain& gain) {
  std::vector<std::byte> bytes(sizeof gain);
  std::memcpy(bytes.data(), &gain, sizeof gain);
  return {std::move(bytes)};
}

std::optional<Gain> gain_from(const ProgramObjects& objects) {
  Gain gain;
  if (objects.size() != 1 || objects[0].size() != sizeof gain) return std::nullopt;
  std::memcpy(&gain, objects[0].data(), sizeof gain);
  const bool is_sound = std::isfinite(gain.eager) && std::isfinite(gain.compiled) &&
                        gain.eager > 0 && gain.compiled > 0;
  return is_sound ? std::optional(gain) : std::nullopt;
}

}  // namespace gt::worker::hotpath
