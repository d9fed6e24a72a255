// How the elements of a tensor are printed: one width and scale for all of them, by LibTorch's
// rule.
#pragma once

#include <ios>
#include <span>

namespace gt::printing {

/// Width and notation of every element of a block.
struct ElementFormat {
  double scale = 1;  ///< elements are divided by it; 1 prints no scale line
  int width = 0;
  bool scientific = false;
  bool fixed = false;  ///< four decimals; else the shortest form of a whole number
};

/// The rule of LibTorch's Formatting.cpp: whole numbers in one common width (`e` notation above
/// nine digits), others with four decimals, a common scale when the largest exponent is below 0
/// or above 5, `e` notation when exponents spread by more than four. Infinite and NaN elements do
/// not count.
[[nodiscard]] ElementFormat choose_format(std::span<const double> elements);

/// Applies the notation to a stream.
void apply(const ElementFormat& format, std::ios_base& stream);

}  // namespace gt::printing
