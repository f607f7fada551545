// What somebody wants to be diagnosed, named as kubectl has it or by its id.
#pragma once

#include <string>

#include "catalog/picture.h"
#include "model/resource.h"

namespace capstan::diagnose {

struct SubjectName {
  std::string text;     // "pod/web-0", "deploy/web", "k8s_pod/prod/shop/web-0"
  std::string space;    // The namespace; "" for the one in which it is, or "default".
  std::string cluster;  // "" for any.
};

// kNotFound, naming what is near; kInvalidArgument where several things have that name.
Result<ResourceId> find_subject(catalog::Picture& picture, const SubjectName& name);

// As kubectl names it: "pod/web-0". Its id where it is no object.
std::string kubectl_name(const catalog::Picture& picture, const ResourceId& id);
// "-n shop", or "" where it lies in no namespace.
std::string space_of(const catalog::Picture& picture, const ResourceId& id);

}  // namespace capstan::diagnose
