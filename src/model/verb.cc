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

std::vector<std::string> VerbRegistry::describe(std::string_view by, std::vector<std::unique_ptr<Verb>> verbs) {
  std::vector<std::unique_ptr<Verb>>& described = described_[std::string(by)];
  std::ranges::move(described, std::back_inserter(replaced_));
  described.clear();
  std::vector<std::string> taken;
  for (std::unique_ptr<Verb>& verb : verbs) {
    if (find(verb->spec().name))
      taken.push_back(verb->spec().name);
    else
      described.push_back(std::move(verb));
  }
  return taken;
}

Verb* VerbRegistry::find(std::string_view name) const {
  const auto is_wanted = [&](const std::unique_ptr<Verb>& verb) { return verb->spec().name == name; };
  if (const auto found = std::ranges::find_if(verbs_, is_wanted); found != verbs_.end()) return found->get();
  for (const auto& [by, verbs] : described_) {
    if (const auto found = std::ranges::find_if(verbs, is_wanted); found != verbs.end()) return found->get();
  }
  return nullptr;
}

std::vector<const VerbSpec*> VerbRegistry::specs() const {
  std::vector<const VerbSpec*> specs;
  for (const auto& verb : verbs_) specs.push_back(&verb->spec());
  for (const auto& [by, verbs] : described_) {
    for (const auto& verb : verbs) specs.push_back(&verb->spec());
  }
  return specs;
}

}  // namespace capstan
