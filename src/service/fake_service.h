// A service for tests: a function answers, and every call is kept.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "model/service_call.h"
#include "service/runner.h"

namespace capstan::service {

class FakeService final : public ServiceCaller {
 public:
  using Answer = std::function<Result<ServiceAnswer>(const ServiceCall&)>;
  explicit FakeService(Answer answer) : answer_(std::move(answer)) {}

  Status check(const Json& request) const override {
    if (request.contains("get") || request.contains("post") || request.contains("put")) return {};
    return fail(ErrorCode::kInvalidArgument, "a step needs get, post or put");
  }
  bool changes(const Json& request) const override { return !request.contains("get"); }
  bool repeatable(const Json& request) const override { return request.contains("put"); }
  bool encodes(std::string_view) const override { return false; }
  std::string describe(const Json& request) const override { return request.dump(); }
  Result<ServiceAnswer> call(const ServiceCall& call, const std::stop_token&) override {
    calls.push_back(call);
    return answer_(call);
  }
  std::string explain(const ServiceAnswer& answer) const override { return std::to_string(answer.status); }

  std::vector<ServiceCall> calls;

 private:
  Answer answer_;
};

// Waits by moving the clock.
struct FakeOutside {
  explicit FakeOutside(FakeService::Answer answer) : service(std::make_shared<FakeService>(std::move(answer))) {
    outside.caller = [this](std::string_view name) -> std::shared_ptr<ServiceCaller> {
      return name == "shop" ? service : nullptr;
    };
    outside.clock = &clock;
    outside.random = &random;
    outside.pause = [this](Duration time, const std::stop_token&) {
      clock.advance(time);
      return true;
    };
  }

  struct Zeroes final : Random {
    void fill(std::span<std::byte> bytes) override { std::ranges::fill(bytes, std::byte(0)); }
  };
  VirtualClock clock{from_unix_ms(1'767'000'000'000)};
  Zeroes random;
  std::shared_ptr<FakeService> service;
  Outside outside;
};

inline ServiceAnswer answer(int status, std::string_view body = "{}") {
  return {.status = status, .body = *Json::parse(body), .text = std::string(body), .headers = {}};
}

}  // namespace capstan::service
