// What the API server says when it refuses: its `Status` object, in an answer or in a watch, made into our error.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/http_client.h"
#include "base/json.h"
#include "base/result.h"

namespace capstan::kubernetes {

struct ApiStatus {
  int code = 0;         // As of HTTP.
  std::string reason;   // "Expired", "AlreadyExists" …; "" where the answer has no Status object.
  std::string message;  // For people.
  struct Cause {
    std::string reason;
    std::string field;
    std::string message;
  };
  std::vector<Cause> causes;
  std::optional<Duration> retry_after;

  // The resource version or continue token is too old: list anew.
  bool is_expired() const { return code == 410 || reason == "Expired" || reason == "Gone"; }
  bool has_cause(std::string_view cause) const;
};

// Of an answer that is not a success.
ApiStatus read_api_status(const HttpResponse& response);
// Of a Status object.
ApiStatus read_api_status(const Json& status);

// The code tells what a caller can do; the message is the API server's own, with the fields it blames.
//   kInvalidArgument     400, 413, 415, 422
//   kUnauthenticated     401
//   kPermissionDenied    403
//   kNotFound            404
//   kUnimplemented       405, 406
//   kAlreadyExists       409 AlreadyExists
//   kFailedPrecondition  409 else, 410, 412; an eviction that a disruption budget does not allow
//   kResourceExhausted   429
//   kUnavailable         503: it was not done
//   kDeadlineExceeded    500, 504 and whatever else: it is not known whether it was done
Error to_error(const ApiStatus& status);

}  // namespace capstan::kubernetes
