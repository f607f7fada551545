// A running server with a fake Control behind it, and a client: for the tests of this folder.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/http_client.h"
#include "base/json.h"
#include "serve/fake_control.h"
#include "serve/server.h"

namespace capstan::serve {

inline constexpr std::string_view kPassword = "correct horse battery";

class ServerFixture : public testing::Test {
 protected:
  void SetUp() override {
    start_crypto();
    char pattern[] = "/tmp/capstan-serve-XXXXXX";
    directory_ = ::mkdtemp(pattern);
  }
  void TearDown() override {
    server_.reset();
    std::filesystem::remove_all(directory_);
  }

  // A server starts when it is first needed, so that a test can change the options before.
  Server& server() {
    if (!server_) server_ = start();
    return *server_;
  }
  std::unique_ptr<Server> start() {
    options_.data_directory = directory_;
    options_.listen = {"127.0.0.1:0"};
    options_.version = "1.2.3";
    return Server::start(options_, control_, hooks_, clock_, random_).value();
  }
  void restart() {
    server_.reset();
    server_ = start();
  }

  HttpResponse send(std::string_view method, std::string_view path, HttpHeaders headers = {}, std::string body = "") {
    HttpRequest request;
    request.method = method;
    request.url = "http://" + server().address() + std::string(path);
    request.headers = std::move(headers);
    request.body = std::move(body);
    request.timeout = std::chrono::minutes(1);  // Hashing a password takes seconds on a machine that is busy.
    auto response = client_.send(request);
    EXPECT_TRUE(response) << response.error().to_string();
    return response ? *response : HttpResponse{};
  }
  HttpResponse get(std::string_view path, HttpHeaders headers = {}) { return send("GET", path, std::move(headers)); }
  HttpResponse post(std::string_view path, const Json& body, HttpHeaders headers = {}) {
    headers.emplace_back("Content-Type", "application/json");
    return send("POST", path, std::move(headers), body.dump());
  }

  static Json json(const HttpResponse& response) { return Json::parse(response.body).value_or(Json()); }
  static std::string message(const HttpResponse& response) {
    return json(response)["error"]["message"].string_or_empty();
  }
  static std::string code(const HttpResponse& response) { return json(response)["error"]["code"].string_or_empty(); }
  static HttpHeaders bearer(std::string_view token) { return {{"Authorization", "Bearer " + std::string(token)}}; }
  // "capstan_session=…" of an answer that logs in.
  static std::string cookie(const HttpResponse& response) {
    const std::string_view header = response.header("Set-Cookie");
    return std::string(header.substr(0, header.find(';')));
  }

  // Makes the first administrator, "alice", and returns her cookie.
  std::string set_up() {
    const HttpResponse response =
        post("/capstan/v1/setup",
             Json::object({{"token", server().setup_token()}, {"user", "alice"}, {"password", kPassword}}));
    EXPECT_EQ(response.status, 200) << response.body;
    return cookie(response);
  }
  HttpResponse log_in(std::string_view user, std::string_view password = kPassword) {
    return post("/capstan/v1/login", Json::object({{"user", user}, {"password", password}}));
  }
  // What a page of ours sends with the cookie of a session.
  static HttpHeaders page(std::string_view cookie) { return {{"Cookie", std::string(cookie)}, {"X-Capstan", "1"}}; }
  std::string make_token(std::string_view admin_cookie, std::string_view name, std::string_view role) {
    const HttpResponse response =
        post("/capstan/v1/tokens", Json::object({{"name", name}, {"role", role}}), page(admin_cookie));
    EXPECT_EQ(response.status, 200) << response.body;
    return json(response)["token"].string_or_empty();
  }

  std::filesystem::path directory_;
  VirtualClock clock_{from_unix_ms(1'800'000'000'000)};
  SystemRandom random_;
  FakeControl control_;
  ServerOptions options_;
  ServerHooks hooks_;
  CurlHttpClient client_;
  std::unique_ptr<Server> server_;
};

}  // namespace capstan::serve
