#include "worker/engine/native/native_engine.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <utility>

#include "worker/engine/library.h"
#include "worker/engine/native/context.h"
#include "worker/engine/native/pooled_allocator.h"

namespace gt::worker {
namespace native {

Results execute(Context& context, const EngineCall& call) {
  switch (call.row.op_class) {
    case OpClass::pointwise:
      return execute_pointwise(context, call);
    case OpClass::reduction:
      return execute_reduction(context, call);
    case OpClass::shape:
      return execute_shape(context, call);
    case OpClass::indexing:
      return execute_indexing(context, call);
    case OpClass::composite:
      return execute_composite(context, call);
    case OpClass::library:
      return context.library().execute(call);
    case OpClass::creation:
      return execute_creation(context, call);
    case OpClass::random:
      return execute_random(context, call);
    case OpClass::communication:
      break;
  }
  abort_broken_invariant("an engine computes no communication", __FILE__, __LINE__,
                         std::string(call.row.name));
}

}  // namespace native

namespace {

/// Buffers of this engine begin at multiples of it.
constexpr std::uintptr_t kAlignment = 64;

/// Memory of another process, or of this one outside the allocator; charged by who makes it.
class AdoptedBuffer final : public Buffer {
 public:
  AdoptedBuffer(transport::SharedBlockRef block, Allocator& allocator) noexcept
      : Buffer(const_cast<std::byte*>(block->bytes().data()), block->size(), Access::read_only),
        block_(std::move(block)),
        allocator_(allocator) {}
  AdoptedBuffer(const AdoptedBuffer&) = delete;
  AdoptedBuffer& operator=(const AdoptedBuffer&) = delete;
  ~AdoptedBuffer() override { allocator_.discharge(bytes()); }

 private:
  transport::SharedBlockRef block_;
  Allocator& allocator_;
};

/// From 1 on; never that of another thread, as std::thread::id may be once that has ended.
std::uint64_t number_of_thread() {
  static std::atomic<std::uint64_t> threads{0};
  thread_local const std::uint64_t number = ++threads;
  return number;
}

class NativeEngine final : public Engine {
 public:
  explicit NativeEngine(const EngineOptions& options)
      : threads_(options.threads),
        allocator_(options.memory_limit),
        context_(allocator_, native::best_kernel_table(),
                 [this]() -> Library& { return library(); }) {}

  [[nodiscard]] std::string_view name() const noexcept override { return "default"; }
  [[nodiscard]] std::string_view device() const noexcept override { return "cpu"; }
  [[nodiscard]] bool takes_kernels() const noexcept override { return true; }
  [[nodiscard]] Allocator& allocator() noexcept override { return allocator_; }
  [[nodiscard]] int threads() const noexcept override { return threads_; }
  [[nodiscard]] bool run_in_threads(const std::function<void()>& work) override {
    return library_ != nullptr && library_->run_in_threads(work);
  }

  [[nodiscard]] Results execute(const EngineCall& call) override {
    return native::execute(context_, call);
  }
  [[nodiscard]] std::unique_ptr<PreparedCall> prepare(const EngineCall& call) override {
    if (call.row.op_class == OpClass::pointwise) return native::prepare_pointwise(context_, call);
    if (call.row.op_class == OpClass::shape) return native::prepare_view(context_, call);
    if (call.row.op_class == OpClass::library) return library().prepare(call);
    return nullptr;
  }

  [[nodiscard]] Value from_host(const TensorMeta& meta, std::span<const std::byte> bytes) override {
    if (bytes.size() != meta.byte_count())
      throw CommonError(ErrorKind::kInvalidArgument,
                        "expected " + std::to_string(meta.byte_count()) + " bytes for " +
                            to_string(meta.shape) + " of " + std::string(short_name(meta.dtype)) +
                            ", but got " + std::to_string(bytes.size()));
    Value value = context_.make_value(meta);
    std::copy(bytes.begin(), bytes.end(), value.bytes());
    return value;
  }

  [[nodiscard]] Value adopt(const TensorMeta& meta, transport::SharedBlockRef block) override {
    const std::span<const std::byte> bytes = block->bytes();
    const auto address = reinterpret_cast<std::uintptr_t>(bytes.data());
    // Integers and bools can be indices, which are checked before they are used: nobody else must
    // be able to change them in between.
    const bool can_be_kept = category_of(meta.dtype) == DTypeCategory::kFloating &&
                             bytes.size() == meta.byte_count() && address % kAlignment == 0;
    if (!can_be_kept) return from_host(meta, bytes);
    allocator_.charge(bytes.size());
    const BufferRef buffer(new AdoptedBuffer(std::move(block), allocator_));
    return {buffer, 0, meta.dtype, meta.shape, contiguous_strides(meta.shape)};
  }

  void copy_to_host(const Value& value, std::span<std::byte> bytes) override {
    const Value dense = context_.contiguous(value);
    std::memcpy(bytes.data(), dense.bytes(), bytes.size());
  }

  [[nodiscard]] std::vector<std::byte> to_host(const Value& value) override {
    const Value dense = context_.contiguous(value);
    const std::size_t count = value.meta().byte_count();
    return {dense.bytes(), dense.bytes() + count};
  }

  /// Every call computes before it returns.
  void synchronize() override {}

 private:
  Library& library() {
    if (library_ == nullptr) library_ = load_library("engine_torch", allocator_, "cpu");
    if (const std::uint64_t thread = number_of_thread(); thread != library_thread_) {
      library_->set_threads(threads_);
      library_thread_ = thread;
    }
    return *library_;
  }

  int threads_;
  PooledAllocator allocator_;
  std::unique_ptr<Library> library_;
  /// LibTorch keeps the number of threads for each that calls it.
  std::uint64_t library_thread_ = 0;
  native::Context context_;
};

}  // namespace

std::unique_ptr<Engine> make_native_engine(const EngineOptions& options) {
  return std::make_unique<NativeEngine>(options);
}

}  // namespace gt::worker
