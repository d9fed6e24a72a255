// Arithmetic of the point-wise rows with a bool result.
#pragma once

#include "common/ops/arithmetic/functions.h"

namespace gt::arithmetic {
inline namespace GT_KERNEL_TARGET {

struct eq {
  template <class T>
  GT_ARITHMETIC auto apply(T self, T other) {
    return self == other;
  }
};
struct ne {
  template <class T>
  GT_ARITHMETIC auto apply(T self, T other) {
    return self != other;
  }
};
struct lt {
  template <class T>
  GT_ARITHMETIC auto apply(T self, T other) {
    return self < other;
  }
};
struct le {
  template <class T>
  GT_ARITHMETIC auto apply(T self, T other) {
    return self <= other;
  }
};
struct gt {
  template <class T>
  GT_ARITHMETIC auto apply(T self, T other) {
    return self > other;
  }
};
struct ge {
  template <class T>
  GT_ARITHMETIC auto apply(T self, T other) {
    return self >= other;
  }
};
struct logical_and {
  template <class T>
  GT_ARITHMETIC auto apply(T self, T other) {
    return both(self != T(0), other != T(0));
  }
};
struct logical_or {
  template <class T>
  GT_ARITHMETIC auto apply(T self, T other) {
    return either(self != T(0), other != T(0));
  }
};
struct logical_xor {
  template <class T>
  GT_ARITHMETIC auto apply(T self, T other) {
    return (self != T(0)) != (other != T(0));
  }
};
struct logical_not {
  template <class T>
  GT_ARITHMETIC auto apply(T self) {
    return self == T(0);
  }
};
struct isnan {
  template <class T>
  GT_ARITHMETIC auto apply(T self) {
    return self != self;
  }
};
struct isinf {
  template <FloatingValue T>
  GT_ARITHMETIC auto apply(T self) {
    return absolute(self) == infinity<T>();
  }
  template <IntegerValue T>
  GT_ARITHMETIC auto apply(T self) {
    return self != self;
  }
};
struct isfinite {
  template <FloatingValue T>
  GT_ARITHMETIC auto apply(T self) {
    return absolute(self) < infinity<T>();
  }
  template <IntegerValue T>
  GT_ARITHMETIC auto apply(T self) {
    return self == self;
  }
};

}  // namespace GT_KERNEL_TARGET
}  // namespace gt::arithmetic
