// One login at one service: its cookies, what its steps took, and until when it is good.
#pragma once

#include <memory>
#include <mutex>
#include <stop_token>

#include "connect/rest/cookie_jar.h"
#include "connect/rest/exchange.h"
#include "connect/rest/pace.h"
#include "service/runner.h"

namespace capstan::rest {

// What sessions of one service share. Outlives them.
struct SessionParts {
  const RestSpec& spec;
  Endpoint endpoint;
  Json settings;  // The service's own; references to secrets as they are written.
  HttpClient& http;
  Pace& pace;
  const service::Outside& outside;
};

// Thread-safe: several calls may go out at once, and one of them logs in for all.
class RestSession {
 public:
  // `parameters` are what the login takes.
  RestSession(const SessionParts& parts, const Login& login, Json parameters)
      : parts_(parts), login_(login), parameters_(std::move(parameters)) {}

  // Logs in where that is necessary, sends, and logs in again where the service says that the session is over, by a
  // status or, to what changes nothing, by a page for people. kCorrupt where such a page is all there is;
  // `reads_text`: a page is what is wanted.
  Result<ServiceAnswer> call(const Json& request, bool reads_text, const std::stop_token& stop);

 private:
  struct Ticket;
  class Bare;  // Calls of the login's steps: with the cookies, without the login.

  // What an answer means for the session.
  enum class Heard { kFine, kOver, kNonsense };
  Heard judge(const Json& request, const ServiceAnswer& answer, bool reads_text) const;

  Result<std::shared_ptr<const Ticket>> ticket(const std::stop_token& stop, const Ticket* worn_out);
  Result<std::shared_ptr<const Ticket>> log_in(const std::stop_token& stop);
  // Goes on from an old ticket; nothing where the service wants the whole login.
  std::shared_ptr<const Ticket> refresh(const Ticket& old, const std::stop_token& stop);
  Status run(const service::Procedure& steps, service::Scope& known, const std::stop_token& stop);
  Result<std::shared_ptr<const Ticket>> make_ticket(service::Scope known, bool is_refreshed) const;
  Result<ServiceAnswer> send(const Json& request, const Ticket* ticket, const std::stop_token& stop);
  Result<service::Scope> scope() const;

  const SessionParts& parts_;
  const Login& login_;
  Json parameters_;
  std::mutex logging_in_;
  std::mutex mutex_;  // For those below.
  CookieJar cookies_;
  std::shared_ptr<const Ticket> ticket_;
  std::optional<Error> refused_;  // The service said no: asking again with the same would lock the account.
  Duration refused_until_{0};     // Monotonic.
};

}  // namespace capstan::rest
