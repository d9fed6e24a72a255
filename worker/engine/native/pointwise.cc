// Point-wise rows: operands are brought to tiles of the compute type where they are not so already,
// and the row's loop runs over them.
#include "worker/engine/native/pointwise.h"

#include <algorithm>
#include <array>
#include <optional>

#include "common/ops/inference.h"
#include "common/tensor/half.h"
#include "worker/engine/integer_of.h"
#include "worker/engine/native/pointwise_rules.h"
#include "worker/engine/native/strided_copy.h"

namespace gt::worker::native {
namespace {

constexpr std::int64_t kTile = 1024;
constexpr std::size_t kOperands = 3;
constexpr std::size_t kTileBytes = kTile * 8;
/// Shorter runs of an operand are collected in a tile first.
constexpr std::int64_t kLeastRun = 128;

/// One operand during a call.
struct Source {
  enum class Form : std::uint8_t {
    direct,    ///< elements lie as the kernel wants them
    runs,      ///< the same, in runs
    same,      ///< one element serves for the whole of a run
    filled,    ///< one element, repeated in a tile
    gathered,  ///< converted into a tile
  };
  Form form = Form::filled;
  const std::byte* data = nullptr;  ///< direct: the first element; same, filled: the element(s)
  std::optional<StridedCursor> cursor;
  LoadKernel load = nullptr;
  BufferRef owner;  ///< of elements that were made for this call
};

struct alignas(64) Tile {
  std::byte bytes[kTileBytes];
};

template <class T>
void put(void* out, ScalarValue scalar) {
  if constexpr (std::is_floating_point_v<T>)
    *static_cast<T*>(out) = static_cast<T>(scalar.to_double());
  else
    *static_cast<T*>(out) = integer_of(scalar);
}

void put(ComputeType type, void* out, ScalarValue scalar) {
  dispatch(type, [&]<class T>() { put<T>(out, scalar); });
}

ScalarValue attribute_scalar(const OpRow& row, const Attributes& attributes, std::size_t k) {
  switch (row.attributes.specs[k].type) {
    case AttributeType::scalar:
      return attributes.scalar(row, k);
    case AttributeType::real:
      return ScalarValue(attributes.real(row, k));
    case AttributeType::boolean:
      return ScalarValue(attributes.boolean(row, k));
    case AttributeType::integer:
    case AttributeType::dtype:
      return ScalarValue(attributes.integer(row, k));
    case AttributeType::integers:
      break;
  }
  abort_broken_invariant("attribute type", __FILE__, __LINE__, std::string(row.name));
}

}  // namespace

void read_attributes(const OpRow& row, const Attributes& attributes, ComputeType type,
                     PointwiseAttributes& out) {
  for (std::size_t k = 0; k < row.attributes.count; ++k) {
    const ScalarValue value = attribute_scalar(row, attributes, k);
    if (row.attributes.specs[k].attribute_class == AttributeClass::statics)
      out.statics[k] = integer_of(value);
    else
      put(type, out.values + k * native::size_of(type), value);
  }
}

const PointwiseEntry& pointwise_entry(const KernelTable& kernels, const EngineCall& call) {
  return kernels
      .pointwise[static_cast<int>(arithmetic_of(call.row.op, call.result_metas[0].dtype))];
}

DType operand_dtype(const EngineCall& call, const PointwiseEntry& entry) {
  return operand_dtype(
      call.row.op, call.result_metas[0].dtype, entry.boolean_result,
      [&] { return call.operands[0].value->dtype; },
      [&] {
        std::array<OperandMeta, kOperands> metas;
        for (std::size_t k = 0; k < call.operands.size(); ++k)
          metas[k] = call.operands[k].value != nullptr
                         ? OperandMeta::of(call.operands[k].value->meta())
                         : OperandMeta::of(call.operands[k].scalar);
        return promoted_dtype(std::span(metas.data(), call.operands.size()));
      });
}

void put_number(const KernelTable& kernels, const OpRow& row, std::size_t k, ScalarValue number,
                DType dtype, void* out) {
  const ComputeType type = compute_type_of(dtype);
  if (keeps_precision(row.op, k)) return put(type, out, number);
  const ComputeType wide = wide_type_of(number.dtype());
  alignas(8) std::byte element[8];
  alignas(8) std::byte rounded[8];
  put(wide, element, number);
  kernels.store[index_of(wide)][static_cast<int>(dtype)](element, rounded, 1);
  kernels.load[static_cast<int>(dtype)][index_of(type)](rounded, 0, out, 1);
}

namespace {

class PointwiseCall {
 public:
  PointwiseCall(Context& context, const EngineCall& call, const PointwiseEntry& entry)
      : context_(context),
        call_(call),
        entry_(entry),
        dtype_(operand_dtype(call, entry)),
        type_(compute_type_of(dtype_)),
        kernel_(entry.kernels[index_of(type_)]),
        count_(call.result_metas[0].element_count()) {
    GT_INVARIANT(kernel_ != nullptr, std::string(call.row.name) + " over " +
                                         std::string(short_name(call.result_metas[0].dtype)));
  }

  Value run() {
    if (count_ == 0) return context_.make_value(call_.result_metas[0]);
    read_attributes(call_.row, call_.attributes, type_, attributes_);
    for (std::size_t k = 0; k < call_.operands.size(); ++k) prepare(k);
    choose_kernel();
    if (entry_.refuses_zero_divisor && type_ == ComputeType::kInteger) check_divisor();
    Value result = result_value();
    if (is_dense_bfloat16(result))
      compute_bfloat16(result);
    else
      compute(result);
    return result;
  }

 private:
  void prepare(std::size_t k) {
    const EngineOperand& operand = call_.operands[k];
    Source& source = sources_[k];
    if (operand.value == nullptr) {
      fill(k, [&](void* out) {
        operand.is_none()
            ? entry_.absent[index_of(type_)](out, static_cast<int>(k))
            : put_number(context_.kernels(), call_.row, k, operand.scalar, dtype_, out);
      });
      return;
    }
    const Value& value = *operand.value;
    const bool same_shape = value.shape == call_.result_metas[0].shape;
    if (same_shape && value.dtype == dtype_of(type_) && value.is_contiguous()) {
      source.form = Source::Form::direct;
      source.data = value.bytes();
      return;
    }
    source.load = context_.kernels().load[static_cast<int>(value.dtype)][index_of(type_)];
    if (value.element_count() == 1) {
      fill(k, [&](void* out) { source.load(value.bytes(), 0, out, 1); });
      return;
    }
    const Value whole = same_shape ? value : broadcast_to(value, call_.result_metas[0].shape);
    source.form = Source::Form::gathered;
    source.cursor.emplace(whole);
    if (value.dtype != dtype_of(type_)) return;
    if (source.cursor->is_transposed()) {
      Elements elements = context_.elements(whole, type_);
      source.form = Source::Form::direct;
      source.data = static_cast<const std::byte*>(elements.data);
      source.owner = std::move(elements.owner);
    } else if (source.cursor->run_length() >= kLeastRun) {
      if (source.cursor->inner_stride() == 1) source.form = Source::Form::runs;
      if (source.cursor->inner_stride() == 0 && entry_.repeats[0] != nullptr)
        source.form = Source::Form::same;
    }
  }

  template <class Write>
  void fill(std::size_t k, Write&& write) {
    alignas(8) std::byte element[8];
    write(element);
    const LoadKernel repeat =
        context_.kernels().load[static_cast<int>(dtype_of(type_))][index_of(type_)];
    repeat(element, 0, tiles_[k].bytes, std::min(count_, kTile));
    sources_[k].form = Source::Form::filled;
    sources_[k].data = tiles_[k].bytes;
  }

  /// The loop that takes one operand's element for all, if there is exactly one such operand.
  void choose_kernel() {
    const auto is_one = [](const Source& source) {
      return source.form == Source::Form::same || source.form == Source::Form::filled;
    };
    const std::size_t count = call_.operands.size();
    const auto ones = std::count_if(sources_.begin(), sources_.begin() + count, is_one);
    for (std::size_t k = 0; k < count; ++k) {
      Source& source = sources_[k];
      if (!is_one(source)) continue;
      if (ones == 1 && type_ == ComputeType::kFloat && entry_.repeats[0] != nullptr) {
        kernel_ = entry_.repeats[k];
        source.form = Source::Form::same;
      } else if (source.form == Source::Form::same) {
        source.form = Source::Form::gathered;
      }
    }
  }

  /// Looks at all divisors before anything is written.
  void check_divisor() {
    const EngineOperand& divisor = call_.operands[1];
    const auto refuse_zero = [](std::span<const std::int64_t> values) {
      if (std::find(values.begin(), values.end(), 0) != values.end())
        throw CommonError(ErrorKind::kValue, "ZeroDivisionError");
    };
    if (divisor.value == nullptr) {
      const std::int64_t value = integer_of(divisor.scalar);
      refuse_zero({&value, 1});
      return;
    }
    const Elements elements = context_.elements(*divisor.value, ComputeType::kInteger);
    refuse_zero(
        {elements.as<std::int64_t>(), static_cast<std::size_t>(divisor.value->element_count())});
  }

  /// A reusable operand's buffer if it fits, else a new one.
  Value result_value() {
    const TensorMeta& meta = call_.result_metas[0];
    for (const EngineOperand& operand : call_.operands)
      if (operand.reusable && operand.value != nullptr && operand.value->dtype == meta.dtype &&
          operand.value->shape == meta.shape && operand.value->is_contiguous())
        return {operand.value->buffer, operand.value->offset, meta.dtype, meta.shape,
                contiguous_strides(meta.shape)};
    return context_.make_value(meta);
  }

  bool is_dense_bfloat16(const Value& result) const {
    if (entry_.bfloat16 == nullptr || result.dtype != DType::kBFloat16 ||
        count_ * static_cast<std::int64_t>(sizeof(BFloat16)) >= kStreamedBytes)
      return false;
    return std::all_of(call_.operands.begin(), call_.operands.end(), [&](const auto& operand) {
      return operand.value != nullptr && operand.value->dtype == result.dtype &&
             operand.value->shape == result.shape && operand.value->is_contiguous();
    });
  }
  void compute_bfloat16(const Value& result) const {
    const void* inputs[kOperands] = {};
    for (std::size_t k = 0; k < call_.operands.size(); ++k)
      inputs[k] = call_.operands[k].value->bytes();
    entry_.bfloat16(result.bytes(), inputs, count_, attributes_.values, attributes_.statics);
  }

  /// Whether results go past the caches: into new memory, in pieces that begin at its cache lines.
  bool streams(const Value& result) const {
    if (result.element_count() * static_cast<std::int64_t>(gt::size_of(result.dtype)) <
        kStreamedBytes)
      return false;
    for (std::size_t k = 0; k < call_.operands.size(); ++k) {
      const Source& source = sources_[k];
      if (call_.operands[k].value != nullptr && call_.operands[k].value->buffer == result.buffer)
        return false;
      if (is_in_runs(source) && source.cursor->run_length() % 64 != 0) return false;
    }
    return true;
  }
  static bool is_in_runs(const Source& source) {
    return source.form == Source::Form::runs ||
           (source.form == Source::Form::same && source.cursor.has_value());
  }

  /// How many elements the next call of the kernel can take, at most `most`.
  std::int64_t next_length(std::int64_t most) const {
    for (std::size_t k = 0; k < call_.operands.size(); ++k)
      if (is_in_runs(sources_[k])) most = std::min(most, sources_[k].cursor->left_of_run());
    return most;
  }

  /// Where the elements first .. first + n of operand k are.
  const void* elements_of(std::size_t k, std::int64_t first, std::int64_t n) {
    Source& source = sources_[k];
    switch (source.form) {
      case Source::Form::same:
      case Source::Form::runs:
        if (!source.cursor) return source.data;
        source.data = source.cursor->next();
        source.cursor->advance(n);
        return source.data;
      case Source::Form::filled:
        return source.data;
      case Source::Form::direct:
        return source.data + first * static_cast<std::int64_t>(native::size_of(type_));
      case Source::Form::gathered:
        source.cursor->read(source.load, type_, tiles_[k].bytes, n);
        return tiles_[k].bytes;
    }
    return nullptr;
  }

  void compute(const Value& result) {
    const DType computed = entry_.boolean_result ? DType::kBool : dtype_of(type_);
    const bool direct_result = computed == result.dtype;
    const bool streamed = streams(result);
    bool uses_tiles = !direct_result || streamed;
    for (std::size_t k = 0; k < call_.operands.size(); ++k)
      uses_tiles |=
          sources_[k].form == Source::Form::filled || sources_[k].form == Source::Form::gathered;
    const std::int64_t step = uses_tiles ? kTile : count_;
    const StoreKernel store =
        context_.kernels().store[index_of(type_)][static_cast<int>(result.dtype)];
    const MoveKernels& moves = context_.kernels().moves;
    const auto result_size = static_cast<std::int64_t>(gt::size_of(result.dtype));
    for (std::int64_t first = 0; first < count_;) {
      const std::int64_t n = next_length(std::min(step, count_ - first));
      const void* inputs[kOperands] = {};
      for (std::size_t k = 0; k < call_.operands.size(); ++k) inputs[k] = elements_of(k, first, n);
      std::byte* target = result.bytes() + first * result_size;
      std::byte* stored = streamed ? stored_tile_.bytes : target;
      void* out = direct_result ? static_cast<void*>(stored) : result_tile_.bytes;
      kernel_(out, inputs, n, attributes_.values, attributes_.statics);
      if (!direct_result) store(out, stored, n);
      if (streamed) moves.stream(stored, target, n * result_size);
      first += n;
    }
    if (streamed) moves.end_streams();
  }

  Context& context_;
  const EngineCall& call_;
  const PointwiseEntry& entry_;
  const DType dtype_;
  const ComputeType type_;
  PointwiseKernel kernel_;
  const std::int64_t count_;
  std::array<Source, kOperands> sources_;
  PointwiseAttributes attributes_;
  std::array<Tile, kOperands> tiles_;
  Tile result_tile_;
  Tile stored_tile_;
};

}  // namespace

Results execute_pointwise(Context& context, const EngineCall& call) {
  if (call.row.op == Op::clone && !call.operands[0].value->is_contiguous())
    return {context.copy(*call.operands[0].value)};
  return {PointwiseCall(context, call, pointwise_entry(context.kernels(), call)).run()};
}

}  // namespace gt::worker::native
