#include "worker/jit/llvm/linker.h"

#include <llvm/ExecutionEngine/JITSymbol.h>
#include <llvm/ExecutionEngine/RTDyldMemoryManager.h>
#include <llvm/ExecutionEngine/RuntimeDyld.h>
#include <llvm/Object/ObjectFile.h>
#include <sys/mman.h>
#include <unistd.h>

#include <mutex>

#include "common/error.h"

namespace gt::worker::jit {
namespace {

[[noreturn]] void fail(const std::string& reason) {
  throw CommonError(ErrorKind::kInternal, "cannot load compiled kernels: " + reason);
}

std::size_t to_pages(std::size_t bytes) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return (bytes + page - 1) / page * page;
}

/// Pages that are written to and then given their rights.
class Pages {
 public:
  Pages() = default;
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;
  ~Pages() {
    if (base_ != nullptr) munmap(base_, size_);
  }
  void map(std::size_t bytes) {
    if (bytes == 0) return;
    void* made = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (made == MAP_FAILED) fail("no memory for " + std::to_string(bytes) + " bytes of code");
    base_ = static_cast<std::byte*>(made);
    size_ = bytes;
  }
  [[nodiscard]] std::byte* base() const noexcept { return base_; }

 private:
  std::byte* base_ = nullptr;
  std::size_t size_ = 0;
};

/// Addresses of called functions, which RuntimeDyld forgets when it says how much data there is.
constexpr std::size_t kOffsetTable = 4096;

/// Code and data side by side, so that they reach each other.
class ObjectMemory final : public llvm::RuntimeDyld::MemoryManager {
 public:
  bool needsToReserveAllocationSpace() override { return true; }
  void reserveAllocationSpace(std::uintptr_t code, llvm::Align, std::uintptr_t constants,
                              llvm::Align, std::uintptr_t data, llvm::Align) override {
    code_ = to_pages(code);
    constants_ = to_pages(constants);
    data_ = to_pages(data + kOffsetTable);
    pages_.map(code_ + constants_ + data_);
    next_[0] = pages_.base();
    next_[1] = next_[0] + code_;
    next_[2] = next_[1] + constants_;
    ends_[0] = next_[1];
    ends_[1] = next_[2];
    ends_[2] = next_[2] + data_;
  }
  std::uint8_t* allocateCodeSection(std::uintptr_t size, unsigned alignment, unsigned,
                                    llvm::StringRef) override {
    return allocate(0, size, alignment);
  }
  std::uint8_t* allocateDataSection(std::uintptr_t size, unsigned alignment, unsigned,
                                    llvm::StringRef, bool is_constant) override {
    return allocate(is_constant ? 1 : 2, size, alignment);
  }
  bool finalizeMemory(std::string*) override {
    std::byte* base = pages_.base();
    return (code_ != 0 && mprotect(base, code_, PROT_READ | PROT_EXEC) != 0) ||
           (constants_ != 0 && mprotect(base + code_, constants_, PROT_READ) != 0);
  }
  // Nothing here throws or is unwound.
  void registerEHFrames(std::uint8_t*, std::uint64_t, std::size_t) override {}
  void deregisterEHFrames() override {}

 private:
  std::uint8_t* allocate(int part, std::size_t size, unsigned alignment) {
    const auto place = reinterpret_cast<std::uintptr_t>(next_[part]);
    const std::size_t gap = alignment == 0 ? 0 : (alignment - place % alignment) % alignment;
    std::byte* section = next_[part] + gap;
    next_[part] = section + size;
    GT_INVARIANT(next_[part] <= ends_[part], "the linker asked for less memory than it takes");
    return reinterpret_cast<std::uint8_t*>(section);
  }

  Pages pages_;
  std::size_t code_ = 0, constants_ = 0, data_ = 0;
  std::byte* next_[3] = {};
  std::byte* ends_[3] = {};
};

class Functions final : public llvm::LegacyJITSymbolResolver {
 public:
  explicit Functions(FunctionFinder finder) : finder_(finder) {}
  llvm::JITSymbol findSymbol(const std::string& name) override {
    const void* address = finder_(name);
    if (address == nullptr) return nullptr;
    return {reinterpret_cast<std::uintptr_t>(address), llvm::JITSymbolFlags::Exported};
  }
  llvm::JITSymbol findSymbolInLogicalDylib(const std::string&) override { return nullptr; }

 private:
  const FunctionFinder finder_;
};

}  // namespace

struct LinkedObject::Parts {
  explicit Parts(FunctionFinder finder) : functions(finder) {}
  ObjectMemory memory;
  Functions functions;
  llvm::RuntimeDyld linker{memory, functions};
};

LinkedObject::LinkedObject(std::span<const std::byte> bytes, FunctionFinder finder)
    : parts_(std::make_unique<Parts>(finder)) {
  const llvm::MemoryBufferRef buffer(
      llvm::StringRef(reinterpret_cast<const char*>(bytes.data()), bytes.size()), "kernels");
  auto object = llvm::object::ObjectFile::createObjectFile(buffer);
  if (!object) fail(llvm::toString(object.takeError()));
  if (parts_->linker.loadObject(**object) == nullptr || parts_->linker.hasError())
    fail(parts_->linker.getErrorString().str());
  parts_->linker.resolveRelocations();
  if (parts_->linker.hasError()) fail(parts_->linker.getErrorString().str());
  std::string reason;
  if (parts_->memory.finalizeMemory(&reason)) fail("its memory cannot be made executable");
}
LinkedObject::~LinkedObject() = default;

void* LinkedObject::address_of(const std::string& symbol) const {
  void* found = parts_->linker.getSymbolLocalAddress(symbol);
  if (found == nullptr) fail("it has no function " + symbol);
  return found;
}

}  // namespace gt::worker::jit
