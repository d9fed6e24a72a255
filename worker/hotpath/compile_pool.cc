#include "worker/hotpath/compile_pool.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace gt::worker::hotpath {
namespace {

/// Threads have nice values of their own; the streams go first.
void lower_priority() {
  constexpr int kNice = 10;
  static_cast<void>(setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), kNice));
}

/// Each segment has files of its own.
CompileChoices choices_of(CompileChoices choices, std::size_t segment) {
  choices.name += "." + std::to_string(segment);
  return choices;
}

}  // namespace

CompilePool::CompilePool(CompilerSetup setup) : setup_(std::move(setup)) {}

CompilePool::~CompilePool() {
  {
    const std::lock_guard lock(mutex_);
    stops_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

std::optional<CompilePool::Ticket> CompilePool::submit(Recording recording,
                                                       CompileChoices choices) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= kMostWaiting) return std::nullopt;
    waiting_.push_back({next_, std::move(recording), std::move(choices)});
  }
  changed_.notify_all();
  if (!thread_.joinable()) thread_ = std::thread([this] { work(); });
  return next_++;
}

std::optional<CompileResult> CompilePool::take(Ticket ticket) {
  const std::lock_guard lock(mutex_);
  const auto found = results_.find(ticket);
  if (found == results_.end()) return std::nullopt;
  CompileResult result = std::move(found->second);
  results_.erase(found);
  return result;
}

void CompilePool::cancel(Ticket ticket) {
  const std::lock_guard lock(mutex_);
  std::erase_if(waiting_, [ticket](const Job& job) { return job.ticket == ticket; });
  results_.erase(ticket);
  if (at_hand_ == ticket) drops_at_hand_ = true;
}

void CompilePool::wait_until_idle() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return waiting_.empty() && at_hand_ == 0; });
}

void CompilePool::work() {
  lower_priority();
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stops_ || !waiting_.empty(); });
    if (stops_) return;
    const Job job = std::move(waiting_.front());
    waiting_.pop_front();
    at_hand_ = job.ticket;
    drops_at_hand_ = false;
    lock.unlock();
    CompileResult result = compile(job);
    lock.lock();
    if (!drops_at_hand_) results_.emplace(job.ticket, std::move(result));
    at_hand_ = 0;
    changed_.notify_all();
  }
}

CompileResult CompilePool::compile(const Job& job) {
  CompileResult result;
  const auto begin = std::chrono::steady_clock::now();
  try {
    if (compiler_ == nullptr) compiler_ = setup_.make();
    std::vector<std::unique_ptr<SegmentCode>> segments;
    for (const RecordedSegment& segment : job.recording.segments)
      segments.push_back(plan_segment(job.recording, segment, *compiler_,
                                      choices_of(job.choices, segments.size())));
    const sequence::Hash128 key = key_of(segments);
    // Code that people want to see is made, not found.
    const bool is_known = job.choices.save_to.empty() && load(key, segments);
    if (!is_known) {
      for (std::size_t k = 0; k < segments.size(); ++k)
        compile_kernels(*segments[k], *compiler_, choices_of(job.choices, k));
      store(key, segments);
    }
    for (auto& segment : segments) result.segments.push_back(std::move(segment));
  } catch (const std::exception& error) {
    result.segments.clear();
    result.error = error.what();
  }
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return result;
}

/// The code depends on the graphs, on what lies where, and on machine and compiler.
sequence::Hash128 CompilePool::key_of(
    std::span<const std::unique_ptr<SegmentCode>> segments) const {
  sequence::Hasher hasher;
  const auto add_text = [&hasher](std::string_view text) {
    hasher.add(text.size());
    for (unsigned char character : text) hasher.add(character);
  };
  add_text(compiler_->target());
  for (const auto& segment : segments) {
    hasher.add(segment->graph.hash());
    add_text(graph::to_text(segment->graph, segment->fusion));
    for (const jit::KernelRequest& request : segment->requests)
      for (const jit::KernelTensor& tensor : request.tensors) {
        for (std::int64_t stride : tensor.strides) hasher.add(static_cast<std::uint64_t>(stride));
        hasher.add(static_cast<std::uint64_t>(tensor.overwrites));
      }
  }
  return hasher.finish();
}

bool CompilePool::load(const sequence::Hash128& key,
                       std::span<const std::unique_ptr<SegmentCode>> segments) const {
  const std::optional<ProgramObjects> objects = setup_.cache.load(key);
  if (!objects || objects->size() != segments.size()) return false;
  try {
    for (std::size_t k = 0; k < segments.size(); ++k)
      load_kernels(*segments[k], *compiler_, (*objects)[k]);
  } catch (const CommonError&) {
    return false;  // compiled anew, and written over
  }
  return true;
}

void CompilePool::store(const sequence::Hash128& key,
                        std::span<const std::unique_ptr<SegmentCode>> segments) const {
  ProgramObjects objects;
  for (const auto& segment : segments) {
    const std::span<const std::byte> object =
        segment->module ? segment->module->object() : std::span<const std::byte>();
    objects.emplace_back(object.begin(), object.end());
  }
  setup_.cache.store(key, objects);
}

}  // namespace gt::worker::hotpath
