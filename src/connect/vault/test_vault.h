// A Vault for tests: answers by method and path, in turn, and keeps what it was asked.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/fake_http_client.h"
#include "connect/vault/vault_session.h"

namespace capstan::vault {

// References to secrets by a table.
class FakeReferences final : public SecretStore {
 public:
  std::map<std::string, std::string, std::less<>> values;

  Result<Secret> get(std::string_view reference) const override {
    const auto found = values.find(reference);
    if (found == values.end()) return fail(ErrorCode::kNotFound, "no such reference");
    return Secret(found->second);
  }
};

struct TestVault {
  // The last answer to a call stays.
  void says(const std::string& call, int status, std::string body) {
    answers[call].push_back({status, std::move(body)});
  }
  void forgets(const std::string& call) { answers.erase(call); }

  // "POST auth/approle/login", in the order of the calls.
  std::vector<std::string> calls() const {
    std::vector<std::string> all;
    for (const HttpRequest& request : http.requests()) all.push_back(call_of(request));
    return all;
  }
  size_t count(const std::string& call) const {
    const std::vector<std::string> all = calls();
    return static_cast<size_t>(std::ranges::count(all, call));
  }
  std::string last_body() const { return http.requests().back().body; }
  std::string header(size_t request, std::string_view name) const {
    for (const auto& [key, value] : http.requests()[request].headers) {
      if (key == name) return value;
    }
    return "";
  }

  static std::string call_of(const HttpRequest& request) {
    return request.method + " " + request.url.substr(std::string_view("https://vault.test:8200/v1/").size());
  }

  struct Said {
    int status;
    std::string body;
  };
  std::map<std::string, std::deque<Said>> answers;
  std::set<std::string> heard;
  FakeHttpClient http{[this](const HttpRequest& request) -> Result<HttpResponse> {
    const auto found = answers.find(call_of(request));
    if (found == answers.end()) return HttpResponse{.status = 404, .headers = {}, .body = R"({"errors":[]})"};
    const Said said = found->second.front();
    if (found->second.size() > 1) found->second.pop_front();
    if (said.status == 0) return fail(ErrorCode::kUnavailable, said.body);
    return HttpResponse{.status = said.status, .headers = {}, .body = said.body};
  }};
  VaultSettings settings{.address = "https://vault.test:8200", .name_space = "team", .auth = {}};
  VaultClient client{settings, http, [this](std::string_view secret) { heard.emplace(secret); }};
  FakeReferences references;
  VirtualClock clock{from_unix_ms(0)};
};

}  // namespace capstan::vault
