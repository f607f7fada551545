#include "model/performed.h"

namespace capstan {

Performed failed(Words says) {
  return {.state = ActionState::kFailed, .says = std::move(says), .result = Json::object()};
}

Performed succeeded(Words says, Json result) {
  return {.state = ActionState::kSucceeded, .says = std::move(says), .result = std::move(result)};
}

Performed not_performed(const Error& error) {
  const bool is_unknown = error.code == ErrorCode::kDeadlineExceeded || error.code == ErrorCode::kUnavailable ||
                          error.code == ErrorCode::kCancelled || error.code == ErrorCode::kCorrupt;
  return {.state = is_unknown ? ActionState::kUnknown : ActionState::kFailed,
          .says = quoted(error),
          .result = Json::object()};
}

}  // namespace capstan
