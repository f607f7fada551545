#include "model/verb.h"

namespace capstan {

std::string_view to_string(Danger danger) {
  switch (danger) {
    case Danger::kSafe: return "safe";
    case Danger::kDisruptive: return "disruptive";
    case Danger::kDestructive: return "destructive";
  }
  return "destructive";
}

std::string_view to_string(ProbeAnswer answer) {
  switch (answer) {
    case ProbeAnswer::kHappened: return "happened";
    case ProbeAnswer::kDidNotHappen: return "did_not_happen";
    case ProbeAnswer::kCannotTell: return "cannot_tell";
  }
  return "cannot_tell";
}

Status VerbRegistry::add(std::unique_ptr<Verb> verb) {
  if (find(verb->spec().name)) {
    return fail(ErrorCode::kAlreadyExists, "two verbs are named '" + verb->spec().name + "'");
  }
  verbs_.push_back(std::move(verb));
  return {};
}

Verb* VerbRegistry::find(std::string_view name) const {
  for (const auto& verb : verbs_) {
    if (verb->spec().name == name) return verb.get();
  }
  return nullptr;
}

std::vector<const VerbSpec*> VerbRegistry::specs() const {
  std::vector<const VerbSpec*> specs;
  for (const auto& verb : verbs_) specs.push_back(&verb->spec());
  return specs;
}

}  // namespace capstan
