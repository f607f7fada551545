// How results become HTTP answers: JSON, errors in the documented shape, the security headers.
#pragma once

#include <string_view>

#include "base/http_server.h"
#include "base/json.h"
#include "base/result.h"

namespace capstan::serve {

HttpServerResponse json_answer(const Json& body, int status = 200);

// {"error": {"code", "message", "file", "line", "column"}} with the status that fits the code.
HttpServerResponse error_answer(const Error& error);
// The same with a status that no code stands for: 405, 413, 415, 421, 431.
HttpServerResponse error_answer(int status, const Error& error);
// Errors of the paths that Prometheus' clients ask have Prometheus' shape: {"status": "error", "errorType", "error"}.
HttpServerResponse error_answer_for(std::string_view path, int status, const Error& error);

int status_of(ErrorCode code);

// What every answer carries so that a browser lets no other site embed, sniff or script it. Answers are not cached
// unless they say otherwise.
void add_security_headers(HttpServerResponse& response);

}  // namespace capstan::serve
