// Opt-in: LibTorch's namespaces as names of GT, so that a LibTorch program compiles unchanged.
//
// A program that adds to `namespace torch` cannot use an alias: compile it with -Dtorch=gt instead.
#pragma once

#include <gt/gt.h>

#ifndef torch
namespace torch = gt;
#endif
namespace at = gt;
namespace c10 = gt;
