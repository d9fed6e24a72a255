#include "tests/integration/process_harness.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <map>
#include <stdexcept>
#include <thread>

#include "tests/frame_message.h"

namespace gt::testing {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
namespace fs = std::filesystem;

std::string gt_program() {
  return (fs::read_symlink("/proc/self/exe").parent_path() / "gt").string();
}

std::vector<std::string> child_environment(const GtProcess::Settings& added) {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    variables[text.substr(0, text.find('='))] = text.substr(text.find('=') + 1);
  }
  for (const auto& [name, value] : added) variables[name] = value;
  std::vector<std::string> entries;
  for (const auto& [name, value] : variables) entries.push_back(name + "=" + value);
  return entries;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
  std::string pattern = (fs::temp_directory_path() / "gt-test-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

GtProcess::GtProcess(std::vector<std::string> arguments, const Settings& environment,
                     bool has_lifeline) {
  int output[2];
  int lifeline[2] = {-1, -1};
  if (pipe2(output, O_CLOEXEC) != 0 || (has_lifeline && pipe2(lifeline, O_CLOEXEC) != 0))
    throw std::runtime_error("no pipe");
  arguments.insert(arguments.begin(), gt_program());
  if (has_lifeline)
    arguments.insert(arguments.end(), {"--lifeline-fd", std::to_string(lifeline[0])});
  std::vector<std::string> variables = child_environment(environment);
  const std::vector<char*> argument_pointers = pointers_to(arguments);
  const std::vector<char*> variable_pointers = pointers_to(variables);
  pid_ = fork();
  if (pid_ < 0) throw std::runtime_error("no process");
  if (pid_ == 0) {
    dup2(output[1], STDOUT_FILENO);
    dup2(output[1], STDERR_FILENO);
    if (has_lifeline) fcntl(lifeline[0], F_SETFD, 0);
    execve(arguments[0].c_str(), argument_pointers.data(), variable_pointers.data());
    _exit(127);
  }
  close(output[1]);
  if (has_lifeline) close(lifeline[0]);
  lifeline_ = lifeline[1];
  output_fd_ = output[0];
  fcntl(output_fd_, F_SETFL, O_NONBLOCK);
}

GtProcess::GtProcess(GtProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      lifeline_(std::exchange(other.lifeline_, -1)),
      output_fd_(std::exchange(other.output_fd_, -1)),
      output_(std::move(other.output_)),
      status_(std::exchange(other.status_, 0)) {}

GtProcess::~GtProcess() {
  if (pid_ < 0) return;
  if (is_running()) {
    kill(pid_, SIGKILL);
    static_cast<void>(wait(5s));
  }
  cut_lifeline();
  close(output_fd_);
}

void GtProcess::signal(int number) const { kill(pid_, number); }

void GtProcess::cut_lifeline() {
  if (lifeline_ >= 0) close(std::exchange(lifeline_, -1));
}

bool GtProcess::is_running() { return !wait(0ms).has_value(); }

std::optional<int> GtProcess::wait(std::chrono::milliseconds timeout) {
  const auto deadline = Clock::now() + timeout;
  for (;; std::this_thread::sleep_for(5ms)) {
    static_cast<void>(output());
    int status = 0;
    if (!status_ && waitpid(pid_, &status, WNOHANG) == pid_)
      status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (status_ || Clock::now() >= deadline) return status_;
  }
}

std::string GtProcess::output() {
  char bytes[4096];
  for (ssize_t count; (count = read(output_fd_, bytes, sizeof bytes)) > 0;)
    output_.append(bytes, static_cast<std::size_t>(count));
  return output_;
}

std::pair<int, std::string> run_gt(std::vector<std::string> arguments,
                                   const GtProcess::Settings& environment) {
  GtProcess process(std::move(arguments), environment);
  const int status = process.wait(60s).value_or(-1);
  return {status, process.output()};
}

RawClient::RawClient(const std::string& address, std::uint32_t version)
    : endpoint_(transport::connect(address)) {
  protocol::ClientHello hello;
  hello.version = version;
  hello.library_version = "test";
  send(hello);
}

void RawClient::send(const protocol::Message& message) {
  if (!endpoint_->send(transport::kServer, transport::Lane::control, protocol::encode(message)))
    throw std::runtime_error("the dispatcher cannot be reached");
}

std::optional<protocol::Message> RawClient::next(Clock::time_point deadline) {
  while (Clock::now() < deadline) {
    if (Clock::now() - last_heartbeat_ > 200ms) {
      send(protocol::Heartbeat{});
      last_heartbeat_ = Clock::now();
    }
    auto incoming = endpoint_->receive(50ms);
    if (!incoming) continue;
    protocol::Message message = message_of(std::move(*incoming));
    if (const auto* welcome = std::get_if<protocol::ClientWelcome>(&message))
      session_ = welcome->session;
    return message;
  }
  return std::nullopt;
}

bool RawClient::wait_for_workers(const std::string& address, std::uint32_t workers) {
  for (const auto deadline = Clock::now() + 20s; Clock::now() < deadline;) {
    RawClient client(address);
    const auto welcome = client.wait_for<protocol::ClientWelcome>(2s);
    if (welcome && welcome->workers >= workers) return true;
    client.send(protocol::Goodbye{});
    std::this_thread::sleep_for(20ms);
  }
  return false;
}

void RawClient::send(StreamBuilder& builder, std::uint64_t outputs) {
  protocol::ClientBatch batch;
  batch.sequence = ++sequence_;
  batch.first_output = next_output_;
  batch.mark = true;
  batch.kinds = std::exchange(builder.kinds, {});
  batch.words = std::exchange(builder.words, {});
  next_output_ += outputs;
  send(batch);
}

void RawClient::send_payload(protocol::PayloadId payload, const std::vector<float>& values) {
  const auto bytes = std::as_bytes(std::span(values));
  for (std::size_t offset = 0; offset < bytes.size(); offset += protocol::kMaxFrameBytes) {
    const auto part =
        bytes.subspan(offset, std::min(protocol::kMaxFrameBytes, bytes.size() - offset));
    if (!endpoint_->send(transport::kServer, transport::Lane::bulk,
                         protocol::encode_frame(session_, payload, offset, bytes.size(), part)))
      throw std::runtime_error("the dispatcher cannot be reached");
  }
}

std::vector<float> RawClient::values_of(const protocol::FetchReply& reply) {
  std::vector<std::byte> bytes = reply.bytes;
  while (!reply.is_inline) {
    const auto frame = wait_for<protocol::PayloadFrame>(10s);
    if (!frame) throw std::runtime_error("a payload did not come");
    bytes.insert(bytes.end(), frame->bytes.begin(), frame->bytes.end());
    if (frame->offset + frame->bytes.size() == frame->total) break;
  }
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

}  // namespace gt::testing
