// The session's random generator.
#pragma once

#include <gt/export.h>

#include <cstddef>
#include <cstdint>

namespace gt {

/// Restarts the counter-based generator: the same seed gives the same numbers for any number of
/// workers. Distributions are LibTorch's, streams are not.
GT_API void manual_seed(std::uint64_t seed);

namespace cuda {
/// The generator is one for all devices: both restart it.
GT_API void manual_seed(std::uint64_t seed);
GT_API void manual_seed_all(std::uint64_t seed);
/// Whether a worker of the cluster has a GPU, and how many have.
[[nodiscard]] GT_API bool is_available();
[[nodiscard]] GT_API std::size_t device_count();
}  // namespace cuda

namespace mps {
/// Always false: there is no such worker.
[[nodiscard]] GT_API bool is_available();
}  // namespace mps

}  // namespace gt
