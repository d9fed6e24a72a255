// A cluster of processes some of which are killed, and that is made whole again.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "tests/integration/process_harness.h"

namespace gt::testing {

/// A server and workers at an ipc address in a folder of their own.
class LivingCluster {
 public:
  /// The first worker is one by hand, which joins again when it has lost its server; the others end
  /// then.
  LivingCluster(int workers, std::string placement);

  /// Starts what does not run and waits until all workers have joined; false if they do not.
  [[nodiscard]] bool revive();

  [[nodiscard]] const std::string& address() const noexcept { return address_; }
  [[nodiscard]] GtProcess& server() { return *server_; }
  [[nodiscard]] GtProcess& worker(std::size_t number) { return *workers_.at(number); }
  [[nodiscard]] std::size_t worker_count() const noexcept { return workers_.size(); }

  /// What is there that nobody needs while no client is there: sessions, sockets of dead processes,
  /// shared memory beyond that of a fresh cluster. Empty if nothing is found within `limit`.
  [[nodiscard]] std::string leftovers(std::chrono::milliseconds limit);
  /// Ends all processes in order; gives the files that are left in the folder.
  [[nodiscard]] std::vector<std::string> end();

 private:
  void start_server();
  void start_worker(std::size_t number);
  [[nodiscard]] bool has_exactly_our_workers(const protocol::Statistics& statistics) const;
  [[nodiscard]] std::string find_leftover();
  [[nodiscard]] std::vector<std::string> files() const;
  [[nodiscard]] bool is_expected(const std::string& file) const;

  TemporaryFolder folder_;
  const std::string placement_;
  const std::string address_ = "ipc://" + folder_.path("server");
  std::unique_ptr<GtProcess> server_;
  std::vector<std::unique_ptr<GtProcess>> workers_;
};

/// Descriptors and mappings of anonymous shared memory that the process has.
[[nodiscard]] std::size_t count_shared_memory(pid_t process);

}  // namespace gt::testing
