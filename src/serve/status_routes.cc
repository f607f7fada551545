#include "serve/status_routes.h"

#include "serve/answer.h"

namespace capstan::serve {
namespace {

HttpServerResponse plain(int status, std::string text, std::string type = "text/plain; charset=utf-8") {
  return {status, {{"Content-Type", std::move(type)}}, std::move(text), {}};
}

HttpServerResponse ready(const loop::Control& control) {
  const Status ready = control.ready();
  return ready ? plain(200, "Capstan is ready.\n")
               : plain(503, "Capstan is not ready: " + ready.error().to_string() + "\n");
}

HttpServerResponse stream_events(EventHub& events, const Authenticator& authenticator, const Call& call) {
  if (!events.has_room()) {
    return error_answer(Error{ErrorCode::kResourceExhausted, "too many pages are open; close one and try again"});
  }
  HttpServerRequest credentials;
  credentials.headers = call.request.headers;
  credentials.peer = call.request.peer;
  HttpServerResponse response;
  response.headers = {{"Content-Type", "text/event-stream"}, {"X-Accel-Buffering", "no"}};
  response.stream = [&, credentials = std::move(credentials)](std::shared_ptr<StreamSink> sink) {
    events.add(std::move(sink), [&authenticator, credentials] { return authenticator.still_valid(credentials); });
  };
  return response;
}

}  // namespace

std::vector<Route> status_routes(const loop::Control& control, EventHub& events, const Authenticator& authenticator) {
  const auto get = [](std::string_view pattern, Access access, auto handler) {
    return Route{"GET", pattern, access, false, Body::kNone, std::move(handler)};
  };
  return {
      get("/-/healthy", Access::kPublic, [](const Call&) { return plain(200, "Capstan is healthy.\n"); }),
      get("/-/ready", Access::kPublic, [&](const Call&) { return ready(control); }),
      get("/metrics", Access::kLoopback,
          [&](const Call&) { return plain(200, control.metrics(), "text/plain; version=0.0.4; charset=utf-8"); }),
      get("/capstan/v1/events", Access::kViewer,
          [&](const Call& call) { return stream_events(events, authenticator, call); }),
  };
}

}  // namespace capstan::serve
