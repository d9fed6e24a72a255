#include "tests/targets/remote_compiler.h"

#include <llvm/Support/TargetSelect.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <fstream>

#include "common/error.h"
#include "tests/targets/call_memory.h"
#include "tests/targets/processes.h"
#include "tests/targets/remote_call.h"
#include "worker/jit/llvm/compiler.h"

namespace gt::worker::jit {
namespace {

[[noreturn]] void fail(const std::string& reason) {
  throw CommonError(ErrorKind::kInternal, "the emulated machine " + reason);
}

/// The server under its emulator.
class Server {
 public:
  explicit Server(const RemoteTools& tools) {
    std::array<int, 2> to{}, from{};
    if (pipe(to.data()) != 0 || pipe(from.data()) != 0) fail("gets no pipe");
    std::vector<std::string> command = tools.emulator;
    command.push_back(tools.server);
    std::vector<char*> arguments;
    for (std::string& argument : command) arguments.push_back(argument.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, to[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, from[1], STDOUT_FILENO);
    for (int end : {to[0], to[1], from[0], from[1]})
      posix_spawn_file_actions_addclose(&actions, end);
    const int failure =
        posix_spawnp(&child_, arguments[0], &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    close(to[0]);
    close(from[1]);
    input_ = fdopen(to[1], "w");
    output_ = fdopen(from[0], "r");
    if (failure != 0) fail("cannot be started by " + command[0]);
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() {
    std::fclose(input_);
    std::fclose(output_);
    waitpid(child_, nullptr, 0);
  }

  void give(const void* from, std::size_t bytes) {
    if (bytes != 0 && std::fwrite(from, bytes, 1, input_) != 1) fail("does not listen");
  }
  void take(void* into, std::size_t bytes) {
    std::fflush(input_);
    if (bytes != 0 && std::fread(into, bytes, 1, output_) != 1) fail("does not answer");
  }
  std::uint64_t load(const std::string& path) {
    RemoteCall call;
    call.module = path.size();
    give(&call, sizeof call);
    give(path.data(), path.size());
    return modules_++;
  }

 private:
  pid_t child_ = 0;
  std::FILE* input_ = nullptr;
  std::FILE* output_ = nullptr;
  std::uint64_t modules_ = 0;
};

class RemoteModule final : public KernelModule {
 public:
  RemoteModule(Server& server, std::uint64_t module, std::vector<CallSignature> signatures,
               std::string object)
      : server_(server),
        module_(module),
        signatures_(std::move(signatures)),
        object_(std::move(object)) {
    for (std::size_t k = 0; k < signatures_.size(); ++k)
      entries_.push_back({[this, k](const KernelArguments* arguments, std::int64_t first,
                                    std::int64_t last) { run(k, *arguments, first, last); },
                          [this, k](const KernelArguments* arguments, KernelNeeds* needs) {
                            *needs = this->needs(k, *arguments);
                          }});
  }
  RemoteModule(const RemoteModule&) = delete;
  RemoteModule& operator=(const RemoteModule&) = delete;

  [[nodiscard]] std::span<const Entry> entries() const noexcept override { return entries_; }
  [[nodiscard]] std::span<const std::byte> object() const noexcept override {
    return std::as_bytes(std::span(object_));
  }

 private:
  RemoteCall call_of(std::size_t kernel, RemoteCall::Kind kind) const {
    const CallSignature& signature = signatures_[kernel];
    RemoteCall call;
    call.kind = kind;
    call.module = module_;
    call.kernel = kernel;
    call.strides = signature.stride_count();
    call.sizes = signature.size_count();
    call.bindings = signature.binding_count();
    call.derived = signature.derived_count();
    return call;
  }
  void give_tables(const RemoteCall& call, const KernelArguments& arguments) {
    constexpr std::size_t kWord = 8;
    server_.give(arguments.strides, call.strides * kWord);
    server_.give(arguments.sizes, call.sizes * kWord);
    server_.give(arguments.bindings, call.bindings * kWord);
    server_.give(arguments.derived, call.derived * kWord);
  }

  KernelNeeds needs(std::size_t kernel, const KernelArguments& arguments) {
    const RemoteCall call = call_of(kernel, RemoteCall::Kind::needs);
    server_.give(&call, sizeof call);
    give_tables(call, arguments);
    KernelNeeds needs;
    server_.take(&needs, sizeof needs);
    return needs;
  }

  void run(std::size_t kernel, const KernelArguments& arguments, std::int64_t first,
           std::int64_t last) {
    const CallSignature& signature = signatures_[kernel];
    const CallMemory memory = signature.memory_of(arguments);
    RemoteCall call = call_of(kernel, RemoteCall::Kind::run);
    call.first = first;
    call.last = last;
    call.scratch_bytes = static_cast<std::uint64_t>(needs(kernel, arguments).scratch_bytes);
    call.regions = memory.regions.size();
    call.tensors = memory.region_of.size();
    server_.give(&call, sizeof call);
    for (std::span<std::byte> region : memory.regions) {
      const std::uint64_t bytes = region.size();
      server_.give(&bytes, sizeof bytes);
    }
    server_.give(memory.region_of.data(), call.tensors * sizeof memory.region_of[0]);
    give_tables(call, arguments);
    for (std::span<std::byte> region : memory.regions) server_.give(region.data(), region.size());
    for (std::span<std::byte> region : memory.regions) server_.take(region.data(), region.size());
    std::uint32_t refused = 0;
    server_.take(&refused, sizeof refused);
    if (refused != 0) *arguments.refused = refused;
  }

  Server& server_;
  const std::uint64_t module_;
  const std::vector<CallSignature> signatures_;
  const std::string object_;
  std::vector<Entry> entries_;
};

class RemoteCompiler final : public KernelCompiler {
 public:
  explicit RemoteCompiler(RemoteTools tools)
      : tools_(std::move(tools)), machine_(processor()), server_(tools_) {}

  [[nodiscard]] std::string_view target() const noexcept override { return machine_.description(); }
  [[nodiscard]] bool admits(const graph::Graph& graph, const graph::Node& node) const override {
    // C libraries differ, also in what they give.
    return jit::admits(machine_.processor(), graph, node) && !calls_library(costs_, graph, node);
  }
  [[nodiscard]] std::unique_ptr<KernelModule> compile(const graph::Graph& graph,
                                                      std::span<const KernelRequest> requests,
                                                      const CompileOptions& options) override {
    std::vector<CallSignature> signatures;
    for (const KernelRequest& request : requests) signatures.emplace_back(graph, request);
    std::string object = compile_to_object(machine_, costs_, graph, requests, options);
    const std::string path = folder_.path() + "/" + std::to_string(count_++);
    std::ofstream(path + ".o", std::ios::binary) << object;
    if (run_process({tools_.linker, "-shared", path + ".o", "-lm", "-o", path + ".so"}) != 0)
      fail("has a linker that fails");
    return std::make_unique<RemoteModule>(server_, server_.load(path + ".so"),
                                          std::move(signatures), std::move(object));
  }
  [[nodiscard]] std::unique_ptr<KernelModule> load(std::span<const std::byte>) override {
    fail("keeps no objects");
  }

 private:
  static Processor processor() {
    LLVMInitializeAArch64TargetInfo();
    LLVMInitializeAArch64Target();
    LLVMInitializeAArch64TargetMC();
    LLVMInitializeAArch64AsmPrinter();
    std::signal(SIGPIPE, SIG_IGN);
    return Processor::aarch64();
  }

  const RemoteTools tools_;
  Machine machine_;
  mutable Costs costs_;
  TemporaryFolder folder_;
  Server server_;
  std::uint64_t count_ = 0;
};

}  // namespace

std::unique_ptr<KernelCompiler> make_remote_compiler(RemoteTools tools) {
  return std::make_unique<RemoteCompiler>(std::move(tools));
}

}  // namespace gt::worker::jit
