#include "common/error.h"

#include <cstdio>
#include <cstdlib>

namespace gt {

void abort_broken_invariant(const char* expression, const char* file, int line,
                            const std::string& detail) noexcept {
  std::fprintf(stderr, "gt: broken invariant `%s` at %s:%d: %s\n", expression, file, line,
               detail.c_str());
  std::abort();
}

}  // namespace gt
