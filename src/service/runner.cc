#include "service/runner.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>

#include "base/url.h"

namespace capstan::service {
namespace {

constexpr int kMostAttempts = 5;
constexpr Duration kFirstWait{500};
constexpr Duration kLongestWait{30'000};
constexpr size_t kMostItems = 100'000;

std::optional<std::string> header_of(const ServiceAnswer& answer, std::string_view name) {
  for (const auto& [key, value] : answer.headers) {
    const bool same = std::ranges::equal(key, name, [](char a, char b) { return std::tolower(a) == std::tolower(b); });
    if (same) return value;
  }
  return std::nullopt;
}

class Run {
 public:
  Run(Scope& scope, const Outside& outside, const std::stop_token& stop)
      : scope_(scope), outside_(outside), stop_(stop) {}

  Ran all(const Procedure& procedure) {
    ran_.status = steps(procedure);
    return ran_;
  }

 private:
  Status steps(const Procedure& procedure) {
    for (const Step& step : procedure) TRY(one(step));
    return {};
  }

  Status one(const Step& step) {
    if (step.when && !TRY(step.when->holds(scope_))) return {};
    if (step.over) return each(step);
    if (step.request.members().empty()) return take(step, ServiceAnswer());
    if (step.until) return wait(step);
    const ServiceAnswer answer = TRY(call(step));
    TRY(expected(step, answer));
    return take(step, answer);
  }

  Status each(const Step& step) {
    const Json list = scope_.read(*step.over, true);
    for (const Json& item : list.items()) {
      scope_.values.set(step.item_name, item);
      TRY(steps(step.steps));
    }
    return {};
  }

  Status wait(const Step& step) {
    const Duration deadline = outside_.clock->monotonic() + step.within;
    while (true) {
      const ServiceAnswer answer = TRY(call(step));
      note(answer);
      if (TRY(step.until->holds(scope_))) return take(step, answer);
      if (step.fails && TRY(step.fails->holds(scope_))) {
        return fail(ErrorCode::kFailedPrecondition, fmt::format("{}: {}", describe(step), step.fails->says()), step.at);
      }
      if (outside_.clock->monotonic() + step.every > deadline) {
        return fail(
            ErrorCode::kDeadlineExceeded,
            fmt::format("{}: not within {} that {}", describe(step), format_duration(step.within), step.until->says()),
            step.at);
      }
      TRY(pause(step.every));
    }
  }

  Status pause(Duration time) {
    if (outside_.pause(time, stop_)) return {};
    return fail(ErrorCode::kCancelled, "cancelled while waiting");
  }

  std::string describe(const Step& step) const {
    const std::shared_ptr<ServiceCaller> caller = outside_.caller(step.service);
    return fmt::format("{} {}", step.service, caller ? caller->describe(step.request) : "");
  }

  Result<ServiceAnswer> call(const Step& step) {
    const std::shared_ptr<ServiceCaller> caller = outside_.caller(step.service);
    if (!caller) {
      return fail(ErrorCode::kFailedPrecondition,
                  fmt::format("the service '{}' is not set up: settings need it below 'services:'", step.service));
    }
    const ServiceCall request{.request = TRY(fill(step.request, *caller)),
                              .login = step.login,
                              .parameters = TRY(fill_templates(step.login_with, scope_)),
                              .fresh = step.fresh,
                              .collect = step.collect};
    const bool changes = caller->changes(step.request);
    const bool again = !changes || caller->repeatable(step.request);
    Duration next = kFirstWait;
    if (changes) ran_.uncertain = false;
    for (int attempt = 1;; ++attempt) {
      if (stop_.stop_requested()) return fail(ErrorCode::kCancelled, "cancelled");
      Result<ServiceAnswer> answer = caller->call(request, stop_);
      const bool not_acted_on = answer ? answer->may_retry : answer.error().code == ErrorCode::kUnavailable;
      const bool lost =
          answer ? answer->status >= 500
                 : answer.error().code == ErrorCode::kDeadlineExceeded || answer.error().code == ErrorCode::kCorrupt;
      const bool retry = attempt < kMostAttempts && (not_acted_on || (lost && again));
      if (changes && !not_acted_on) note_change(answer);
      if (!retry) {
        if (!answer) return during(describe(step), std::move(answer));
        return answer;
      }
      Duration asked = next;
      if (answer) asked = std::max(asked, retry_after(*answer));
      TRY(pause(std::min(asked, kLongestWait) + Duration(outside_.random->below(250))));
      next = std::min(next * 2, kLongestWait);
    }
  }

  // Secrets go into the request, and only there.
  Result<Json> fill(const Json& request, const ServiceCaller& caller) const {
    Json filled = Json::object();
    for (const auto& [key, member] : request.members()) {
      Json value = TRY(fill_templates(member, scope_, caller.encodes(key) ? percent_encode : nullptr));
      if (!value.is_null()) filled.set(key, std::move(value));
    }
    return filled;
  }

  // A refusal says nothing of an earlier attempt whose answer was lost.
  void note_change(const Result<ServiceAnswer>& answer) {
    if (answer && answer->ok()) {
      ran_.changed = true;
      ran_.uncertain = false;
      return;
    }
    const bool sent = !answer && answer.error().code != ErrorCode::kInvalidArgument &&
                      answer.error().code != ErrorCode::kFailedPrecondition &&
                      answer.error().code != ErrorCode::kUnauthenticated;
    ran_.uncertain = ran_.uncertain || sent || (answer && answer->status >= 500);
  }

  static Duration retry_after(const ServiceAnswer& answer) {
    const std::optional<std::string> header = header_of(answer, "retry-after");
    if (!header) return Duration(0);
    const Result<Duration> seconds = parse_duration(*header + "s");
    return seconds.value_or(Duration(0));
  }

  Status expected(const Step& step, const ServiceAnswer& answer) {
    const bool fine =
        step.expect.empty() ? answer.ok() : std::ranges::find(step.expect, answer.status) != step.expect.end();
    if (fine) return {};
    const std::shared_ptr<ServiceCaller> caller = outside_.caller(step.service);
    const ErrorCode code = answer.status == 404   ? ErrorCode::kNotFound
                           : answer.status == 401 ? ErrorCode::kUnauthenticated
                           : answer.status == 403 ? ErrorCode::kPermissionDenied
                           : answer.status == 409 ? ErrorCode::kFailedPrecondition
                           : answer.status >= 500 ? ErrorCode::kUnavailable
                                                  : ErrorCode::kInvalidArgument;
    return fail(code, fmt::format("{}: {}", describe(step), caller->explain(answer)), step.at);
  }

  void note(const ServiceAnswer& answer) {
    scope_.values.set("answer", Json::object({{"status", answer.status}, {"body", answer.body}}));
  }

  Status take(const Step& step, const ServiceAnswer& answer) {
    if (answer.status != 0) note(answer);
    for (const Take& each : step.takes) scope_.values.set(each.name, TRY(value_of(each, answer)));
    if (step.gather) TRY(gather(*step.gather));
    return {};
  }

  Result<Json> value_of(const Take& take, const ServiceAnswer& answer) const {
    if (take.value) return fill_templates(*take.value, scope_);
    if (!take.header.empty() || take.pattern) {
      const std::optional<std::string> text =
          take.header.empty() ? std::optional(answer.text) : header_of(answer, take.header);
      if (!text) return Json();
      if (!take.pattern) return Json(*text);
      std::string group;
      return re2::RE2::PartialMatch(*text, *take.pattern, &group) ? Json(group) : Json();
    }
    const Json found = scope_.read(take.place, false);
    if (!take.where) return found;
    for (const Json& item : found.items()) {
      if (TRY(take.where->holds_for(item, scope_))) return item;
    }
    return Json();
  }

  Status gather(const Gather& gather) {
    Json found = scope_.read(gather.place, false);
    if (found.is_object()) found = Json::array({std::move(found)});
    Json& list = scope_.values.mutable_members()[gather.into];
    if (!list.is_array()) list = Json::Array();
    for (const Json& item : found.items()) {
      if (list.items().size() >= kMostItems)
        return fail(ErrorCode::kResourceExhausted, fmt::format("more than {} items", kMostItems));
      Json whole = item;
      for (const auto& [key, value] : gather.add.members()) whole.set(key, TRY(fill_templates(value, scope_)));
      list.push_back(std::move(whole));
    }
    return {};
  }

  Scope& scope_;
  const Outside& outside_;
  const std::stop_token& stop_;
  Ran ran_;
};

}  // namespace

Ran run_procedure(const Procedure& procedure, Scope& scope, const Outside& outside, const std::stop_token& stop) {
  return Run(scope, outside, stop).all(procedure);
}

}  // namespace capstan::service
