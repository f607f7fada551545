// The one error type of the tree, and the way it travels: every fallible function returns Result<T>.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace capstan {

enum class ErrorCode {
  kInvalidArgument,     // The caller's input is wrong; the same input fails again.
  kNotFound,            // What was named does not exist.
  kAlreadyExists,       // It exists, and that is in the way.
  kPermissionDenied,    // Known, but not allowed.
  kUnauthenticated,     // Not known who asks.
  kFailedPrecondition,  // The state of the world is not what the call needs.
  kResourceExhausted,   // A limit was reached: queue, size, rate, disk.
  kUnavailable,         // The counterpart cannot be reached now; later may work.
  kDeadlineExceeded,    // No answer in time; it is not known whether it happened.
  kCancelled,           // Somebody asked for it to stop.
  kCorrupt,             // Stored or received data contradicts itself.
  kUnimplemented,       // Known to the language or protocol, not supported here.
  kInternal,            // A broken promise of our own.
};

// The snake_case name of a code, as the API shows it: "invalid_argument".
std::string_view to_string(ErrorCode code);

// Where in an input an error lies. Lines and columns count from 1; 0 means unknown.
struct Where {
  std::string file;
  int line = 0;
  int column = 0;

  bool operator==(const Where&) const = default;
};

struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;
  Where where = {};

  // "rules.yaml:12:3: unknown key 'sevrity' (did you mean 'severity'?)"
  std::string to_string() const;
};

template <class T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

// Ends a function early: `return fail(ErrorCode::kNotFound, "no rule named 'x'");`
inline std::unexpected<Error> fail(ErrorCode code, std::string message, Where where = {}) {
  return std::unexpected(Error{code, std::move(message), std::move(where)});
}
inline std::unexpected<Error> fail(Error error) { return std::unexpected(std::move(error)); }

// Adds what was being done to an error: `return during("loading packs", load(path));`
template <class T>
Result<T> during(std::string_view what, Result<T> result) {
  if (!result) result.error().message = std::string(what) + ": " + result.error().message;
  return result;
}

}  // namespace capstan

// Evaluates to the value of a Result, or returns its error from the enclosing function. May be nested.
#define TRY(expression) CAPSTAN_TRY_COUNTED(expression, __COUNTER__)
#define CAPSTAN_TRY_COUNTED(expression, number) CAPSTAN_TRY_NAMED(expression, number)
#define CAPSTAN_TRY_NAMED(expression, number) CAPSTAN_TRY_INTO(expression, try_result_##number)
#define CAPSTAN_TRY_INTO(expression, result)                                          \
  __extension__({                                                                     \
    auto result = (expression);                                                       \
    if (!result) return std::unexpected<::capstan::Error>(std::move(result).error()); \
    *std::move(result);                                                               \
  })
