#include "common/ops/rules.h"
#include "common/ops/rules/checks.h"

namespace gt::rules {
namespace {

void require_index(const InferenceContext& context, std::size_t k, std::string_view message) {
  require(is_index_dtype(context.operand(k).dtype), ErrorKind::kIndex,
          [&] { return std::string(message); });
}

void check_index_list(const InferenceContext& context, std::size_t first) {
  for (std::size_t k = first; k < context.operands().size(); ++k) {
    if (context.operand(k).is_none()) continue;
    require_index(context, k, "tensors used as indices must be long, int, byte or bool tensors");
  }
}

}  // namespace

void index_list_dtype(InferenceContext& context) {
  check_index_list(context, 1);
  self_dtype(context);
}

void index_put_dtype(InferenceContext& context) {
  check_index_list(context, 2);
  const DType self = context.operand(0).dtype;
  const DType values = context.operand(1).dtype;
  require(self == values, ErrorKind::kType, [&] {
    return "Index put requires the source and destination dtypes match, got " + name_of(self) +
           " for the destination and " + name_of(values) + " for the source.";
  });
  self_dtype(context);
}

void index_select_dtype(InferenceContext& context) {
  require_index(context, 1, "index_select(): Expected dtype int32 or int64 for index");
  self_dtype(context);
}

void index_fill_dtype(InferenceContext& context) {
  require(context.operand(1).dtype == DType::kInt64, ErrorKind::kIndex,
          [] { return std::string("index_fill_(): Expected dtype int64 for index."); });
  self_dtype(context);
}

void embedding_dtype(InferenceContext& context) {
  const DType indices = context.operand(1).dtype;
  require(is_index_dtype(indices), ErrorKind::kType, [&] {
    return "Expected tensor for argument #1 'indices' to have one of the following scalar types: "
           "Long, Int; but got CPU" +
           name_of(indices) + "Type instead (while checking arguments for embedding)";
  });
  self_dtype(context);
}

void gather_dtype(InferenceContext& context) {
  require_index(context, 1, "gather(): Expected dtype int32/int64 for index");
  self_dtype(context);
}

void scatter_dtype(InferenceContext& context) {
  require_index(context, 1, "scatter(): Expected dtype int32/int64 for index");
  require(context.operand(0).dtype == context.operand(2).dtype, ErrorKind::kType,
          [] { return std::string("scatter(): Expected self.dtype to be equal to src.dtype"); });
  self_dtype(context);
}

void index_add_dtype(InferenceContext& context) {
  const DType self = context.operand(0).dtype;
  const DType index = context.operand(1).dtype;
  const DType source = context.operand(2).dtype;
  require_index(context, 1,
                "index_add_(): Expected dtype int32/int64 for index but got: " + name_of(index));
  require(self == source, ErrorKind::kType, [&] {
    return "index_add_(): self (" + name_of(self) + ") and source (" + name_of(source) +
           ") must have the same scalar type";
  });
  self_dtype(context);
}

void index_copy_dtype(InferenceContext& context) {
  const DType self = context.operand(0).dtype;
  const DType index = context.operand(1).dtype;
  const DType source = context.operand(2).dtype;
  require(index == DType::kInt64, ErrorKind::kIndex, [&] {
    return "index_copy_(): Expected a long tensor for index, but got " + name_of(index);
  });
  require(self == source, ErrorKind::kType, [&] {
    return "index_copy_(): self and source expected to have the same dtype, but got (self) " +
           name_of(self) + " and (source) " + name_of(source);
  });
  self_dtype(context);
}

void view_source_dtype(InferenceContext& context) {
  const DType self = context.operand(0).dtype;
  const DType source = context.operand(1).dtype;
  require(self == source, ErrorKind::kType, [&] {
    return "expected src to have the dtype of self. src dtype = " + name_of(source) +
           ", self dtype = " + name_of(self);
  });
  self_dtype(context);
}

void mask_dtype(InferenceContext& context) {
  require(context.operand(1).dtype == DType::kBool, ErrorKind::kType,
          [&] { return std::string(context.row().name) + ": expected BoolTensor for mask"; });
  self_dtype(context);
}

}  // namespace gt::rules
