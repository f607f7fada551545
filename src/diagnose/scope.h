// What a diagnosis of a thing is about: the thing itself, what it needs, and who counts on it.
#pragma once

#include <string>
#include <vector>

#include "catalog/picture.h"
#include "diagnose/diagnosis_file.h"

namespace capstan::diagnose {

struct Scope {
  ResourceId subject;
  std::vector<ResourceId> itself;  // The subject first.
  std::vector<ResourceId> needs;   // Without those before, also some that do not exist.
  std::vector<ResourceId> callers;

  std::vector<ResourceId> all() const;
};

// kResourceExhausted for more than a few thousand resources.
Result<Scope> scope_of(catalog::Picture& picture, const std::vector<Walk>& walks, const ResourceId& subject);
// Whom the walks of one part reach from some resources, those not included.
Result<std::vector<ResourceId>> reach(catalog::Picture& picture, const std::vector<Walk>& walks, Part part,
                                      std::vector<ResourceId> from);

}  // namespace capstan::diagnose
