#include "client/src/session/errors.h"

#include <gt/error.h>

namespace gt {

Error::Error(std::string message, std::string details)
    : message_(std::move(message)),
      what_(details.empty() ? message_ : message_ + "\n" + std::move(details)) {}
Error::Error(const Error&) = default;
Error::Error(Error&&) noexcept = default;
Error& Error::operator=(const Error&) = default;
Error& Error::operator=(Error&&) noexcept = default;
Error::~Error() = default;
IndexError::~IndexError() = default;
ValueError::~ValueError() = default;
TypeError::~TypeError() = default;
NotImplementedError::~NotImplementedError() = default;
OutOfMemoryError::~OutOfMemoryError() = default;
WorkerLostError::~WorkerLostError() = default;
ConnectionError::~ConnectionError() = default;
ProtocolError::~ProtocolError() = default;
TimeoutError::~TimeoutError() = default;

}  // namespace gt

namespace gt::client {
namespace {

std::string prefixed(std::string_view op, const std::string& message) {
  return op.empty() ? message : "[" + std::string(op) + "] " + message;
}

}  // namespace

void throw_error(ErrorKind kind, std::string message, std::string details) {
  switch (kind) {
    case ErrorKind::kInvalidArgument:
    case ErrorKind::kInternal:
      throw Error(std::move(message), std::move(details));
    case ErrorKind::kIndex:
      throw IndexError(std::move(message), std::move(details));
    case ErrorKind::kType:
      throw TypeError(std::move(message), std::move(details));
    case ErrorKind::kValue:
      throw ValueError(std::move(message), std::move(details));
    case ErrorKind::kOutOfMemory:
      throw OutOfMemoryError(std::move(message), std::move(details));
    case ErrorKind::kWorkerLost:
      throw WorkerLostError(std::move(message), std::move(details));
    case ErrorKind::kConnection:
      throw ConnectionError(std::move(message), std::move(details));
    case ErrorKind::kProtocol:
      throw ProtocolError(std::move(message), std::move(details));
    case ErrorKind::kTimeout:
      throw TimeoutError(std::move(message), std::move(details));
    case ErrorKind::kNotImplemented:
      throw NotImplementedError(std::move(message), std::move(details));
  }
  throw Error(std::move(message), std::move(details));
}

void throw_public(const CommonError& error, std::string_view op) {
  throw_error(error.kind(), prefixed(op, error.what()));
}

std::string describe(const protocol::ErrorRecord& record) {
  return prefixed(record.op, record.message);
}

void throw_record(const protocol::ErrorRecord& record, const std::string& place) {
  std::string details;
  if (!record.operands.empty()) {
    details = "  operands:";
    for (std::size_t k = 0; k < record.operands.size(); ++k)
      details += (k == 0 ? " " : ", ") + record.operands[k];
  }
  if (!place.empty()) details += (details.empty() ? "" : "\n") + ("  at " + place);
  throw_error(record.kind, describe(record), details);
}

}  // namespace gt::client
