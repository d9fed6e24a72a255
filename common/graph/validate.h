// What every graph must be; run on what the builder makes and after every pass.
#pragma once

#include <string>
#include <vector>

#include "common/graph/graph.h"

namespace gt::graph {

/// The rules that a graph breaks, one sentence each, empty if there are none:
/// - operands are made before they are used, and exist;
/// - operands and attribute words are those of the row; static words are constant; a word names a
///   binding of its own class, a size only where it is an extent, a derived scalar only where it is
///   a number; words of guarded bindings are constants;
/// - dtypes, shapes and symbolic dimensions of results are what the row infers;
/// - inputs and their nodes name each other; a carried input has the type of its output, and no two
///   inputs are carried from one output;
/// - outputs exist, and no input that dies is one;
/// - derived scalars read bindings, sizes and earlier derived scalars.
[[nodiscard]] std::vector<std::string> validate(const Graph& graph);

}  // namespace gt::graph
