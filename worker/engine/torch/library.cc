// The plugin engine_torch: library rows on the CPU, into buffers of the host's allocator.
#include "worker/engine/library.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/headeronly/version.h>

#include <optional>
#include <utility>

#include "worker/engine/torch/aten/compositions.h"
#include "worker/engine/torch/aten/products.h"
#include "worker/engine/torch/aten/value_bridge.h"

/// What `#pragma omp parallel` calls, of the OpenMP runtime that LibTorch has brought along: a
/// pragma here could bring another one, with threads of its own.
// NOLINTNEXTLINE(readability-identifier-naming): the runtime has given it
extern "C" __attribute__((weak)) void GOMP_parallel(void (*work)(void*), void* given,
                                                    unsigned threads, unsigned flags);

namespace gt::worker {
namespace {

using aten::RowCall;
using Outputs = std::span<at::Tensor>;
using DirectCall = void (*)(const RowCall&, Outputs);

at::Scalar scalar(const RowCall& call, std::size_t k) {
  return aten::to_scalar(call.attributes.scalar(call.row, k));
}

void product(const RowCall& call, Outputs out) {
  aten::multiply(out[0], call.tensor(0), call.tensor(1));
}

void added_product(const RowCall& call, Outputs out) {
  aten::multiply_and_add(out[0], call.as_tensor(0), call.tensor(1), call.tensor(2), scalar(call, 0),
                         scalar(call, 1));
}

void sort(const RowCall& call, Outputs out) {
  const auto& [row, operands, attributes, device] = call;
  at::sort_outf(call.tensor(0), attributes.boolean(row, 0), attributes.integer(row, 1),
                attributes.boolean(row, 2), out[0], out[1]);
}

void topk(const RowCall& call, Outputs out) {
  const auto& [row, operands, attributes, device] = call;
  at::topk_outf(call.tensor(0), attributes.integer(row, 0), attributes.integer(row, 1),
                attributes.boolean(row, 2), attributes.boolean(row, 3), out[0], out[1]);
}

/// Rows that LibTorch writes straight into given results. All others go through `compute`.
constexpr std::pair<Op, DirectCall> kDirectCalls[] = {
    {Op::mm, product}, {Op::bmm, product}, {Op::addmm, added_product}, {Op::baddbmm, added_product},
    {Op::sort, sort},  {Op::topk, topk},
};

DirectCall find_direct_call(Op op) {
  for (const auto& [candidate, direct] : kDirectCalls)
    if (candidate == op) return direct;
  return nullptr;
}

/// Bytes that count as in use.
class Charge {
 public:
  Charge(Allocator& allocator, std::size_t bytes) : allocator_(&allocator), bytes_(bytes) {
    allocator.charge(bytes);
  }
  Charge(Charge&& other) noexcept
      : allocator_(std::exchange(other.allocator_, nullptr)), bytes_(other.bytes_) {}
  Charge& operator=(Charge&&) = delete;
  ~Charge() {
    if (allocator_ != nullptr) allocator_->discharge(bytes_);
  }

 private:
  Allocator* allocator_;
  std::size_t bytes_;
};

/// Memory that LibTorch made for a result.
class TensorBuffer final : public Buffer {
 public:
  TensorBuffer(at::Tensor tensor, Charge charge)
      : Buffer(tensor.mutable_data_ptr(), tensor.nbytes()),
        tensor_(std::move(tensor)),
        charge_(std::move(charge)) {}

 private:
  at::Tensor tensor_;
  Charge charge_;
};

/// Whether the elements lie as those of a result of ours, in memory that nothing else uses.
bool can_be_kept(const at::Tensor& made) {
  constexpr std::uintptr_t kAlignment = 64;
  return made.is_contiguous() && made.storage_offset() == 0 && made.storage().use_count() == 1 &&
         made.use_count() == 1 && made.storage().nbytes() == made.nbytes() && made.numel() != 0 &&
         reinterpret_cast<std::uintptr_t>(made.const_data_ptr()) % kAlignment == 0;
}

/// What LibTorch makes is kept where it lies, if that is possible: copying it would be a pass over
/// memory. Its bytes are counted before it is made.
Results compute_and_keep(Allocator& allocator, const RowCall& call,
                         std::span<const TensorMeta> metas) {
  std::vector<std::optional<Charge>> charges;
  for (const TensorMeta& meta : metas)
    charges.emplace_back(std::in_place, allocator, meta.byte_count());
  std::vector<at::Tensor> made = aten::compute(call);
  Results results;
  for (std::size_t k = 0; k < metas.size(); ++k) {
    aten::expect_meta(call.row, made[k], metas[k]);
    if (can_be_kept(made[k])) {
      results.push_back({make_buffer<TensorBuffer>(std::move(made[k]), std::move(*charges[k])), 0,
                         metas[k].dtype, metas[k].shape, contiguous_strides(metas[k].shape)});
      continue;
    }
    charges[k].reset();
    results.push_back(aten::allocate_value(allocator, metas[k]));
    aten::borrow(results.back(), call.device).copy_(made[k]);
  }
  return results;
}

/// A tensor over memory that is another one at each call: cheaper than a new tensor.
class MovingTensor {
 public:
  explicit MovingTensor(const Value& form) : tensor_(aten::borrow(form, at::kCPU)) {}
  void move_to(std::byte* data) {
    tensor_.storage().unsafeGetStorageImpl()->set_data_ptr_noswap({data, at::kCPU});
  }
  [[nodiscard]] const at::Tensor& tensor() const noexcept { return tensor_; }

 private:
  at::Tensor tensor_;
};

/// A direct call of one result whose operands are all tensors; their wrappers are kept.
class PreparedDirectCall final : public PreparedCall {
 public:
  PreparedDirectCall(Allocator& allocator, const EngineCall& call, DirectCall direct)
      : allocator_(allocator),
        row_(call.row),
        direct_(direct),
        attributes_(call.attributes),
        result_(aten::allocate_value(allocator, call.result_metas[0])),
        bytes_(call.result_metas[0].byte_count()),
        out_(result_) {
    for (const EngineOperand& operand : call.operands) {
      moving_.emplace_back(*operand.value);
      operands_.emplace_back(moving_.back().tensor());
    }
    result_.buffer.reset();
  }

  void bind(const Attributes& attributes) override { attributes_ = attributes; }

  [[nodiscard]] Value run(std::span<const EngineOperand> operands) override {
    Value result = result_;
    result.buffer = allocator_.allocate(bytes_);
    compute(operands, result);
    return result;
  }
  [[nodiscard]] bool run_into(std::span<const EngineOperand> operands,
                              const Value& result) override {
    compute(operands, result);
    return true;
  }

 private:
  void compute(std::span<const EngineOperand> operands, const Value& result) {
    for (std::size_t k = 0; k < operands.size(); ++k)
      moving_[k].move_to(operands[k].value->bytes());
    out_.move_to(result.bytes());
    aten::translate_errors([&] {
      const c10::InferenceMode no_autograd;
      at::Tensor out = out_.tensor();
      direct_({row_, operands_, attributes_, at::kCPU}, {&out, 1});
    });
  }

  Allocator& allocator_;
  const OpRow& row_;
  const DirectCall direct_;
  Attributes attributes_;
  Value result_;  ///< without a buffer
  const std::size_t bytes_;
  std::vector<MovingTensor> moving_;
  std::vector<aten::Operand> operands_;
  MovingTensor out_;
};

class TorchLibrary final : public Library {
 public:
  explicit TorchLibrary(Allocator& allocator) : allocator_(allocator) {}

  [[nodiscard]] Results execute(const EngineCall& call) override {
    return aten::translate_errors([&] { return run(call); });
  }

  [[nodiscard]] std::unique_ptr<PreparedCall> prepare(const EngineCall& call) override {
    const DirectCall direct = find_direct_call(call.row.op);
    if (direct == nullptr || call.result_metas.size() != 1) return nullptr;
    for (const EngineOperand& operand : call.operands)
      if (operand.value == nullptr || operand.value->element_count() == 0) return nullptr;
    return aten::translate_errors([&] {
      const c10::InferenceMode no_autograd;
      return std::make_unique<PreparedDirectCall>(allocator_, call, direct);
    });
  }

  void set_threads(int threads) override {
    threads_ = threads;
    at::set_num_threads(threads);
  }

  [[nodiscard]] bool run_in_threads(const std::function<void()>& work) override {
    if (GOMP_parallel == nullptr) return false;
    const auto call = [](void* given) { (*static_cast<const std::function<void()>*>(given))(); };
    GOMP_parallel(call, const_cast<std::function<void()>*>(&work), static_cast<unsigned>(threads_),
                  0);
    return true;
  }

  [[nodiscard]] MultiplyBatch multiply_batch() override {
    return aten::has_block_products() ? aten::multiply_batch : nullptr;
  }

 private:
  Results run(const EngineCall& call) {
    const c10::InferenceMode no_autograd;
    const at::Device device(at::kCPU);
    const std::vector<aten::Operand> operands = aten::borrow_operands(call.operands, device);
    const RowCall row_call{call.row, operands, call.attributes, device};
    const DirectCall direct = find_direct_call(call.row.op);
    if (direct == nullptr) return compute_and_keep(allocator_, row_call, call.result_metas);
    Results results;
    std::vector<at::Tensor> out;
    for (const TensorMeta& meta : call.result_metas) {
      results.push_back(aten::allocate_value(allocator_, meta));
      out.push_back(aten::borrow(results.back(), device));
    }
    direct(row_call, out);
    return results;
  }

  Allocator& allocator_;
  int threads_ = 1;
};

Library* make_torch_library(Allocator& allocator, const char*) {
  return new TorchLibrary(allocator);
}

constexpr LibraryPlugin kPlugin{kLibraryPluginVersion, "LibTorch " TORCH_VERSION,
                                make_torch_library, nullptr};

}  // namespace
}  // namespace gt::worker

extern "C" __attribute__((visibility("default"))) const gt::worker::LibraryPlugin*
gt_library_plugin() {
  return &gt::worker::kPlugin;
}
