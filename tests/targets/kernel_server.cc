// Runs on the other machine, under an emulator: loads kernels and calls them as standard input
// says.
#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "tests/targets/remote_call.h"
#include "worker/jit/kernel.h"

namespace {

using gt::worker::jit::KernelArguments;
using gt::worker::jit::KernelNeeds;
using gt::worker::jit::RemoteCall;

constexpr std::size_t kAlignment = 64;

[[noreturn]] void fail(const char* reason) {
  std::fprintf(stderr, "kernel server: %s\n", reason);
  std::exit(1);
}

void take(void* into, std::size_t bytes) {
  if (bytes != 0 && std::fread(into, bytes, 1, stdin) != 1) std::exit(0);  // the test is over
}
void give(const void* from, std::size_t bytes) {
  if (std::fwrite(from, bytes, 1, stdout) != 1) fail("nobody reads");
}
std::vector<std::uint64_t> take_words(std::uint64_t count) {
  std::vector<std::uint64_t> words(count);
  take(words.data(), count * sizeof words[0]);
  return words;
}
void* allocate(std::size_t bytes) {
  return std::aligned_alloc(kAlignment, (bytes / kAlignment + 1) * kAlignment);
}

void* function(void* module, std::uint64_t kernel, const char* suffix) {
  const std::string name = "gt_kernel_" + std::to_string(kernel) + suffix;
  void* found = dlsym(module, name.c_str());
  if (found == nullptr) fail(dlerror());
  return found;
}

void serve(const RemoteCall& call, void* module) {
  const auto region_bytes = take_words(call.regions);
  const auto region_of = take_words(call.tensors);
  const auto strides = take_words(call.strides);
  const auto sizes = take_words(call.sizes);
  const auto bindings = take_words(call.bindings);
  const auto derived = take_words(call.derived);
  std::vector<void*> regions;
  for (std::uint64_t bytes : region_bytes) {
    regions.push_back(allocate(bytes));
    take(regions.back(), bytes);
  }
  std::vector<void*> tensors;
  for (std::uint64_t region : region_of) tensors.push_back(regions[region]);
  KernelArguments arguments;
  arguments.tensors = tensors.data();
  arguments.strides = reinterpret_cast<const std::int64_t*>(strides.data());
  arguments.sizes = reinterpret_cast<const std::int64_t*>(sizes.data());
  arguments.bindings = bindings.data();
  arguments.derived = reinterpret_cast<const double*>(derived.data());
  std::uint32_t refused = 0;
  arguments.refused = &refused;
  if (call.kind == RemoteCall::Kind::needs) {
    KernelNeeds needs;
    reinterpret_cast<void (*)(const KernelArguments*, KernelNeeds*)>(
        function(module, call.kernel, "_needs"))(&arguments, &needs);
    give(&needs, sizeof needs);
  } else {
    arguments.scratch = allocate(call.scratch_bytes);
    reinterpret_cast<void (*)(const KernelArguments*, std::int64_t, std::int64_t)>(
        function(module, call.kernel, ""))(&arguments, call.first, call.last);
    std::free(arguments.scratch);
    for (std::size_t r = 0; r < regions.size(); ++r)
      if (region_bytes[r] != 0) give(regions[r], region_bytes[r]);
    give(&refused, sizeof refused);
  }
  for (void* region : regions) std::free(region);
  std::fflush(stdout);
}

}  // namespace

int main() {
  std::vector<void*> modules;
  while (true) {
    RemoteCall call;
    take(&call, sizeof call);
    if (call.kind != RemoteCall::Kind::load) {
      serve(call, modules[call.module]);
      continue;
    }
    std::string path(call.module, '\0');
    take(path.data(), path.size());
    modules.push_back(dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL));
    if (modules.back() == nullptr) fail(dlerror());
  }
}
