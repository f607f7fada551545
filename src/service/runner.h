// Does the steps of a procedure, and knows of each whether the outside can have changed by it.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "model/secret.h"
#include "model/secret_change.h"
#include "model/service_call.h"
#include "service/procedure.h"

namespace capstan::service {

// Where steps go out. All are thread-safe and outlive whoever uses them.
struct Outside {
  // nullptr where no such service is set up.
  std::function<std::shared_ptr<ServiceCaller>(std::string_view service)> caller;
  const SecretStore* secrets = nullptr;
  PasswordChanger* passwords = nullptr;
  const Clock* clock = nullptr;
  Random* random = nullptr;
  // Waits; false when it was cut short by `stop`.
  std::function<bool(Duration, const std::stop_token& stop)> pause;
};

struct Ran {
  Status status;
  bool changed = false;    // At least one call that changes something was acted on.
  bool uncertain = false;  // The last one may have been acted on, or not.
};

// Values that steps take are put into `scope`; the last answer is at "answer". What can safely be asked again is, a few
// times with growing waits: what changes nothing, what is repeatable, and what was not acted on for certain.
Ran run_procedure(const Procedure& procedure, Scope& scope, const Outside& outside, const std::stop_token& stop);

}  // namespace capstan::service
