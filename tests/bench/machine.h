// What else runs on this machine, and what must not reach a measurement from the environment.
#pragma once

#include <string_view>

namespace gt::bench {

/// Removes the variables GT_... that would change what is measured (logs, debugging, signals, an
/// address); what says where the programs lie, and GT_TRANSPORT, stays. Call before GT is first
/// used.
void clear_environment();

/// Watches the machine for a moment while this process is idle, and says on the error stream how
/// many cores others keep busy if that would disturb a measurement.
void report_foreign_load(std::string_view benchmark);

}  // namespace gt::bench
