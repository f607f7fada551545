// The store of secrets as a service that steps can ask: what a pack keeps of an account beside its password.
//
//   - service: secrets
//     remember: "trial/{{name}}"              # writes these fields, and leaves the others as they are
//     set: { cluster_id: "{{cluster.id}}" }
//   - service: secrets
//     names: trial/                           # → { items: ["trial_user01", …] }
//   - service: secrets
//     recall: "trial/{{name}}"                # → the fields that are asked for; never a password
//     fields: [cluster_id, project_id]        # and the names of all that it has, as "has"
#pragma once

#include <functional>
#include <memory>

#include "model/service_call.h"
#include "model/versioned_secrets.h"

namespace capstan::loop {

// Thread-safe.
class SecretService final : public ServiceCaller {
 public:
  using Store = std::function<Result<std::shared_ptr<VersionedSecretStore>>()>;
  explicit SecretService(Store store) : store_(std::move(store)) {}

  Status check(const Json& request) const override;
  bool changes(const Json& request) const override { return request.contains("remember"); }
  bool repeatable(const Json&) const override { return true; }
  bool encodes(std::string_view) const override { return false; }
  std::string describe(const Json& request) const override;
  Result<ServiceAnswer> call(const ServiceCall& call, const std::stop_token& stop) override;
  std::string explain(const ServiceAnswer& answer) const override;

 private:
  static Result<ServiceAnswer> remember(VersionedSecretStore& store, const Json& request);
  static Result<ServiceAnswer> recall(VersionedSecretStore& store, const Json& request);

  Store store_;
};

Status check_secret_request(const Json& request);

}  // namespace capstan::loop
