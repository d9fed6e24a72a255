// What can go wrong between the ends of an in-process twin, for tests.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace gt::transport {

/// Each is the chance that it happens to a message, from 0 to 1.
struct TwinFaults {
  std::uint64_t seed = 0;
  double drop = 0;       ///< it never arrives
  double duplicate = 0;  ///< it arrives twice
  double reorder = 0;    ///< the next one of its direction overtakes it
  double corrupt = 0;    ///< one of its bits is turned
  double cut = 0;        ///< neither it nor anything after it, in both directions, arrives
  double delay = 0;      ///< it, and what follows in its direction, arrives later
  std::chrono::milliseconds longest_delay{0};
};

/// From now on this happens to the messages of every connection to `address` (of a twin), and to
/// the addresses beside it (`ADDRESS.w...`, where workers listen for each other), until the
/// listener at `address` is gone. The faults of an address draw from one generator: the same order
/// of messages meets the same.
void set_twin_faults(const std::string& address, const TwinFaults& faults);

}  // namespace gt::transport
