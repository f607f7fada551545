// Compares what an operator gives to an operation with what its model asks for, before anything is sent.
#pragma once

#include "base/json.h"
#include "base/random.h"
#include "base/result.h"
#include "connect/aws/service_model.h"

namespace capstan::aws {

struct InputRules {
  // Lets values pass that the model does not list, longer ones, and those of another pattern: a service may take more
  // than an older model of it says, and refuses the rest itself.
  bool allow_unknown_values = false;
};

// "iam CreateRole: input.RoleName: expected text, got number"; all problems in one message, ten at most. Values are
// never quoted where the model calls them sensitive. Null members count as absent.
Status check_input(const ServiceModel& model, const Operation& operation, const Json& input, InputRules rules);

// Gives the members by which a service recognises a repeated request a value, where they have none.
void fill_idempotency_tokens(const Operation& operation, Json& input, Random& random);
bool has_idempotency_token(const Operation& operation);

}  // namespace capstan::aws
