#include "worker/jit/llvm/library_functions.h"

#include <cmath>
#include <cstring>
#include <iterator>

namespace gt::worker::jit {
namespace {

struct Entry {
  std::string_view name;
  const void* address;
};
template <class Function>
const void* address(Function* function) noexcept {
  return reinterpret_cast<const void*>(function);
}
using Unary = double(double);
using Binary = double(double, double);

#define GT_UNARY(name) {#name, address(static_cast<Unary*>(&std::name))}
const Entry kFunctions[] = {
    GT_UNARY(exp),
    GT_UNARY(expm1),
    GT_UNARY(log),
    GT_UNARY(log1p),
    GT_UNARY(log2),
    GT_UNARY(log10),
    GT_UNARY(sin),
    GT_UNARY(cos),
    GT_UNARY(tan),
    GT_UNARY(tanh),
    GT_UNARY(sinh),
    GT_UNARY(cosh),
    GT_UNARY(asin),
    GT_UNARY(acos),
    GT_UNARY(atan),
    GT_UNARY(erf),
    {"atan2", address(static_cast<Binary*>(&std::atan2))},
    {"pow", address(static_cast<Binary*>(&std::pow))},
    {"fmod", address(static_cast<Binary*>(&std::fmod))},
    {"fmodf", address(static_cast<float (*)(float, float)>(&::fmodf))},
};
#undef GT_UNARY

/// What LLVM calls on its own, where the machine has no instruction for it.
const Entry kImplied[] = {
    {"memcpy", address(&std::memcpy)},
    {"memmove", address(&std::memmove)},
    {"memset", address(&std::memset)},
    {"fmaf", address(static_cast<float (*)(float, float, float)>(&::fmaf))},
    {"fma", address(static_cast<double (*)(double, double, double)>(&::fma))},
    {"floorf", address(static_cast<float (*)(float)>(&::floorf))},
    {"floor", address(static_cast<Unary*>(&::floor))},
    {"ceilf", address(static_cast<float (*)(float)>(&::ceilf))},
    {"ceil", address(static_cast<Unary*>(&::ceil))},
    {"truncf", address(static_cast<float (*)(float)>(&::truncf))},
    {"trunc", address(static_cast<Unary*>(&::trunc))},
    {"nearbyintf", address(static_cast<float (*)(float)>(&::nearbyintf))},
    {"nearbyint", address(static_cast<Unary*>(&::nearbyint))},
};

const void* find(const Entry* begin, const Entry* end, std::string_view name) {
  for (const Entry* entry = begin; entry != end; ++entry)
    if (entry->name == name) return entry->address;
  return nullptr;
}

}  // namespace

const void* address_of_function(std::string_view symbol) {
  const std::string_view prefix = kLibraryPrefix;
  if (symbol.starts_with(prefix))
    return find(std::begin(kFunctions), std::end(kFunctions), symbol.substr(prefix.size()));
  return find(std::begin(kImplied), std::end(kImplied), symbol);
}

}  // namespace gt::worker::jit
