#include "worker/hotpath/compile_pool.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <utility>

namespace gt::worker::hotpath {
namespace {

using Clock = std::chrono::steady_clock;

/// Threads have nice values of their own; the streams go first.
void lower_priority() {
  constexpr int kNice = 10;
  static_cast<void>(setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), kNice));
}

}  // namespace

struct CompilePool::Job {
  Ticket ticket = 0;
  std::function<CompileResult(ProgramCompiler&)> run;
  bool has_result = true;
};

struct CompilePool::Shared {
  explicit Shared(CompilerSetup given) : setup(std::move(given)) {}
  [[nodiscard]] bool is_idle() const { return waiting.empty() && at_hand == 0; }
  [[nodiscard]] bool is_overdue() const { return at_hand != 0 && Clock::now() >= deadline; }

  const CompilerSetup setup;
  std::mutex mutex;
  std::condition_variable changed;
  // Guarded by mutex:
  std::deque<Job> waiting;
  std::map<Ticket, CompileResult> results;
  Ticket at_hand = 0;  ///< 0 for none
  Clock::time_point deadline;
  bool drops_at_hand = false;
  bool stops = false;
  std::uint64_t shift = 0;  ///< of the thread that works; one that was left behind has another
};

CompilePool::CompilePool(CompilerSetup setup)
    : shared_(std::make_shared<Shared>(std::move(setup))) {}

CompilePool::~CompilePool() {
  std::deque<Job> left;
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->stops = true;
    left = std::exchange(shared_->waiting, {});
    shared_->changed.notify_all();
  }
  ProgramCompiler keeper(shared_->setup.make, shared_->setup.cache);
  for (const Job& job : left)
    if (!job.has_result) static_cast<void>(job.run(keeper));
  if (!thread_.joinable()) return;
  if (ends_in_time())
    thread_.join();
  else
    thread_.detach();
}

/// Waits for the recording at hand.
bool CompilePool::ends_in_time() {
  std::unique_lock lock(shared_->mutex);
  const Clock::time_point patient = Clock::now() + shared_->setup.patience;
  const Clock::time_point last =
      shared_->at_hand != 0 ? std::min(shared_->deadline, patient) : patient;
  return shared_->changed.wait_until(lock, last, [this] { return shared_->is_idle(); });
}

std::optional<CompilePool::Ticket> CompilePool::submit(Recording recording,
                                                       CompileChoices choices) {
  auto compile = [recording = std::move(recording), choices = std::move(choices)](
                     ProgramCompiler& compiler) { return compiler.compile(recording, choices); };
  if (!push({next_, std::move(compile)})) return std::nullopt;
  return next_++;
}

void CompilePool::keep(const sequence::Hash128& key, ProgramObjects objects,
                       ProgramCache::Content content) {
  auto store = [key, objects = std::move(objects), content](ProgramCompiler& compiler) {
    compiler.cache().store(key, objects, content);
    return CompileResult();
  };
  static_cast<void>(push({next_++, std::move(store), false}));
}

bool CompilePool::push(Job job) {
  {
    const std::lock_guard lock(shared_->mutex);
    if (shared_->waiting.size() >= kMostWaiting) return false;
    shared_->waiting.push_back(std::move(job));
  }
  shared_->changed.notify_all();
  if (!thread_.joinable()) start();
  return true;
}

void CompilePool::start() {
  thread_ = std::thread([shared = shared_, shift = shared_->shift] { work(shared, shift); });
}

std::optional<CompileResult> CompilePool::take(Ticket ticket) {
  const std::lock_guard lock(shared_->mutex);
  leave_behind_if_overdue();
  const auto found = shared_->results.find(ticket);
  if (found == shared_->results.end()) return std::nullopt;
  CompileResult result = std::move(found->second);
  shared_->results.erase(found);
  return result;
}

/// A thread whose time is up cannot be stopped: it may hold any lock. It ends by itself, or never.
/// Needs the mutex.
void CompilePool::leave_behind_if_overdue() {
  if (!shared_->is_overdue()) return;
  const double seconds = std::chrono::duration<double>(shared_->setup.time_limit).count();
  if (!shared_->drops_at_hand) {
    CompileResult& result = shared_->results[shared_->at_hand];
    result.seconds = seconds;
    result.error = "it took longer than " + std::to_string(std::lround(seconds)) + " s";
  }
  shared_->at_hand = 0;
  ++shared_->shift;
  thread_.detach();
  start();
}

void CompilePool::cancel(Ticket ticket) {
  const std::lock_guard lock(shared_->mutex);
  std::erase_if(shared_->waiting, [ticket](const Job& job) { return job.ticket == ticket; });
  shared_->results.erase(ticket);
  if (shared_->at_hand == ticket) shared_->drops_at_hand = true;
}

void CompilePool::wait_until_idle() {
  std::unique_lock lock(shared_->mutex);
  shared_->changed.wait(lock, [this] { return shared_->is_idle(); });
}

void CompilePool::work(const std::shared_ptr<Shared>& shared, std::uint64_t shift) {
  lower_priority();
  ProgramCompiler compiler(shared->setup.make, shared->setup.cache);
  std::unique_lock lock(shared->mutex);
  while (true) {
    shared->changed.wait(
        lock, [&] { return shared->stops || shared->shift != shift || !shared->waiting.empty(); });
    if (shared->shift != shift || shared->waiting.empty()) return;
    const Job job = std::move(shared->waiting.front());
    shared->waiting.pop_front();
    shared->at_hand = job.ticket;
    shared->deadline = Clock::now() + shared->setup.time_limit;
    shared->drops_at_hand = !job.has_result;
    lock.unlock();
    CompileResult result = job.run(compiler);
    lock.lock();
    if (shared->shift != shift) return;
    if (!shared->drops_at_hand) shared->results.emplace(job.ticket, std::move(result));
    shared->at_hand = 0;
    shared->changed.notify_all();
  }
}

}  // namespace gt::worker::hotpath
