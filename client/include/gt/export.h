// GT_API marks what libgt_client exports; everything else stays inside the library.
#pragma once

#if defined(__GNUC__) || defined(__clang__)
#define GT_API __attribute__((visibility("default")))
#else
#define GT_API
#endif
