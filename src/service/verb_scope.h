// What the places of a described verb are filled from, however the verb is done.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/resource.h"
#include "model/secret.h"
#include "service/template.h"

namespace capstan::service {

// The target's fields by name and as a whole ("target"), the parameters ("with", and by name), what was before
// ("before", and by name), the action's id. Parameters may be made of the target's fields.
Result<Scope> verb_scope(const Resource& target, const Json& parameters, const Json& before, std::string_view action);

// The secrets by their names, each of the reference that its template makes.
Status add_secrets(Scope& scope, const std::vector<std::pair<std::string, Template>>& references,
                   const SecretStore& store);

}  // namespace capstan::service
