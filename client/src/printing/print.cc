#include <fmt/format.h>
#include <gt/printing.h>

#include <algorithm>
#include <iomanip>
#include <iostream>
#include <ostream>
#include <span>
#include <sstream>
#include <vector>

#include "client/src/printing/format.h"
#include "client/src/session/site.h"

namespace gt {
namespace {

/// Leaves a stream as it was found.
class StreamStateGuard {
 public:
  explicit StreamStateGuard(std::ostream& stream)
      : stream_(stream), flags_(stream.flags()), precision_(stream.precision()) {}
  ~StreamStateGuard() {
    stream_.flags(flags_);
    stream_.precision(precision_);
  }
  StreamStateGuard(const StreamStateGuard&) = delete;
  StreamStateGuard& operator=(const StreamStateGuard&) = delete;

 private:
  std::ostream& stream_;
  std::ios_base::fmtflags flags_;
  std::streamsize precision_;
};

struct Matrix {
  std::span<const double> elements;
  std::int64_t rows;
  std::int64_t columns;
};

/// In its shortest form, whatever the stream's format: `0.001 *`, `1000000 *`.
void print_scale(std::ostream& stream, double scale) { stream << fmt::format("{} *\n", scale); }

void print_row(std::ostream& stream, std::span<const double> row,
               const printing::ElementFormat& format) {
  for (std::size_t i = 0; i < row.size(); ++i)
    stream << (i == 0 ? "" : " ") << std::setw(format.width) << row[i] / format.scale;
  stream << '\n';
}

/// Blocks of as many columns as fit into `line_size` characters.
void print_matrix(std::ostream& stream, const Matrix& matrix, std::int64_t line_size,
                  const std::string& indent) {
  const printing::ElementFormat format = printing::choose_format(matrix.elements);
  printing::apply(format, stream);
  const auto indent_size = static_cast<std::int64_t>(indent.size());
  const std::int64_t per_line =
      std::max<std::int64_t>((line_size - indent_size) / (format.width + 1), 1);
  for (std::int64_t first = 0; first < matrix.columns; first += per_line) {
    const std::int64_t count = std::min(per_line, matrix.columns - first);
    if (per_line < matrix.columns) {
      if (first != 0) stream << '\n';
      stream << "Columns " << first + 1 << " to " << first + count << indent;
    }
    if (format.scale != 1) {
      print_scale(stream, format.scale);
      stream << indent;
    }
    for (std::int64_t row = 0; row < matrix.rows; ++row) {
      if (row != 0) stream << indent << (format.scale != 1 ? " " : "");
      const auto offset = static_cast<std::size_t>(row * matrix.columns + first);
      print_row(stream, matrix.elements.subspan(offset, static_cast<std::size_t>(count)), format);
    }
  }
}

/// Each matrix of the last two dims under its position `(1,2,.,.) = `; the first dim runs fastest.
void print_matrices(std::ostream& stream, std::span<const double> elements, IntArrayRef sizes,
                    std::int64_t line_size) {
  const std::size_t outer = sizes.size() - 2;
  const std::int64_t rows = sizes[outer], columns = sizes[outer + 1];
  std::vector<std::int64_t> position(outer, 0);
  std::int64_t matrices = 1;
  for (std::size_t i = 0; i < outer; ++i) matrices *= sizes[i];
  for (std::int64_t m = 0; m < matrices; ++m) {
    if (m != 0) stream << '\n';
    std::int64_t offset = 0;
    stream << '(';
    for (std::size_t i = 0; i < outer; ++i) {
      offset = offset * sizes[i] + position[i];
      stream << position[i] + 1 << ',';
    }
    stream << ".,.) = \n";
    const auto count = static_cast<std::size_t>(rows * columns);
    print_matrix(stream,
                 {elements.subspan(static_cast<std::size_t>(offset) * count, count), rows, columns},
                 line_size, " ");
    for (std::size_t i = 0; i < outer && ++position[i] == sizes[i]; ++i) position[i] = 0;
  }
}

void print_elements(std::ostream& stream, const Tensor& tensor, std::int64_t line_size) {
  const Tensor values = tensor.detach().cpu().to(kDouble).contiguous();
  const std::span<const double> elements(values.const_data_ptr<double>(),
                                         static_cast<std::size_t>(values.numel()));
  const IntArrayRef sizes = values.sizes();
  if (sizes.empty()) {
    stream << fmt::format("{}\n", elements[0]);
  } else if (sizes.size() == 1) {
    const printing::ElementFormat format = printing::choose_format(elements);
    printing::apply(format, stream);
    if (format.scale != 1) print_scale(stream, format.scale);
    for (double element : elements)
      stream << std::setw(format.width) << element / format.scale << '\n';
  } else if (sizes.size() == 2) {
    print_matrix(stream, {elements, sizes[0], sizes[1]}, line_size, "");
  } else {
    print_matrices(stream, elements, sizes, line_size);
  }
}

}  // namespace

std::ostream& print(std::ostream& stream, const Tensor& tensor, std::int64_t line_size) {
  GT_ENTRY();
  const StreamStateGuard guard(stream);
  if (!tensor.defined()) return stream << "[ Tensor (undefined) ]";
  if (tensor.numel() != 0) print_elements(stream, tensor, line_size);
  stream << "[ " << tensor.toString() << '{';
  for (std::int64_t i = 0; i < tensor.dim(); ++i) stream << (i == 0 ? "" : ",") << tensor.size(i);
  return stream << "} ]";
}

std::ostream& operator<<(std::ostream& stream, const Tensor& tensor) {
  GT_ENTRY();
  return print(stream, tensor, 80);
}

void print(const Tensor& tensor, std::int64_t line_size) {
  GT_ENTRY();
  print(std::cout, tensor, line_size);
}

void Tensor::print() const {
  GT_ENTRY();
  if (!defined()) {
    std::cerr << "[UndefinedTensor]\n";
    return;
  }
  std::cerr << '[' << toString() << ' ' << sizes() << "]\n";
}

std::string Tensor::toString() const {
  if (!defined()) return "UndefinedType";
  const std::string device_name = is_cuda() ? "CUDA" : "CPU";
  std::ostringstream text;
  text << device_name << scalar_type() << "Type";
  return text.str();
}

}  // namespace gt
