#include "tests/bench/result_line.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace gt::bench {

std::string result_line(std::string_view name, std::string_view unit, std::string_view baseline,
                        const Comparison& result) {
  nlohmann::ordered_json line;
  line["name"] = name;
  line["value"] = result.value;
  line["unit"] = unit;
  line["baseline"] = baseline;
  line["baseline_value"] = result.baseline_value;
  line["ratio"] = result.ratio;
  line["interval"] = {result.interval.low, result.interval.high};
  for (const FurtherRatio& further : result.further) {
    line[fmt::format("ratio_{}", further.name)] = further.ratio;
    line[fmt::format("interval_{}", further.name)] = {further.interval.low, further.interval.high};
  }
  return line.dump();
}

}  // namespace gt::bench
