// Secrets are taken out of objects before anybody sees them: nobody downstream needs them, and facts are for ever.
#pragma once

#include "base/json.h"
#include "connect/kubernetes/resource_type.h"

namespace capstan::kubernetes {

bool keeps_secrets(const ResourceType& type);

// What a Secret keeps: the keys stay, with a mask for their values; so does everything else but the copy that kubectl
// makes in an annotation.
void hide_values(Json& secret);

// What people write into other objects though it belongs into a Secret: variables, arguments and settings whose names
// speak of one.
void mask_values(Json& object);

}  // namespace capstan::kubernetes
