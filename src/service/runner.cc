#include "service/runner.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>

#include "base/http_date.h"
#include "base/url.h"

namespace capstan::service {
namespace {

constexpr int kMostAttempts = 5;
constexpr Duration kFirstWait{500};
constexpr Duration kLongestWait{30'000};
constexpr Duration kLongestAsked{120'000};  // By the service.
constexpr size_t kMostItems = 100'000;

std::optional<std::string> header_of(const ServiceAnswer& answer, std::string_view name) {
  for (const auto& [key, value] : answer.headers) {
    const bool same = std::ranges::equal(key, name, [](char a, char b) { return std::tolower(a) == std::tolower(b); });
    if (same) return value;
  }
  return std::nullopt;
}

constexpr std::string_view kAnswer = "answer.body";  // Where '$' lies in the scope.

// As the description has it: "$.items".
std::string place_text(const JsonPath& place) {
  const std::string& text = place.text();
  return text.starts_with(kAnswer) ? "$" + text.substr(kAnswer.size()) : text;
}

// Nonsense in place of a list is no empty list: what it should have named would seem gone.
std::unexpected<Error> no_list(const JsonPath& place, const Where& at) {
  return fail(ErrorCode::kCorrupt, fmt::format("expected a list at {}, found none", place_text(place)), at);
}

bool is_expected(const Step& step, const ServiceAnswer& answer) {
  return step.expect.empty() ? answer.ok() : std::ranges::find(step.expect, answer.status) != step.expect.end();
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
    if (!list.is_array()) return no_list(*step.over, step.at);
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
    const ServiceCall request{
        .request = TRY(fill(step.request, *caller)),
        .login = step.login,
        .parameters = TRY(fill_templates(step.login_with, scope_)),
        .fresh = step.fresh,
        .reads_text = std::ranges::any_of(step.takes, [](const Take& t) { return t.pattern && t.header.empty(); }),
        .collect = step.collect};
    const bool changes = caller->changes(step.request);
    const bool again = !changes || caller->repeatable(step.request);
    Duration next = kFirstWait;
    bool in_doubt = false;  // An earlier attempt may have been acted on, and no later one can tell.
    for (int attempt = 1;; ++attempt) {
      if (stop_.stop_requested()) return fail(ErrorCode::kCancelled, "cancelled");
      Result<ServiceAnswer> answer = caller->call(request, stop_);
      const bool not_acted_on = answer ? answer->may_retry : answer.error().code == ErrorCode::kUnavailable;
      const bool lost =
          answer ? answer->status >= 500
                 : answer.error().code == ErrorCode::kDeadlineExceeded || answer.error().code == ErrorCode::kCorrupt;
      const bool retry = attempt < kMostAttempts && (not_acted_on || (lost && again));
      if (!retry) {
        if (changes) note_change(step, answer, not_acted_on, in_doubt);
        if (!answer) return during(describe(step), std::move(answer));
        return answer;
      }
      in_doubt |= changes && lost;
      if (in_doubt) ran_.uncertain = true;  // Also where nobody waits for the next attempt.
      const Duration asked = answer ? std::min(retry_after(*answer), kLongestAsked) : Duration(0);
      TRY(pause(std::max(asked, next) + Duration(outside_.random->below(250))));
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

  void note_change(const Step& step, const Result<ServiceAnswer>& answer, bool not_acted_on, bool in_doubt) {
    ran_.uncertain = false;
    if (answer && (answer->ok() || (in_doubt && is_expected(step, *answer)))) {
      ran_.changed = true;
      return;
    }
    const auto never_sent = [](ErrorCode code) {
      return code == ErrorCode::kInvalidArgument || code == ErrorCode::kFailedPrecondition ||
             code == ErrorCode::kUnauthenticated || code == ErrorCode::kPermissionDenied;
    };
    const bool open = answer ? answer->status >= 500 : !never_sent(answer.error().code);
    ran_.uncertain = in_doubt || (open && !not_acted_on);
  }

  // Seconds, or a date.
  Duration retry_after(const ServiceAnswer& answer) const {
    const std::optional<std::string> header = header_of(answer, "retry-after");
    if (!header) return Duration(0);
    if (const auto date = read_http_date(*header)) return *date - outside_.clock->now();
    return parse_duration(*header + "s").value_or(Duration(0));
  }

  Status expected(const Step& step, const ServiceAnswer& answer) {
    if (is_expected(step, answer)) return {};
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
    for (const Take& each : step.takes) scope_.values.set(each.name, TRY(value_of(each, answer, step.at)));
    return step.gather ? gather(*step.gather, answer, step.at) : Status();
  }

  Result<Json> value_of(const Take& take, const ServiceAnswer& answer, const Where& at) const {
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
    if (!found.is_array() && answer.ok()) return no_list(take.place, at);
    for (const Json& item : found.items()) {
      if (TRY(take.where->holds_for(item, scope_))) return item;
    }
    return Json();
  }

  Status gather(const Gather& gather, const ServiceAnswer& answer, const Where& at) {
    Json& list = scope_.values.mutable_members()[gather.into];
    if (!list.is_array()) list = Json::Array();
    // What an expected refusal says is no item.
    const bool refused = answer.status != 0 && !answer.ok();
    if (refused && gather.place.text().starts_with(kAnswer)) return {};
    Json found = scope_.read(gather.place, false);
    if (found.is_object()) found = Json::array({std::move(found)});
    if (!found.is_array()) return no_list(gather.place, at);
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
