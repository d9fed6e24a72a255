#include "common/config/variables.h"

namespace gt::config {
namespace {

using enum VariableType;
using enum VariableScope;

constexpr std::string_view kFlag = "0|1";
constexpr std::string_view kCount = "a whole number, 1 or more";
constexpr std::string_view kPath = "a path";

constexpr std::array<VariableRow, kVariableCount> kTable{{
    {Variable::address, "GT_ADDRESS", text, process, "", "host:port, tcp://host:port or ipc://path",
     "the dispatcher to connect to; without it a program starts a cluster of its own"},
    {Variable::transport, "GT_TRANSPORT", choice, process, "auto", "auto|zmq|ring",
     "what carries messages: auto shares memory at ipc addresses, else ZeroMQ"},
    {Variable::backend, "GT_BACKEND", choice, process, "default", "default|reference",
     "the engine of the workers"},
    {Variable::device, "GT_DEVICE", text, process, "cpu", "cpu or cuda:N",
     "the device of a worker"},
    {Variable::workers, "GT_WORKERS", count, process, "1", kCount,
     "workers of an embedded cluster"},
    {Variable::worker_threads, "GT_WORKER_THREADS", count, process, "", kCount,
     "compute threads of a worker; an embedded cluster shares the cores among its workers"},
    {Variable::memory_limit, "GT_MEMORY_LIMIT", bytes, process, "", "bytes, or a size such as 8GiB",
     "most memory that the tensors of a worker take; else 80% of what is free at its start"},
    {Variable::connect_timeout, "GT_CONNECT_TIMEOUT", seconds, session, "30", "seconds above 0",
     "how long instructions wait for a first worker"},
    {Variable::placement, "GT_PLACEMENT", choice, process, "home", "home|spread",
     "where sources are placed: on the home worker of their session, or in turn on all"},
    {Variable::cache_dir, "GT_CACHE_DIR", text, process, "", kPath,
     "compiled code and state; else the user's cache folder"},
    {Variable::executable, "GT_EXECUTABLE", text, process, "", kPath,
     "the gt program that an embedded cluster is started with"},
    {Variable::plugin_path, "GT_PLUGIN_PATH", text, process, "", kPath,
     "the folder of the engine plugins; else ../lib/gt beside the gt program"},
    {Variable::instruction_log, "GT_INSTRUCTION_LOG", text, process, "", kPath,
     "the file into which the dispatcher writes every instruction"},
    {Variable::log_payloads, "GT_LOG_PAYLOADS", flag, process, "0", kFlag,
     "whether the instruction log shows values"},
    {Variable::worker_batch_size, "GT_WORKER_BATCH_SIZE", count, session, "", kCount,
     "most instructions in one batch to a worker"},
    {Variable::config, "GT_CONFIG", text, session, "", kPath, "the YAML file that names signals"},
    {Variable::compile, "GT_COMPILE", flag, session, "0", kFlag,
     "compile every sequence at its first execution"},
    {Variable::auto_compile, "GT_AUTO_COMPILE", flag, session, "0", kFlag,
     "compile the sequences that repeat"},
    {Variable::auto_shard, "GT_AUTO_SHARD", flag, session, "0", kFlag, "shard without being told"},
    {Variable::hotpath_threshold, "GT_HOTPATH_THRESHOLD", count, session, "10", kCount,
     "executions after which a sequence is hot"},
    {Variable::hotpath_min_seq, "GT_HOTPATH_MIN_SEQ", count, session, "3", kCount,
     "fewest instructions in a hot sequence"},
    {Variable::save_compiled_code, "GT_SAVE_COMPILED_CODE", text, process, "", kPath,
     "the folder into which generated code is written"},
    {Variable::logs, "GT_LOGS", choice, session, "", "recompiles",
     "what to explain: recompilations and whole error traces"},
    {Variable::verbose, "GT_VERBOSE", flag, process, "0", kFlag,
     "say what happens beside the errors"},
    {Variable::debug_client, "GT_DEBUG_CLIENT", flag, session, "0", kFlag, "details of the client"},
    {Variable::debug_dispatcher, "GT_DEBUG_DISPATCHER", flag, session, "0", kFlag,
     "details of the dispatcher"},
    {Variable::debug_worker, "GT_DEBUG_WORKER", flag, session, "0", kFlag,
     "details of the workers"},
    {Variable::debug_compile, "GT_DEBUG_COMPILE", flag, session, "0", kFlag,
     "the compile activity; alone it compiles nothing"},
}};

constexpr bool rows_stand_in_order() {
  for (std::size_t k = 0; k < kTable.size(); ++k)
    if (static_cast<std::size_t>(kTable[k].variable) != k || kTable[k].name.empty()) return false;
  return true;
}
static_assert(rows_stand_in_order(), "a row for each variable, in the order of the enumerators");

}  // namespace

std::span<const VariableRow> variable_table() noexcept { return kTable; }

const VariableRow& row_of(Variable variable) noexcept {
  return kTable[static_cast<std::size_t>(variable)];
}

}  // namespace gt::config
