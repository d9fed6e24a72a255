#include <iterator>

#include "worker/engine/native/kernels/kernel_table.h"

namespace gt::worker::native {
namespace {

struct Choices {
  const KernelTable* tables[3] = {};
  int count = 0;
};

Choices make_choices() {
  Choices choices;
  choices.tables[choices.count++] = &baseline::kernel_table();
#if defined(__x86_64__) && !defined(GT_BASELINE_KERNELS_ONLY)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
      __builtin_cpu_supports("bmi2"))
    choices.tables[choices.count++] = &v3::kernel_table();
  if (choices.count == 2 && __builtin_cpu_supports("avx512f") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
    choices.tables[choices.count++] = &v4::kernel_table();
#endif
  return choices;
}

const Choices& choices() {
  static const Choices result = make_choices();
  return result;
}

}  // namespace

const KernelTable& best_kernel_table() { return *choices().tables[choices().count - 1]; }

const KernelTable* const* runnable_kernel_tables(int& count) {
  count = choices().count;
  return choices().tables;
}

}  // namespace gt::worker::native
