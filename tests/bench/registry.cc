#include "tests/bench/registry.h"

#include <iterator>
#include <vector>

#include "tests/bench/compile_time.h"
#include "tests/bench/compiled.h"
#include "tests/bench/compiled_operations.h"
#include "tests/bench/cuda_training.h"
#include "tests/bench/detect.h"
#include "tests/bench/detect_cost.h"
#include "tests/bench/dispatch.h"
#include "tests/bench/eager.h"
#include "tests/bench/kernels.h"
#include "tests/bench/memory.h"
#include "tests/bench/pointwise.h"
#include "tests/bench/short_rows.h"
#include "tests/bench/start.h"
#include "tests/bench/training.h"
#include "tests/bench/transfer.h"
#include "tests/bench/transformer.h"

namespace gt::bench {
namespace {

const Benchmark kBenchmarks[] = {
    {"mlp_step", "us", "LibTorch C++ in one process", mlp_step},
    {"mlp_step_small", "us", "LibTorch C++ in one process", mlp_step_small},
    {"mlp_step_read", "us", "LibTorch C++ in one process", mlp_step_read},
    {"transformer_step", "us", "LibTorch C++ in one process", transformer_step},
    {"start", "ms", "start of a bare LibTorch program", start},
    {"eager_rate", "1/s", "at::add in a loop", eager_rate},
    {"write_loop", "ms", "LibTorch C++ in one process", write_loop},
    {"memory_growth", "MiB", "resident memory after 100,000 steps", memory_growth},
    {"dispatch_cost", "ns", "a process that forwards batches unread", dispatch_cost},
    {"dispatch_cost_zmq", "ns", "a process that forwards batches unread", dispatch_cost_zmq},
    {"detect", "1/s", "a loop that copies the same records", detect},
    {"detect_nothing", "1/s", "a loop that copies the same records", detect_nothing},
    {"neighbour_p99", "us", "the same without a neighbour", neighbour_p99},
    {"neighbour_bound", "us", "the same without busy processes", neighbour_bound},
    {"round_trip", "us", "ping-pong through three bare processes", round_trip},
    {"round_trip_tcp", "us", "ping-pong through three bare processes", round_trip_tcp},
    {"upload", "GB/s", "memcpy", upload},
    {"fetch", "GB/s", "memcpy", fetch},
    {"upload_tcp", "GB/s", "memcpy", upload_tcp},
    {"fetch_tcp", "GB/s", "memcpy", fetch_tcp},
    {"tcp_bound", "GB/s", "memcpy", tcp_bound},
    {"compiled_mlp", "us", "its matrix products alone", compiled_mlp},
    {"compiled_mlp_libtorch", "us", "LibTorch C++ in one process", compiled_mlp_libtorch},
    {"compiled_mlp_threads", "us", "the same eagerly", compiled_mlp_threads},
    {"compiled_mlp_threads_busy", "us", "the same eagerly", compiled_mlp_threads_busy},
    {"compiled_small", "us", "LibTorch C++ in one process", compiled_small},
    {"compiled_transformer", "us", "its matrix products alone", compiled_transformer},
    {"compiled_transformer_libtorch", "us", "LibTorch C++ in one process",
     compiled_transformer_libtorch},
    {"compiled_cnn", "us", "its convolutions and matrix products alone", compiled_cnn},
    {"compiled_cnn_libtorch", "us", "LibTorch C++ in one process", compiled_cnn_libtorch},
    {"compiled_cnn_wide", "us", "its convolutions and matrix products alone", compiled_cnn_wide},
    {"compiled_cnn_wide_libtorch", "us", "LibTorch C++ in one process", compiled_cnn_wide_libtorch},
    {"compiled_pointwise_libtorch", "us", "LibTorch C++ in one process",
     compiled_pointwise_libtorch},
    {"compiled_adam", "us", "LibTorch's fused Adam", compiled_adam},
    {"compiled_matmul_relu", "us", "the same eagerly", compiled_matmul_relu},
    {"compiled_chain", "us", "the same eagerly", compiled_chain},
    {"compiled_long_chain", "us", "the same eagerly", compiled_long_chain},
    {"compiled_functions", "us", "the same eagerly", compiled_functions},
    {"compiled_reductions", "us", "the same eagerly", compiled_reductions},
    {"compiled_embedding", "us", "the same eagerly", compiled_embedding},
    {"compiled_dropout", "us", "the same eagerly", compiled_dropout},
    {"compiled_noise", "us", "the same eagerly", compiled_noise},
    {"compiled_normal_noise", "us", "the same eagerly", compiled_normal_noise},
    {"compiled_chances", "us", "the same eagerly", compiled_chances},
    {"compiled_integers", "us", "the same eagerly", compiled_integers},
    {"compiled_actions", "us", "the same eagerly", compiled_actions},
    {"compiled_index_add", "us", "the same eagerly", compiled_index_add},
    {"compiled_short_rows", "us", "the same eagerly", compiled_short_rows},
    {"compiled_classes", "us", "the same eagerly", compiled_classes},
    {"compiled_average_pooling", "us", "the same eagerly", compiled_average_pooling},
    {"compiled_clipping", "us", "the same eagerly", compiled_clipping},
    {"compiled_simple", "us", "the same eagerly", compiled_simple},
    {"compile_cold", "ms", "the same with the machine code on disk", compile_cold},
    {"compile_disk", "ms", "the same without it", compile_disk},
    {"stall", "ms", "the steps before the compilation", stall},
    {"cuda_mlp", "us", "LibTorch C++ on the same GPU", cuda_mlp},
    {"cuda_compiled_mlp", "us", "LibTorch C++ on the same GPU", cuda_compiled_mlp},
    {"cuda_graph_mlp", "us", "LibTorch C++ on the same GPU", cuda_graph_mlp},
    {"cuda_transformer", "us", "LibTorch C++ on the same GPU", cuda_transformer},
    {"cuda_compiled_transformer", "us", "LibTorch C++ on the same GPU", cuda_compiled_transformer},
    {"cuda_graph_transformer", "us", "LibTorch C++ on the same GPU", cuda_graph_transformer},
    {"detect_cost", "s", "the same program without GT_AUTO_COMPILE", detect_cost},
};

}  // namespace

std::span<const Benchmark> benchmarks() {
  static const std::vector<Benchmark> all = [] {
    std::vector<Benchmark> rows(std::begin(kBenchmarks), std::end(kBenchmarks));
    for (Benchmark& row : kernel_benchmarks()) rows.push_back(std::move(row));
    for (Benchmark& row : pointwise_benchmarks()) rows.push_back(std::move(row));
    for (Benchmark& row : short_rows_benchmarks()) rows.push_back(std::move(row));
    return rows;
  }();
  return all;
}

}  // namespace gt::bench
