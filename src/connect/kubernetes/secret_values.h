// What a Secret keeps is taken out before anybody sees the object: nobody downstream needs it, and facts are for ever.
#pragma once

#include "base/json.h"
#include "connect/kubernetes/resource_type.h"

namespace capstan::kubernetes {

bool keeps_secrets(const ResourceType& type);

// The keys stay, with null for their values; so does everything else but the copy that kubectl makes in an annotation.
void hide_values(Json& secret);

}  // namespace capstan::kubernetes
