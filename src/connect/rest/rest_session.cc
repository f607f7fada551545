#include "connect/rest/rest_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>

namespace capstan::rest {
namespace {

constexpr Duration kRefusedFor{60'000};
constexpr double kLongestSeconds = 400.0 * 24 * 3600;

// Seconds as a number or, as some services write them, as a text; or a duration.
Result<Duration> read_lasts(const Json& value) {
  const std::string& text = value.string_or_empty();
  const bool is_count = !text.empty() && text.size() < 12 && text.find_first_not_of("0123456789") == std::string::npos;
  if (!value.is_number() && !is_count) return parse_duration(text);
  const double seconds = is_count ? std::stod(text) : value.number_or(0);
  return Duration(static_cast<int64_t>(std::clamp(seconds, 0.0, kLongestSeconds) * 1000));
}

bool reads_only(const Json& request) {
  const std::string method = method_of(request);
  return method == "get" || method == "head";
}

}  // namespace

struct RestSession::Ticket {
  HttpHeaders headers;
  std::string username;
  std::string password;
  std::optional<Duration> good_until;  // Monotonic; nothing: as long as the service takes it.
  Json took;                           // What the steps took, for the next refresh.
  bool is_refreshed = false;
};

class RestSession::Bare final : public ServiceCaller {
 public:
  explicit Bare(RestSession& session) : session_(session) {}
  Status check(const Json& request) const override { return check_request(request); }
  bool changes(const Json&) const override { return false; }  // A login may be tried again: it takes the last.
  bool repeatable(const Json&) const override { return true; }
  bool encodes(std::string_view member) const override { return is_method(member); }
  std::string describe(const Json& request) const override { return rest::describe(request); }
  Result<ServiceAnswer> call(const ServiceCall& call, const std::stop_token& stop) override {
    return session_.send(call.request, nullptr, stop);
  }
  std::string explain(const ServiceAnswer& answer) const override {
    return rest::explain(session_.parts_.spec, answer);
  }

 private:
  RestSession& session_;
};

Result<service::Scope> RestSession::scope() const {
  service::Scope scope;
  Json settings = Json::object();
  Json secrets = Json::object();
  for (const auto& [name, value] : parts_.settings.members()) {
    if (is_secret_reference(value.string_or_empty())) {
      const Secret secret = TRY(during(fmt::format("the setting '{}' of the service '{}'", name, parts_.spec.name),
                                       parts_.outside.secrets->get(value.string_or_empty())));
      secrets.set(name, secret.reveal());
    } else {
      settings.set(name, value);
    }
  }
  scope.values.set("settings", std::move(settings));
  scope.secrets.set("settings", std::move(secrets));
  for (const auto& [name, value] : parameters_.members()) scope.secrets.set(name, value);
  return scope;
}

Result<ServiceAnswer> RestSession::send(const Json& request, const Ticket* ticket, const std::stop_token& stop) {
  HttpRequest http = TRY(make_request(parts_.endpoint, parts_.spec, request));
  const Time now = parts_.outside.clock->now();
  if (ticket) {
    http.headers.insert(http.headers.end(), ticket->headers.begin(), ticket->headers.end());
    if (http.username.empty()) {
      http.username = ticket->username;
      http.password = ticket->password;
    }
  }
  {
    const std::lock_guard lock(mutex_);
    if (const std::string cookies = cookies_.header(http.url, now); !cookies.empty())
      http.headers.emplace_back("Cookie", cookies);
  }
  const Pace::Turn turn = TRY(parts_.pace.take(stop));
  HttpResponse response = TRY(parts_.http.send(http, stop));
  {
    const std::lock_guard lock(mutex_);
    cookies_.take(response.headers, http.url, now);
  }
  return read_answer(parts_.spec, std::move(response));
}

Status RestSession::run(const service::Procedure& steps, service::Scope& known, const std::stop_token& stop) {
  const std::shared_ptr<ServiceCaller> bare = std::make_shared<Bare>(*this);
  service::Outside outside = parts_.outside;
  outside.caller = [&](std::string_view name) { return name == parts_.spec.name ? bare : parts_.outside.caller(name); };
  return service::run_procedure(steps, known, outside, stop).status;
}

Result<std::shared_ptr<const RestSession::Ticket>> RestSession::log_in(const std::stop_token& stop) {
  {
    const std::lock_guard lock(mutex_);
    cookies_ = CookieJar();
  }
  service::Scope known = TRY(scope());
  TRY(during(fmt::format("logging in as '{}'", login_.name), run(login_.steps, known, stop)));
  return make_ticket(std::move(known), false);
}

std::shared_ptr<const RestSession::Ticket> RestSession::refresh(const Ticket& old, const std::stop_token& stop) {
  Result<service::Scope> known = scope();
  if (!known) return nullptr;
  for (const auto& [name, value] : old.took.members()) known->values.set(name, value);
  if (!run(login_.refresh, *known, stop)) return nullptr;
  return make_ticket(std::move(*known), true).value_or(nullptr);
}

Result<std::shared_ptr<const RestSession::Ticket>> RestSession::make_ticket(service::Scope known,
                                                                            bool is_refreshed) const {
  auto ticket = std::make_shared<Ticket>();
  ticket->is_refreshed = is_refreshed;
  for (const auto& [name, value] : login_.send)
    ticket->headers.emplace_back(name, TRY(value.fill(known)).string_or_empty());
  if (login_.basic) {
    ticket->username = TRY(login_.basic->first.fill(known)).string_or_empty();
    ticket->password = TRY(login_.basic->second.fill(known)).string_or_empty();
  }
  if (login_.lasts) {
    // A tenth early: the service's clock counts, and the call takes its time.
    ticket->good_until = parts_.outside.clock->monotonic() + TRY(read_lasts(TRY(login_.lasts->fill(known)))) * 9 / 10;
  }
  if (!login_.refresh.empty()) {
    ticket->took = std::move(known.values);
    for (const char* ours : {"settings", "answer"}) ticket->took.mutable_members().erase(ours);
  }
  return std::shared_ptr<const Ticket>(std::move(ticket));
}

Result<std::shared_ptr<const RestSession::Ticket>> RestSession::ticket(const std::stop_token& stop,
                                                                       const Ticket* worn_out) {
  const std::lock_guard one_at_a_time(logging_in_);
  const Duration now = parts_.outside.clock->monotonic();
  std::shared_ptr<const Ticket> old;
  {
    const std::lock_guard lock(mutex_);
    const bool good = ticket_ && ticket_.get() != worn_out && (!ticket_->good_until || now < *ticket_->good_until);
    if (good) return ticket_;
    if (refused_ && now < refused_until_) return fail(*refused_);
    old = ticket_;
  }
  // What a refresh brought and the service does not take is not refreshed once more.
  const bool may_refresh = old && !login_.refresh.empty() && !(old.get() == worn_out && old->is_refreshed);
  if (may_refresh) {
    if (std::shared_ptr<const Ticket> fresh = refresh(*old, stop)) {
      const std::lock_guard lock(mutex_);
      ticket_ = fresh;
      return fresh;
    }
  }
  auto fresh = log_in(stop);
  const std::lock_guard lock(mutex_);
  refused_.reset();
  if (!fresh) {
    const ErrorCode code = fresh.error().code;
    const bool said_no = code == ErrorCode::kUnauthenticated || code == ErrorCode::kPermissionDenied ||
                         code == ErrorCode::kInvalidArgument || code == ErrorCode::kFailedPrecondition;
    if (said_no) {
      refused_ = fresh.error();
      refused_until_ = now + kRefusedFor;
    }
    // Nothing of the call itself has gone out.
    if (code != ErrorCode::kCancelled && !said_no) fresh.error().code = ErrorCode::kUnavailable;
    return fail(fresh.error());
  }
  ticket_ = *fresh;
  return fresh;
}

RestSession::Heard RestSession::judge(const Json& request, const ServiceAnswer& answer, bool reads_text) const {
  if (std::ranges::find(login_.expired, answer.status) != login_.expired.end()) return Heard::kOver;
  const bool is_page = answer.ok() && is_html(answer) && !reads_text && !wants_html(request);
  if (!is_page) return Heard::kFine;
  // Nobody knows what became of a change to which a page is the answer: it is not sent again.
  return reads_only(request) ? Heard::kOver : Heard::kNonsense;
}

Result<ServiceAnswer> RestSession::call(const Json& request, bool reads_text, const std::stop_token& stop) {
  std::shared_ptr<const Ticket> ticket = TRY(this->ticket(stop, nullptr));
  Result<ServiceAnswer> answer = send(request, ticket.get(), stop);
  // What is refused for want of a session was not acted on. A refreshed one may not be enough.
  const int renewals = login_.steps.empty() ? 0 : login_.refresh.empty() ? 1 : 2;
  for (int i = 0; i < renewals && answer && judge(request, *answer, reads_text) == Heard::kOver; ++i) {
    ticket = TRY(this->ticket(stop, ticket.get()));
    answer = send(request, ticket.get(), stop);
  }
  if (!answer || !answer->ok() || judge(request, *answer, reads_text) == Heard::kFine) return answer;
  {
    const std::lock_guard lock(mutex_);
    if (ticket_ == ticket) ticket_ = nullptr;  // It may be a login's form: the next call logs in.
  }
  return fail(ErrorCode::kCorrupt,
              "a page of HTML came in place of an answer: does 'url' lead to the API, and is the session over?");
}

}  // namespace capstan::rest
