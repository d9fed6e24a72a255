// What else the plugin promises: objects that load again, clear errors, files for people.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string_view>

#include "common/graph/builder.h"
#include "common/graph/scalars.h"
#include "tests/unit/jit/run_kernels.h"

namespace gt::worker::jit {
namespace {

using graph::GraphBuilder;
using graph::ValueRef;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

/// softmax without its composite: enough to have rows, folds, kept values and a pointwise kernel.
graph::Graph small_graph() {
  GraphBuilder builder;
  const ValueRef x = builder.add_input({DType::kFloat32, {5, 70}, {}});
  const auto add = [&](Op op, std::initializer_list<graph::RecordedOperand> operands,
                       const Attributes& attributes = {}) {
    return builder.add_instruction(op, operands, attributes)[0];
  };
  const ValueRef largest = add(Op::amax, {x}, make_attributes(Op::amax, Shape{1}, true));
  const ValueRef shifted = add(Op::sub, {x, largest}, make_attributes(Op::sub, ScalarValue(1)));
  const ValueRef exponentials = add(Op::exp, {shifted});
  const ValueRef total =
      add(Op::sum, {exponentials}, make_attributes(Op::sum, Shape{1}, true, kNoDType));
  builder.mark_output(add(Op::div, {exponentials, total}));
  return std::move(builder).finish();
}

std::vector<Value> small_inputs() { return {special_numbers(DType::kFloat32, {5, 70}, 3)}; }

TEST(KernelObjects, GiveTheSameBitsWhenTheyAreLoadedAgain) {
  expect_same_bits(small_graph(), small_inputs(), {.reloads = true});
}

TEST(KernelObjects, ThatAreNoneAreRefused) {
  const std::vector<std::byte> zeros(100);
  EXPECT_THROW(static_cast<void>(test_compiler().load(zeros)), CommonError);
  EXPECT_THROW(static_cast<void>(test_compiler().load({})), CommonError);
}

TEST(KernelObjects, WhoseCodeIsCutOffAreRefused) {
  const std::vector<Value> inputs = small_inputs();
  const CompiledGraph compiled(small_graph(), inputs);
  const auto object = compiled.module().object();
  EXPECT_THROW(static_cast<void>(test_compiler().load(object.first(40))), CommonError);
}

/// relu of tensors with so many rows each.
graph::Graph rectified(std::span<const std::int64_t> rows) {
  GraphBuilder builder;
  for (std::int64_t count : rows) {
    const ValueRef x = builder.add_input({DType::kFloat32, {count, 32}, {}});
    builder.mark_output(builder.add_instruction(Op::relu, {{x}}, {})[0]);
  }
  return std::move(builder).finish();
}

/// Bytes of the object of these kernels, one for each tensor, which are right.
std::size_t bytes_of_kernels(std::initializer_list<std::int64_t> rows) {
  std::vector<Value> inputs;
  for (std::int64_t count : rows)
    inputs.push_back(special_numbers(DType::kFloat32, {count, 32}, inputs.size()));
  expect_same_bits(rectified(rows), inputs, {.fuses = false});
  const CompiledGraph compiled(rectified(rows), inputs, {.fuses = false});
  EXPECT_EQ(compiled.kernel_count(), rows.size());
  return compiled.module().object().size();
}

TEST(KernelObjects, HoldEqualKernelsOnce) {
  const std::size_t one = bytes_of_kernels({4});
  const std::size_t equal = bytes_of_kernels({4, 4}) - one;
  const std::size_t other = bytes_of_kernels({4, 6}) - one;
  EXPECT_LT(2 * equal, other) << "no more than two names";
}

TEST(Compiler, NamesWhatItsCodeDependsOn) {
  EXPECT_THAT(std::string(test_compiler().target()), HasSubstr("LLVM 19"));
}

/// The mark that the linker has put into a file, in hex.
std::string mark_in(const std::string& path) {
  constexpr std::size_t kHead = 4096;  // where linkers put notes
  std::string bytes(kHead, '\0');
  std::ifstream(path, std::ios::binary).read(bytes.data(), kHead);
  constexpr std::string_view kOwner("\3\0\0\0GNU\0", 8);  // type and owner of the note
  const std::size_t found = bytes.find(kOwner);
  if (found == std::string::npos) return "none";
  const auto size = static_cast<std::size_t>(bytes.at(found - 4));
  std::string hex;
  for (const char byte : bytes.substr(found + kOwner.size(), size))
    hex += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return hex;
}

TEST(Compiler, NamesTheBuildOfWhichItIs) {
  std::string path;
  static_cast<void>(load_compiler_plugin(path));
  EXPECT_THAT(std::string(test_compiler().target()), HasSubstr(" build " + mark_in(path) + " "));
}

/// A request with tensors that are not those of its group is none that the worker makes: an
/// invariant of the emitter aborts.
TEST(Compiler, ThatCrashesFailsAndCompilesTheNext) {
#ifdef GT_SANITIZED
  GTEST_SKIP() << "what a crash leaves behind leaks";
#endif
  const std::vector<Value> inputs = small_inputs();
  const CompiledGraph compiled(small_graph(), inputs);
  KernelRequest request;
  for (const graph::Group& group : compiled.plan().groups)
    if (group.kind == graph::Group::Kind::kernel) request.group = &group;
  const ValueRef nothing{~graph::NodeIndex{0}, 0};
  request.tensors.assign(request.group->inputs.size() + request.group->outputs.size(),
                         {nothing, {}, -1});
  const auto compile = [&] {
    static_cast<void>(test_compiler().compile(compiled.graph(), {&request, 1}, {}));
  };
  EXPECT_THAT(compile, ThrowsMessage<CommonError>(HasSubstr("the compiler crashed (Aborted)")));
  expect_same_bits(small_graph(), small_inputs());
}

TEST(Compiler, WritesListingAndCodeForPeople) {
  const std::filesystem::path folder =
      std::filesystem::path(testing::TempDir()) / "gt_saved_kernels";
  const std::vector<Value> inputs = small_inputs();
  const CompiledGraph compiled(small_graph(), inputs);
  std::vector<KernelRequest> requests;
  for (const graph::Group& group : compiled.plan().groups) {
    if (group.kind != graph::Group::Kind::kernel) continue;
    KernelRequest& request = requests.emplace_back();
    request.group = &group;
    for (ValueRef value : group.inputs)
      request.tensors.push_back({value, contiguous_strides(compiled.graph().meta(value).shape)});
    for (ValueRef value : group.outputs)
      request.tensors.push_back({value, contiguous_strides(compiled.graph().meta(value).shape)});
  }
  const auto module =
      test_compiler().compile(compiled.graph(), requests, {folder.string(), "unit"});
  EXPECT_EQ(module->entries().size(), requests.size());
  std::ifstream file(folder / "unit.listing");
  const std::string listing((std::istreambuf_iterator<char>(file)), {});
  EXPECT_THAT(listing, HasSubstr("float32 v2 = exp(v1);"));
  EXPECT_THAT(listing, HasSubstr("  // t0: reads %0 float32["));
  EXPECT_THAT(listing, HasSubstr(": writes %"));
  EXPECT_TRUE(std::filesystem::exists(folder / "unit.ll"));
  EXPECT_TRUE(std::filesystem::exists(folder / "unit.s"));
  std::filesystem::remove_all(folder);
}

TEST(Compiler, CompilesThoughNothingCanBeWrittenForPeople) {
  const std::vector<Value> inputs = small_inputs();
  const CompiledGraph compiled(small_graph(), inputs);
  ::testing::internal::CaptureStderr();
  EXPECT_NO_THROW(static_cast<void>(
      test_compiler().compile(compiled.graph(), {}, {"/dev/null/folder", "unit"})));
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              HasSubstr("GT_SAVE_COMPILED_CODE: cannot write /dev/null/folder/unit.listing"));
}

TEST(StridePatterns, AreTheSameForOtherSizesOfDenseTensors) {
  EXPECT_TRUE(same_pattern({8, 3}, {3, 1}, {20, 3}, {3, 1}));
  EXPECT_TRUE(same_pattern({8, 1, 3}, {3, 7, 1}, {20, 1, 3}, {3, 9, 1}));
}
TEST(StridePatterns, DifferWhereDimensionsNoLongerContinueEachOther) {
  EXPECT_FALSE(same_pattern({8, 3}, {3, 1}, {8, 3}, {6, 1}));
  EXPECT_FALSE(same_pattern({8, 3}, {6, 1}, {8, 3}, {3, 1}));
}
TEST(StridePatterns, DifferWhereElementsAreRepeated) {
  EXPECT_FALSE(same_pattern({8, 3}, {0, 1}, {8, 3}, {3, 1}));
  EXPECT_FALSE(same_pattern({8, 3}, {1, 8}, {8, 3}, {3, 1}));
}

}  // namespace
}  // namespace gt::worker::jit
