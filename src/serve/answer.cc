#include "serve/answer.h"

#include <algorithm>

namespace capstan::serve {
namespace {

bool has_header(const HttpServerResponse& response, std::string_view name) {
  return std::ranges::any_of(response.headers, [&](const auto& header) { return header.first == name; });
}

std::string_view prometheus_error_type(int status) {
  switch (status) {
    case 400: return "bad_data";
    case 401: return "unauthorized";
    case 403: return "forbidden";
    case 404: return "not_found";
    case 429:
    case 503: return "unavailable";
    case 504: return "timeout";
    default: return status < 500 ? "bad_data" : "internal";
  }
}

}  // namespace

int status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument: return 400;
    case ErrorCode::kUnauthenticated: return 401;
    case ErrorCode::kPermissionDenied: return 403;
    case ErrorCode::kNotFound: return 404;
    case ErrorCode::kAlreadyExists:
    case ErrorCode::kFailedPrecondition: return 409;
    case ErrorCode::kResourceExhausted: return 429;
    case ErrorCode::kUnimplemented: return 501;
    case ErrorCode::kUnavailable:
    case ErrorCode::kCancelled: return 503;
    case ErrorCode::kDeadlineExceeded: return 504;
    case ErrorCode::kCorrupt:
    case ErrorCode::kInternal: return 500;
  }
  return 500;
}

HttpServerResponse json_answer(const Json& body, int status) {
  HttpServerResponse response;
  response.status = status;
  response.headers.emplace_back("Content-Type", "application/json");
  response.body = body.dump();
  return response;
}

HttpServerResponse error_answer(const Error& error) { return error_answer(status_of(error.code), error); }

HttpServerResponse error_answer(int status, const Error& error) {
  Json body = Json::object({{"code", to_string(error.code)}, {"message", error.message}});
  if (!error.where.file.empty()) body.set("file", error.where.file);
  if (error.where.line > 0) body.set("line", error.where.line);
  if (error.where.column > 0) body.set("column", error.where.column);
  HttpServerResponse response = json_answer(Json::object({{"error", std::move(body)}}), status);
  if (status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
  if (status == 503) response.headers.emplace_back("Retry-After", "1");
  return response;
}

HttpServerResponse error_answer_for(std::string_view path, int status, const Error& error) {
  HttpServerResponse response = error_answer(status, error);
  if (path.starts_with("/api/v1/")) {
    response.body =
        Json::object({{"status", "error"}, {"errorType", prometheus_error_type(status)}, {"error", error.to_string()}})
            .dump();
  }
  return response;
}

void add_security_headers(HttpServerResponse& response) {
  // The page's libraries set styles from scripts; everything else comes from files of our own.
  static constexpr std::pair<std::string_view, std::string_view> kHeaders[] = {
      {"Content-Security-Policy",
       "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri "
       "'none'; "
       "form-action 'self'; frame-ancestors 'none'"},
      {"X-Content-Type-Options", "nosniff"},
      {"X-Frame-Options", "DENY"},
      {"Referrer-Policy", "no-referrer"},
      {"Cross-Origin-Opener-Policy", "same-origin"},
      {"Cross-Origin-Resource-Policy", "same-origin"},
      {"Cache-Control", "no-store"},
  };
  for (const auto& [name, value] : kHeaders) {
    if (!has_header(response, name)) response.headers.emplace_back(name, value);
  }
}

}  // namespace capstan::serve
