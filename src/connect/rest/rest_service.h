// A service that a pack describes, reached by HTTP: sessions, pages, limits.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "connect/rest/rest_session.h"
#include "model/service_call.h"

namespace capstan::rest {

// Thread-safe. `http` and `outside` must outlive it.
class RestService final : public ServiceCaller {
 public:
  // `settings` are the keys below `services: NAME:`: url, what the description needs, and ca_file, proxy, insecure.
  // Errors name the key that is missing.
  static Result<std::unique_ptr<RestService>> create(RestSpec spec, const Json& settings, HttpClient& http,
                                                     const service::Outside& outside);

  Status check(const Json& request) const override { return check_request(request); }
  bool changes(const Json& request) const override;
  bool repeatable(const Json& request) const override;
  bool encodes(std::string_view member) const override { return is_method(member); }
  std::string describe(const Json& request) const override { return rest::describe(request); }
  Result<ServiceAnswer> call(const ServiceCall& call, const std::stop_token& stop) override;
  std::string explain(const ServiceAnswer& answer) const override { return rest::explain(spec_, answer); }

 private:
  RestService(RestSpec spec, Endpoint endpoint, Json settings, HttpClient& http, const service::Outside& outside)
      : spec_(std::move(spec)),
        pace_(spec_.calls_per_second, spec_.in_flight, outside),
        parts_{.spec = spec_,
               .endpoint = std::move(endpoint),
               .settings = std::move(settings),
               .http = http,
               .pace = pace_,
               .outside = outside} {}

  Result<std::shared_ptr<RestSession>> session(const ServiceCall& call);
  Result<ServiceAnswer> all_pages(RestSession& session, const ServiceCall& call, const std::stop_token& stop);

  RestSpec spec_;
  Pace pace_;
  SessionParts parts_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<RestSession>> sessions_;  // By login and a hash of its parameters.
};

}  // namespace capstan::rest
