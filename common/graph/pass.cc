#include "common/graph/pass.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "common/graph/pass_names.h"
#include "common/graph/validate.h"

namespace gt::graph {
namespace {

constexpr std::array kPasses = {
    Pass{pass_name::decompose, "composites become point-wise rows and reductions",
         &decompose_composites, &decompose_without_indices},
    Pass{pass_name::follow_windows, "what reads windows of a plane is computed in windows",
         &follow_windows},
    Pass{pass_name::split_addends, "what is added to a product is added where the sum is read",
         &split_addends},
    Pass{pass_name::fold_constants, "casts and views of fills become fills", &fold_constants},
    Pass{pass_name::simplify, "rows that change no bit go", &simplify},
    Pass{pass_name::absorb_casts, "reductions read the operand of a cast", &absorb_casts},
    Pass{pass_name::common_subexpressions, "equal rows of equal operands become one",
         &merge_common_subexpressions},
    Pass{pass_name::dead_code, "what nobody reads goes", &eliminate_dead_code},
};

bool contains(std::span<const std::string> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

void check_names(std::span<const std::string> names) {
  for (const std::string& name : names)
    if (std::find(kPassNames.begin(), kPassNames.end(), name) == kPassNames.end())
      throw CommonError(
          ErrorKind::kInvalidArgument,
          fmt::format("there is no pass {}; the passes are {}", name, fmt::join(kPassNames, ", ")));
}

/// Runs one pass; returns how much it changed.
std::size_t run_pass(const Pass& pass, Graph& graph, PassStatistics& statistics) {
  const auto begin = std::chrono::steady_clock::now();
  if (statistics.runs++ == 0) statistics.nodes_before = graph.nodes().size();
  PassResult result = pass.run(graph);
  statistics.time += std::chrono::steady_clock::now() - begin;
  statistics.changes += result.changes;
  statistics.nodes_after = result.graph.nodes().size();
  graph = std::move(result.graph);
  const std::vector<std::string> problems = validate(graph);
  GT_INVARIANT(problems.empty(), fmt::format("after pass {}: {}", pass.name, problems.front()));
  return result.changes;
}

}  // namespace

std::span<const Pass> all_passes() noexcept { return kPasses; }

PassRun run_passes(Graph graph, const PassOptions& options, std::span<const Pass> passes) {
  check_names(options.disabled);
  PassRun run{std::move(graph), {}};
  std::vector<Pass> chosen;
  for (const Pass& pass : passes) {
    if (contains(options.disabled, pass.name)) continue;
    chosen.push_back(pass);
    if (!options.goes_by_index && pass.run_without_indices != nullptr)
      chosen.back().run = pass.run_without_indices;
    run.statistics.emplace_back().name = pass.name;
  }
  for (int round = 0; round < options.rounds; ++round) {
    std::size_t changes = 0;
    for (std::size_t i = 0; i < chosen.size(); ++i) {
      const std::size_t made = run_pass(chosen[i], run.graph, run.statistics[i]);
      if (made != 0 && options.observer) options.observer(chosen[i].name, run.graph);
      changes += made;
    }
    if (changes == 0) break;
  }
  return run;
}

std::string to_text(std::span<const PassStatistics> statistics) {
  std::string text;
  for (const PassStatistics& pass : statistics)
    text += fmt::format("{:<24} {:>3} runs {:>6} changes {:>6} -> {:>6} nodes {:>9.1f} us\n",
                        pass.name, pass.runs, pass.changes, pass.nodes_before, pass.nodes_after,
                        std::chrono::duration<double, std::micro>(pass.time).count());
  return text;
}

}  // namespace gt::graph
