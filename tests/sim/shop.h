// The counterpart of a described service, behind the exchange of HTTP: it holds the world's things, and does with
// requests all that services and networks do to them: lost and half answers, 429 and 500, sessions that are over,
// requests that arrive twice, things that are shown late.
//
//   POST   /login {key}                          {token}
//   GET    /things/ID/fields/FIELD               {value}
//   PUT    /things/ID/fields/FIELD {value}
//   POST   /things/ID/bumps                      counts up; once for each Idempotency-Key where there is one
//   GET    /things/ID/bumps/ACTION               200 or 404, a while after it happened
//   DELETE /things/ID/bumps/ACTION               counts down again
//   POST   /things/ID/kill
#pragma once

#include <map>
#include <set>
#include <string>

#include "base/http_client.h"
#include "base/random.h"
#include "sim/world.h"

namespace capstan::sim {

class Shop final : public HttpClient {
 public:
  // All outlive it.
  Shop(World& world, const Clock& clock, Random& random) : world_(world), clock_(clock), random_(random) {}

  using HttpClient::send;
  Result<HttpResponse> send(const HttpRequest& request, const std::stop_token& stop) override;

  // Nothing is shown.
  bool blind = false;

 private:
  struct Asked;
  Result<HttpResponse> look(const Asked& asked);
  Result<HttpResponse> change(const Asked& asked);
  HttpResponse log_in();
  HttpResponse slow_down(int status);
  HttpResponse show(const Asked& asked) const;
  HttpResponse act(const Asked& asked);
  HttpResponse bump(const Asked& asked);
  std::unexpected<Error> no_answer();
  bool chance(uint64_t percent) { return random_.below(100) < percent; }

  World& world_;
  const Clock& clock_;
  Random& random_;
  uint64_t logins_ = 0;
  uint64_t oldest_session_ = 1;
  std::map<std::string, Duration> bumps_;  // By action: since when it is shown (monotonic).
  std::set<std::string> keys_;
};

}  // namespace capstan::sim
