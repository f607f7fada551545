#include "connect/rest/rest_session.h"

#include <fmt/format.h>

#include <algorithm>

namespace capstan::rest {
namespace {

constexpr Duration kRefusedFor{60'000};

}  // namespace

struct RestSession::Ticket {
  HttpHeaders headers;
  std::string username;
  std::string password;
  Duration good_until{0};  // Monotonic; 0 for as long as the service takes it.
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
  const std::string method = method_of(request);
  const std::string path = request[method].string_or_empty();
  const Time now = parts_.outside.clock->now();
  if (ticket) {
    http.headers.insert(http.headers.end(), ticket->headers.begin(), ticket->headers.end());
    http.username = ticket->username;
    http.password = ticket->password;
  }
  {
    const std::lock_guard lock(mutex_);
    if (const std::string cookies = cookies_.header(path, now); !cookies.empty())
      http.headers.emplace_back("Cookie", cookies);
  }
  HttpResponse response = TRY(parts_.http.send(http, stop));
  {
    const std::lock_guard lock(mutex_);
    cookies_.take(response.headers, now);
  }
  return read_answer(std::move(response));
}

Result<std::shared_ptr<const RestSession::Ticket>> RestSession::log_in(const std::stop_token& stop) {
  {
    const std::lock_guard lock(mutex_);
    cookies_ = CookieJar();
  }
  service::Scope known = TRY(scope());
  const std::shared_ptr<ServiceCaller> bare = std::make_shared<Bare>(*this);
  service::Outside outside = parts_.outside;
  outside.caller = [&](std::string_view name) { return name == parts_.spec.name ? bare : parts_.outside.caller(name); };
  const service::Ran ran = service::run_procedure(login_.steps, known, outside, stop);
  if (!ran.status)
    return during(fmt::format("logging in as '{}'", login_.name),
                  Result<std::shared_ptr<const Ticket>>(fail(ran.status.error())));
  auto ticket = std::make_shared<Ticket>();
  for (const auto& [name, value] : login_.send)
    ticket->headers.emplace_back(name, TRY(value.fill(known)).string_or_empty());
  if (login_.basic) {
    ticket->username = TRY(login_.basic->first.fill(known)).string_or_empty();
    ticket->password = TRY(login_.basic->second.fill(known)).string_or_empty();
  }
  if (login_.lasts) {
    const Json value = TRY(login_.lasts->fill(known));
    const Duration lasts = value.is_number() ? Duration(static_cast<int64_t>(value.number_or(0) * 1000))
                                             : TRY(parse_duration(value.string_or_empty()));
    // A tenth early: the service's clock counts, and the call takes its time.
    ticket->good_until = parts_.outside.clock->monotonic() + lasts * 9 / 10;
  }
  return std::shared_ptr<const Ticket>(std::move(ticket));
}

Result<std::shared_ptr<const RestSession::Ticket>> RestSession::ticket(const std::stop_token& stop,
                                                                       const Ticket* worn_out) {
  const std::lock_guard one_at_a_time(logging_in_);
  const Duration now = parts_.outside.clock->monotonic();
  {
    const std::lock_guard lock(mutex_);
    const bool good =
        ticket_ && ticket_.get() != worn_out && (ticket_->good_until == Duration(0) || now < ticket_->good_until);
    if (good) return ticket_;
    if (refused_ && now < refused_until_) return fail(*refused_);
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

Result<ServiceAnswer> RestSession::call(const Json& request, const std::stop_token& stop) {
  std::shared_ptr<const Ticket> ticket = TRY(this->ticket(stop, nullptr));
  Result<ServiceAnswer> answer = send(request, ticket.get(), stop);
  const bool over = answer && std::ranges::find(login_.expired, answer->status) != login_.expired.end();
  if (!over || login_.steps.empty()) return answer;
  // What is refused for want of a session was not acted on.
  ticket = TRY(this->ticket(stop, ticket.get()));
  return send(request, ticket.get(), stop);
}

}  // namespace capstan::rest
