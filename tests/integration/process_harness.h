// Real `gt` processes, and a client that speaks the protocol by hand.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/protocol/messages.h"
#include "common/transport/transport.h"
#include "tests/stream_builder.h"

namespace gt::testing {

/// A folder of its own below the system's temporary one; removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder();
  [[nodiscard]] std::string path(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

/// A run of the `gt` beside the test program. Killed at the end if it still runs.
class GtProcess {
 public:
  using Settings = std::vector<std::pair<std::string, std::string>>;

  /// Starts `gt ARGUMENTS`; `environment` is added to the test's own. With `has_lifeline` it gets
  /// `--lifeline-fd`, and lives as long as this object keeps the other end.
  explicit GtProcess(std::vector<std::string> arguments, const Settings& environment = {},
                     bool has_lifeline = false);
  GtProcess(GtProcess&& other) noexcept;
  GtProcess& operator=(GtProcess&&) = delete;
  ~GtProcess();

  void signal(int number) const;
  void cut_lifeline();
  [[nodiscard]] bool is_running();
  /// Exit status (128 + signal if one ended it), or nothing if it still runs after that time.
  [[nodiscard]] std::optional<int> wait(std::chrono::milliseconds timeout);
  /// What it has written on standard output and error.
  [[nodiscard]] std::string output();
  [[nodiscard]] pid_t pid() const noexcept { return pid_; }

 private:
  pid_t pid_ = -1;
  int lifeline_ = -1;
  int output_fd_ = -1;
  std::string output_;
  std::optional<int> status_;
};

/// Runs `gt ARGUMENTS` to its end; gives exit status (-1 if it did not end) and output.
[[nodiscard]] std::pair<int, std::string> run_gt(std::vector<std::string> arguments,
                                                 const GtProcess::Settings& environment = {});

/// A client without the client library. Keeps its session alive only while it waits.
class RawClient {
 public:
  /// Says hello in that protocol version.
  explicit RawClient(const std::string& address,
                     std::uint32_t version = protocol::kProtocolVersion);

  /// The next message of that type, or nothing after `timeout`; others are passed over.
  template <class T>
  [[nodiscard]] std::optional<T> wait_for(std::chrono::milliseconds timeout) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    while (auto message = next(deadline))
      if (T* found = std::get_if<T>(&*message)) return std::move(*found);
    return std::nullopt;
  }

  /// Waits for the welcome, then until the cluster has `workers`; false if it takes too long.
  [[nodiscard]] static bool wait_for_workers(const std::string& address, std::uint32_t workers);

  void send(const protocol::Message& message);
  /// Sends what the builder holds as the next batch of lane 0; it makes `outputs` values.
  void send(StreamBuilder& builder, std::uint64_t outputs);
  void send_payload(protocol::PayloadId payload, const std::vector<float>& values);
  /// The bytes of a reply as floats, wherever they travel.
  [[nodiscard]] std::vector<float> values_of(const protocol::FetchReply& reply);

 private:
  [[nodiscard]] std::optional<protocol::Message> next(
      std::chrono::steady_clock::time_point deadline);

  std::unique_ptr<transport::Endpoint> endpoint_;
  protocol::SessionId session_ = 0;
  std::uint64_t sequence_ = 0;
  std::uint64_t next_output_ = 0;
  std::chrono::steady_clock::time_point last_heartbeat_;
};

}  // namespace gt::testing
