// The world's verbs as a pack would describe them, over the service that `shop` is: the product reads the description,
// logs in, asks, repeats and looks.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>

#include "connect/rest/rest_service.h"
#include "model/secret.h"
#include "service/runner.h"
#include "sim/shop.h"

namespace capstan::sim {

class DescribedWorld {
 public:
  // Waits; false when it was cut short.
  using Pause = std::function<bool(Duration, const std::stop_token&)>;
  // All outlive it. With `keys` the service can tell a repeated request from a new one.
  DescribedWorld(World& world, const Clock& clock, Random& random, bool keys, Pause pause);

  // The same verbs as `add_verbs` gives.
  void add_verbs(VerbRegistry& verbs);

 private:
  struct NoSecrets final : SecretStore {
    Result<Secret> get(std::string_view) const override { return fail(ErrorCode::kNotFound, "no such secret"); }
  };

  World& world_;
  const bool keys_;
  Shop shop_;
  NoSecrets secrets_;
  service::Outside outside_;
  std::shared_ptr<rest::RestService> service_;
};

}  // namespace capstan::sim
