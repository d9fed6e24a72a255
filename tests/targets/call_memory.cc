#include "tests/targets/call_memory.h"

#include <algorithm>

namespace gt::worker::jit {

CallSignature::CallSignature(const graph::Graph& graph, const KernelRequest& request)
    : sizes_(graph.sizes().size()),
      bindings_(graph.bindings().size()),
      derived_(graph.derived().size()) {
  for (const KernelTensor& tensor : request.tensors) {
    tensors_.push_back({graph.meta(tensor.value).dtype, extents_of(graph, tensor.value)});
    strides_ += tensor.strides.size();
  }
}

CallMemory CallSignature::memory_of(const KernelArguments& arguments) const {
  CallMemory memory;
  const std::int64_t* strides = arguments.strides;
  for (std::size_t t = 0; t < tensors_.size(); ++t) {
    std::int64_t last = 0;
    for (const graph::Extent& extent : tensors_[t].extents) {
      const std::int64_t size =
          extent.symbolic == graph::kNoIndex ? extent.size : arguments.sizes[extent.symbolic];
      last += (size - 1) * *strides++;
    }
    const std::size_t bytes = static_cast<std::size_t>(last + 1) * size_of(tensors_[t].dtype);
    auto* begin = static_cast<std::byte*>(arguments.tensors[t]);
    const auto known = std::find_if(memory.regions.begin(), memory.regions.end(),
                                    [&](const auto& region) { return region.data() == begin; });
    memory.region_of.push_back(static_cast<std::uint64_t>(known - memory.regions.begin()));
    if (known == memory.regions.end())
      memory.regions.push_back({begin, bytes});
    else
      *known = {begin, std::max(known->size(), bytes)};
  }
  return memory;
}

}  // namespace gt::worker::jit
