#include "serve/admission_server.h"

#include <fmt/format.h>

#include "base/log.h"
#include "serve/answer.h"

namespace capstan::serve {
namespace {

// An object has at most 1.5 MB in the store; a review holds it twice, as JSON, with its managed fields.
constexpr size_t kLargestReview = 16 << 20;
constexpr size_t kWorkers = 8;  // They wait for the picture most of the time.

class AdmissionHandler final : public HttpHandler {
 public:
  explicit AdmissionHandler(loop::Control& control) : control_(control) {}

  std::expected<size_t, HttpServerResponse> admit(const HttpServerRequest& head) override {
    const std::vector<std::string>& path = head.target.segments;
    if (path.size() != 2 || path[0] != "admission" || path[1].empty()) {
      return std::unexpected(refuse(404, "expected POST /admission/<cluster>"));
    }
    if (head.method != "POST") return std::unexpected(refuse(405, "expected POST"));
    return kLargestReview;
  }

  HttpServerResponse handle(const HttpServerRequest& request) override {
    const Result<Json> review = Json::parse(request.body);
    if (!review) return error_answer(review.error());
    const Result<Json> answer = control_.admit(request.target.segments[1], *review);
    return answer ? json_answer(*answer) : error_answer(answer.error());
  }

  HttpServerResponse refuse(int status, std::string_view message) override {
    return error_answer(status, {ErrorCode::kInvalidArgument, std::string(message), {}});
  }

 private:
  loop::Control& control_;
};

class RunningAdmissionServer final : public AdmissionServer {
 public:
  explicit RunningAdmissionServer(loop::Control& control) : handler_(control) {}
  ~RunningAdmissionServer() override { RunningAdmissionServer::stop(); }

  Status open(const std::string& listen, HttpServerTls tls) {
    HttpServerOptions options;
    options.listen = {listen};
    options.tls = tls_ = std::move(tls);
    options.workers = kWorkers;
    http_ = TRY(HttpServer::start(std::move(options), handler_));
    return {};
  }
  const std::string& address() const override { return http_->addresses().front(); }
  Status renew(const HttpServerTls& tls) override {
    if (tls == tls_) return {};
    TRY(http_->set_tls(tls));
    tls_ = tls;
    log::info("admission", "serves with another certificate from now on");
    return {};
  }
  void stop() override {
    if (http_) http_->stop();
  }

 private:
  AdmissionHandler handler_;
  HttpServerTls tls_;
  std::unique_ptr<HttpServer> http_;
};

}  // namespace

Result<std::unique_ptr<AdmissionServer>> AdmissionServer::start(const std::string& listen, HttpServerTls tls,
                                                                loop::Control& control) {
  auto server = std::make_unique<RunningAdmissionServer>(control);
  TRY(server->open(listen, std::move(tls)));
  return server;
}

}  // namespace capstan::serve
