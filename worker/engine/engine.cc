#include "worker/engine/engine.h"

#include <charconv>

#include "worker/engine/library.h"
#include "worker/engine/native/native_engine.h"
#include "worker/engine/reference/reference_engine.h"

namespace gt::worker {
namespace {

[[noreturn]] void refuse(const std::string& message) {
  throw CommonError(ErrorKind::kInvalidArgument, message);
}

bool is_cuda_device(std::string_view device) {
  if (!device.starts_with("cuda:")) return false;
  const std::string_view number = device.substr(5);
  int index = -1;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), index);
  return error == std::errc() && end == number.data() + number.size() && index >= 0;
}

}  // namespace

std::unique_ptr<Engine> make_engine(const EngineOptions& options) {
  if (options.backend != "default" && options.backend != "reference")
    refuse("unknown backend '" + options.backend + "': expected 'default' or 'reference'");
  const bool cuda = is_cuda_device(options.device);
  if (options.device != "cpu" && !cuda)
    refuse("unknown device '" + options.device + "': expected 'cpu' or 'cuda:N'");
  if (options.threads < 1)
    refuse("the number of threads is " + std::to_string(options.threads) + ": expected 1 or more");
  if (options.backend == "reference") {
    if (cuda) refuse("the backend 'reference' computes on 'cpu' only, not on " + options.device);
    return make_reference_engine(options);
  }
  if (cuda) return load_engine("engine_torch_cuda", options);
  return make_native_engine(options);
}

}  // namespace gt::worker
