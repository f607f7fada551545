#include "serve/stand_by_server.h"

#include <fmt/format.h>

#include "serve/answer.h"

namespace capstan::serve {
namespace {

HttpServerResponse plain(int status, std::string text, std::string type = "text/plain; charset=utf-8") {
  return {status, {{"Content-Type", std::move(type)}}, std::move(text), {}};
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
  return out;
}

bool is_link(std::string_view page) { return page.starts_with("http://") || page.starts_with("https://"); }

std::string describe_in_korean(const StandingBy& standing) {
  if (standing.leader.empty()) return fmt::format("{} 대기 중입니다. 아직 아무도 이끌지 않습니다.", standing.node);
  const std::string since = format_time(standing.since);
  if (standing.vacant)
    return fmt::format("{} 대기 중입니다. 지금은 이끄는 노드가 없습니다 (마지막: {}).", standing.node, standing.leader);
  return fmt::format("{} 대기 중입니다. {}부터 {} 노드가 이끌고 있습니다.", standing.node, since, standing.leader);
}

// Asks again by itself, so that whoever waits sees the page of the node once it leads.
std::string page_of(const StandingBy& standing) {
  std::string body = fmt::format("<p>{}</p>\n<p lang=\"ko\">{}</p>\n", escaped(describe(standing)),
                                 escaped(describe_in_korean(standing)));
  if (!standing.vacant && is_link(standing.page)) {
    const std::string link = escaped(standing.page);
    body += fmt::format("<p><a href=\"{}\">{}</a></p>\n", link, link);
  }
  body += fmt::format("<p>{} / {}</p>\n", standing.copied, standing.shared);
  return "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><meta http-equiv=\"refresh\" "
         "content=\"5\">"
         "<title>Capstan</title></head>\n<body>\n<h1>Capstan</h1>\n" +
         body + "</body>\n</html>\n";
}

Json json_of(const StandingBy& standing) {
  return Json::object({{"state", "stands by"},
                       {"node", standing.node},
                       {"leader", standing.leader.empty() ? Json() : Json(standing.leader)},
                       {"page", standing.page},
                       {"since", standing.leader.empty() ? Json() : Json(format_time(standing.since))},
                       {"vacant", standing.vacant},
                       {"copied", standing.copied},
                       {"shared", standing.shared},
                       {"error", standing.error}});
}

std::string metrics_of(const StandingBy& standing) {
  return fmt::format(
      "# HELP capstan_leads Whether this node leads.\n# TYPE capstan_leads gauge\ncapstan_leads 0\n"
      "# HELP capstan_ledger_facts Facts in the ledger.\n# TYPE capstan_ledger_facts gauge\n"
      "capstan_ledger_facts {}\n"
      "# HELP capstan_ledger_behind Facts of the shared ledger that this node has not copied yet.\n"
      "# TYPE capstan_ledger_behind gauge\ncapstan_ledger_behind {}\n",
      standing.copied, standing.shared > standing.copied ? standing.shared - standing.copied : 0);
}

class Running final : public StandByServer, public HttpHandler {
 public:
  explicit Running(std::function<StandingBy()> standing) : standing_(std::move(standing)) {}
  ~Running() override {
    if (http_) http_->stop();
  }

  Status open(const ServerOptions& options) {
    HttpServerOptions http = options.limits;
    http.listen = options.listen;
    http.unix_socket = options.data_directory / "capstan.sock";
    http_ = TRY(HttpServer::start(std::move(http), *this));
    return {};
  }

  const std::string& address() const override { return http_->addresses().front(); }

  // Nothing that is asked here needs a body; what comes is read and ignored.
  std::expected<size_t, HttpServerResponse> admit(const HttpServerRequest&) override { return 1 << 20; }
  HttpServerResponse handle(const HttpServerRequest& request) override {
    HttpServerResponse response = answer(request);
    add_security_headers(response);
    return response;
  }
  HttpServerResponse refuse(int status, std::string_view message) override {
    return plain(status, std::string(message) + "\n");
  }

 private:
  HttpServerResponse answer(const HttpServerRequest& request) const {
    const StandingBy standing = standing_();
    const std::string& path = request.target.path;
    if (path == "/-/healthy") return plain(200, "Capstan is healthy.\n");
    if (path == "/-/ready") return plain(503, describe(standing) + "\n");
    if (path == "/metrics" && request.peer.loopback)
      return plain(200, metrics_of(standing), "text/plain; version=0.0.4; charset=utf-8");
    if (path == "/capstan/v1/lead") return json_answer(json_of(standing));
    if (path == "/" && request.method == "GET") return plain(503, page_of(standing), "text/html; charset=utf-8");
    return error_answer_for(path, 503, Error{ErrorCode::kUnavailable, describe(standing), {}});
  }

  const std::function<StandingBy()> standing_;
  std::unique_ptr<HttpServer> http_;
};

}  // namespace

std::string describe(const StandingBy& standing) {
  const std::string trouble =
      standing.error.empty() ? "" : fmt::format("; the shared ledger cannot be asked now: {}", standing.error);
  if (standing.leader.empty()) return fmt::format("{} stands by; nobody leads yet{}", standing.node, trouble);
  if (standing.vacant) {
    return fmt::format("{} stands by; nobody leads at this moment, {} was the last{}", standing.node, standing.leader,
                       trouble);
  }
  return fmt::format("{} stands by; {} leads since {}{}{}", standing.node, standing.leader, format_time(standing.since),
                     standing.page.empty() ? "" : fmt::format(" ({})", standing.page), trouble);
}

Result<std::unique_ptr<StandByServer>> StandByServer::start(const ServerOptions& options,
                                                            std::function<StandingBy()> standing) {
  auto server = std::make_unique<Running>(std::move(standing));
  TRY(server->open(options));
  return server;
}

}  // namespace capstan::serve
