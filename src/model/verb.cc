#include "model/verb.h"

#include <algorithm>
#include <iterator>

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

std::vector<std::string> VerbRegistry::describe(std::vector<std::unique_ptr<Verb>> verbs) {
  std::ranges::move(described_, std::back_inserter(replaced_));
  described_.clear();
  std::vector<std::string> taken;
  for (std::unique_ptr<Verb>& verb : verbs) {
    if (find(verb->spec().name))
      taken.push_back(verb->spec().name);
    else
      described_.push_back(std::move(verb));
  }
  return taken;
}

Verb* VerbRegistry::find(std::string_view name) const {
  for (const auto* verbs : {&verbs_, &described_}) {
    for (const auto& verb : *verbs) {
      if (verb->spec().name == name) return verb.get();
    }
  }
  return nullptr;
}

std::vector<const VerbSpec*> VerbRegistry::specs() const {
  std::vector<const VerbSpec*> specs;
  for (const auto* verbs : {&verbs_, &described_}) {
    for (const auto& verb : *verbs) specs.push_back(&verb->spec());
  }
  return specs;
}

}  // namespace capstan
