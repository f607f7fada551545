#include "model/performed.h"

#include <cstring>

namespace capstan {

Performed failed(Words says) {
  return {.state = ActionState::kFailed, .says = std::move(says), .result = Json::object()};
}

Performed succeeded(Words says, Json result) {
  return {.state = ActionState::kSucceeded, .says = std::move(says), .result = std::move(result)};
}

Words how_ended(const ProgramOutcome& outcome, const ProgramSpec& program) {
  switch (outcome.end) {
    case ProgramOutcome::End::kExited:
      return Words::phrase("end.exited", {{"code", std::to_string(outcome.exit_code)}});
    case ProgramOutcome::End::kSignalled:
      return Words::phrase("end.signalled",
                           {{"signal", std::to_string(outcome.signal)}, {"name", ::strsignal(outcome.signal)}});
    case ProgramOutcome::End::kTimedOut:
      return Words::phrase("end.timed_out", {{"limit", format_duration(program.time_limit)}});
    case ProgramOutcome::End::kCancelled: return Words::phrase("end.cancelled");
  }
  return {};
}

Performed not_performed(const Error& error) {
  const bool is_unknown = error.code == ErrorCode::kDeadlineExceeded || error.code == ErrorCode::kUnavailable ||
                          error.code == ErrorCode::kCancelled || error.code == ErrorCode::kCorrupt;
  return {.state = is_unknown ? ActionState::kUnknown : ActionState::kFailed,
          .says = quoted(error),
          .result = Json::object()};
}

}  // namespace capstan
