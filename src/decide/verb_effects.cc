#include "decide/verb_effects.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/suggest.h"

namespace capstan::decide {
namespace {

// Reads one document: the keys that say what its verb leaves behind.
class EffectReader {
 public:
  EffectReader(const ConfigNode& document, std::span<const KindSpec> kinds) : document_(document), kinds_(kinds) {
    if (const ConfigNode* on = document.find("on")) {
      if (on->is_scalar()) targets_.push_back(on->scalar);
      for (const ConfigNode& each : on->items) targets_.push_back(each.scalar);
    }
    if (const ConfigNode* parameters = document.find("parameters")) {
      parameters_.emplace();
      for (const ConfigMember& each : parameters->members) parameters_->push_back(each.key.scalar);
    }
    // A verb that names none has none; of one that is built in they are not known here.
    if (!parameters_ && document.find("verb")) parameters_.emplace();
  }

  VerbEffect read() {
    VerbEffect effect;
    if (const ConfigNode* leaves = document_.find("leaves")) read_leaves(*leaves, effect);
    if (const ConfigNode* scales = document_.find("scales")) {
      effect.is_said = true;
      effect.scales = scales->scalar;
      if (!effect.sets.contains(effect.scales))
        problem(*scales, "'scales' names a column that 'leaves' sets: how many there are then");
    }
    if (const ConfigNode* with_it = document_.find("with_it")) effect.with_it = by_kind(*with_it, "with_it", effect);
    if (const ConfigNode* makes = document_.find("makes")) effect.makes = by_kind(*makes, "makes", effect);
    return effect;
  }

  std::vector<Error> problems;

 private:
  void problem(const ConfigNode& at, std::string message) {
    problems.push_back({ErrorCode::kInvalidArgument, std::move(message), at.where});
  }

  void read_leaves(const ConfigNode& node, VerbEffect& effect) {
    effect.is_said = true;
    if (node.is_scalar() && node.scalar == "nothing")
      effect.removes = true;
    else if (node.is_map())
      effect.sets = columns(node, targets_);
    else if (!node.is_scalar() || node.scalar != "same")
      problem(node, fmt::format("'leaves' is columns of its target with their values, 'nothing' or 'same'; found {}",
                                node.describe()));
  }

  std::map<std::string, VerbEffect::Columns> by_kind(const ConfigNode& node, std::string_view key, VerbEffect& effect) {
    effect.is_said = true;
    std::map<std::string, VerbEffect::Columns> all;
    if (!node.is_map()) problem(node, fmt::format("'{}' is kinds with their columns", key));
    for (const ConfigMember& member : node.members) {
      const std::string& kind = member.key.scalar;
      std::vector<std::string_view> known;
      for (const KindSpec& each : kinds_) known.push_back(each.name);
      if (std::ranges::find(known, kind) == known.end())
        problem(member.key, fmt::format("no pack declares the kind '{}'{}", kind, did_you_mean(kind, known)));
      else
        all[kind] = columns(member.value, {kind});
    }
    return all;
  }

  VerbEffect::Columns columns(const ConfigNode& node, const std::vector<std::string>& of) {
    VerbEffect::Columns all;
    if (!node.is_map()) problem(node, "columns with their values are expected");
    for (const ConfigMember& member : node.members) {
      check_column(member.key, of);
      const Json value = member.value.to_json();
      if (value.is_object() || value.is_array())
        problem(member.value, "a column's value is a text, a number or a truth");
      const std::string parameter = parameter_of(value);
      const bool is_known =
          parameter.empty() || !parameters_ || std::ranges::find(*parameters_, parameter) != parameters_->end();
      if (!is_known) {
        const std::vector<std::string_view> names(parameters_->begin(), parameters_->end());
        problem(member.value, fmt::format("it has no parameter '{}'{}", parameter, did_you_mean(parameter, names)));
      }
      all[member.key.scalar] = value;
    }
    return all;
  }

  // It must be one of any of these kinds; those that nobody declares are told by whoever reads the verb.
  void check_column(const ConfigNode& key, const std::vector<std::string>& of) {
    std::vector<std::string_view> names;
    for (const KindSpec& kind : kinds_) {
      if (std::ranges::find(of, kind.name) == of.end()) continue;
      for (const KindSpec::Column& column : kind.columns) names.push_back(column.name);
    }
    if (names.empty() || std::ranges::find(names, key.scalar) != names.end()) return;
    problem(key, fmt::format("{} has no column '{}'{}", of.front(), key.scalar, did_you_mean(key.scalar, names)));
  }

  const ConfigNode& document_;
  const std::span<const KindSpec> kinds_;
  std::vector<std::string> targets_;
  std::optional<std::vector<std::string>> parameters_;
};

}  // namespace

ReadEffects read_effects(std::span<const ConfigNode> documents, std::span<const KindSpec> kinds) {
  ReadEffects all;
  for (const ConfigNode& document : documents) {
    const ConfigNode* verb = document.find("verb");
    const ConfigNode* effect = document.find("effect");
    if (!verb && !effect) continue;
    EffectReader reader(document, kinds);
    VerbEffect read = reader.read();
    if (!verb) {
      constexpr std::string_view kKeys[] = {"effect", "on", "leaves", "scales", "with_it", "makes"};
      for (const ConfigMember& member : document.members) {
        if (std::ranges::find(kKeys, member.key.scalar) != std::end(kKeys)) continue;
        reader.problems.push_back(
            {ErrorCode::kInvalidArgument,
             fmt::format("an effect has no key '{}'{}", member.key.scalar, did_you_mean(member.key.scalar, kKeys)),
             member.key.where});
      }
      if (!read.is_said && reader.problems.empty())
        reader.problems.push_back({ErrorCode::kInvalidArgument,
                                   "an effect needs 'leaves', 'with_it' or 'makes': what the verb leaves behind",
                                   document.where});
    }
    const std::string& name = (verb ? verb : effect)->scalar;
    if (reader.problems.empty() && read.is_said) all.effects.emplace(name, std::move(read));
    std::ranges::move(reader.problems, std::back_inserter(all.problems));
  }
  return all;
}

const VerbEffect* find_effect(const VerbEffects& effects, std::string_view verb) {
  const auto found = effects.find(verb);
  return found == effects.end() ? nullptr : &found->second;
}

}  // namespace capstan::decide
