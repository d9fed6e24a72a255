// LibTorch's header path, served by GT.
#pragma once

#include <gt/torch.h>
