// Addresses of workers beside that of their dispatcher, and what killed ones leave there.
#pragma once

#include <string>

namespace gt::transport {

/// `ADDRESS.w<process>-<count>`: an address of this process that no other has. For ipc and twins.
[[nodiscard]] std::string address_beside(const std::string& address);

/// Removes the socket files of an ipc address at which nobody listens any more; does nothing for
/// other addresses. A listener must have been there: one that is being made may look the same.
void remove_if_abandoned(const std::string& address) noexcept;

/// The same for all addresses beside an ipc address whose processes are gone.
void remove_abandoned_beside(const std::string& address) noexcept;

}  // namespace gt::transport
