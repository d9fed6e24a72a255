#include "common/config/version.h"

namespace gt {

std::string_view library_version() noexcept { return GT_VERSION; }

}  // namespace gt
