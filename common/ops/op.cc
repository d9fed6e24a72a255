#include "common/ops/op.h"

namespace gt {

std::string_view to_string(LogKind kind) noexcept {
  switch (kind) {
    case LogKind::UnaryOp:
      return "UnaryOp";
    case LogKind::BinaryOp:
      return "BinaryOp";
    case LogKind::TernaryOp:
      return "TernaryOp";
    case LogKind::ReduceOp:
      return "ReduceOp";
    case LogKind::ViewOp:
      return "ViewOp";
    case LogKind::IndexOp:
      return "IndexOp";
    case LogKind::MatrixOp:
      return "MatrixOp";
    case LogKind::CompositeOp:
      return "CompositeOp";
    case LogKind::CreateOp:
      return "CreateOp";
    case LogKind::RandomOp:
      return "RandomOp";
    case LogKind::CopyOp:
      return "CopyOp";
    case LogKind::Upload:
      return "Upload";
    case LogKind::Fetch:
      return "Fetch";
    case LogKind::Release:
      return "Release";
    case LogKind::Send:
      return "Send";
    case LogKind::Receive:
      return "Receive";
  }
  return "Unknown";
}

bool contains(DTypeSet set, DType dtype) noexcept {
  switch (set) {
    case DTypeSet::all:
      return true;
    case DTypeSet::floating:
      return is_floating(dtype);
    case DTypeSet::numeric:
      return dtype != DType::kBool;
    case DTypeSet::integral:
      return is_integral(dtype, false);
    case DTypeSet::integral_or_bool:
      return is_integral(dtype, true);
  }
  return false;
}

bool computes_in(const OpRow& row, DType dtype) noexcept {
  if (dtype != DType::kUInt16) return true;
  switch (row.op_class) {
    case OpClass::shape:
    case OpClass::indexing:
    case OpClass::communication:
      return true;
    case OpClass::pointwise:
    case OpClass::creation:
      return row.op == Op::to || row.op == Op::clone || row.op == Op::full;
    case OpClass::reduction:
    case OpClass::composite:
    case OpClass::library:
    case OpClass::random:
      return false;
  }
  return false;
}

bool admits(const OpRow& row, DType dtype) noexcept {
  return contains(row.dtypes, dtype) && computes_in(row, dtype);
}

}  // namespace gt
