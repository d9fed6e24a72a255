// A cluster of this program's own: a dispatcher and workers that end with it.
#pragma once

#include <gt/cluster.h>

#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "client/src/cluster/child_process.h"
#include "client/src/cluster/private_directory.h"
#include "client/src/session/link.h"
#include "common/config/environment.h"

namespace gt::client {

class EmbeddedCluster {
 public:
  /// Starts the processes; they may still be about to listen. Throws CommonError naming what could
  /// not be found or started.
  EmbeddedCluster(const ClusterOptions& options, const config::Environment& environment);
  /// Ends the processes: they are asked, waited for, and killed if they do not go.
  ~EmbeddedCluster();
  EmbeddedCluster(const EmbeddedCluster&) = delete;
  EmbeddedCluster& operator=(const EmbeddedCluster&) = delete;

  [[nodiscard]] std::string address() const;
  /// Why the cluster cannot go on: the dispatcher or the last worker has ended, and what they said.
  [[nodiscard]] std::optional<Loss> health();

 private:
  void start(const std::string& role, std::vector<std::string> arguments);
  [[nodiscard]] Loss loss_of(ErrorKind kind, ChildProcess& child, const std::string& what) const;

  std::string executable_;
  PrivateDirectory directory_;
  ChildOutput output_;
  Pipe lifeline_;
  std::mutex mutex_;
  std::vector<ChildProcess> children_;  ///< guarded by mutex_; the dispatcher first
};

}  // namespace gt::client
