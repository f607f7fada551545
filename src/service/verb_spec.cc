#include "service/verb_spec.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/suggest.h"

namespace capstan::service {
namespace {

VerbSpec::Parameter read_parameter(const ConfigMember& member, std::vector<Error>& problems) {
  VerbSpec::Parameter parameter{.name = member.key.scalar};
  MapReader reader(member.value, "a parameter");
  const std::string type = reader.string_or("type", "text");
  if (const auto parsed = parse_column_type(type))
    parameter.type = *parsed;
  else
    reader.problem(member.value, fmt::format("'{}' is no type: text, integer, real, boolean, time or json", type));
  parameter.required = reader.bool_or("required", false);
  parameter.help = reader.string_or("help", "");
  for (Error& error : reader.problems()) problems.push_back(std::move(error));
  return parameter;
}

}  // namespace

const KindSpec* find_kind(const std::string& name, const ConfigNode& at, std::span<const KindSpec> kinds,
                          std::vector<Error>& problems) {
  const auto found = std::ranges::find(kinds, name, &KindSpec::name);
  if (found != kinds.end()) return &*found;
  std::vector<std::string_view> names;
  for (const KindSpec& kind : kinds) names.push_back(kind.name);
  problems.push_back({ErrorCode::kInvalidArgument,
                      fmt::format("no pack declares the kind '{}'{}", name, did_you_mean(name, names)), at.where});
  return nullptr;
}

VerbSpec read_verb_spec(MapReader& map, const ConfigNode& document, std::span<const KindSpec> kinds,
                        std::vector<Error>& problems) {
  const auto problem = [&](const ConfigNode& at, std::string message) {
    problems.push_back({ErrorCode::kInvalidArgument, std::move(message), at.where});
  };
  VerbSpec spec;
  spec.name = map.required_string("verb");
  if (!spec.name.empty() && spec.name.find('.') == std::string::npos)
    problem(map.at("verb"), fmt::format("a verb is named after its service, like 'mcm.{}'", spec.name));
  spec.title = map.string_or("title", spec.name);
  spec.title_ko = map.string_or("title_ko", "");
  spec.help = map.string_or("help", "");
  spec.target_kinds = map.strings("on");
  if (spec.target_kinds.empty()) problem(document, "a verb needs 'on': the kinds that it acts on");
  for (const std::string& kind : spec.target_kinds) find_kind(kind, map.at("on"), kinds, problems);
  const std::string danger = map.one_of("danger", {"safe", "disruptive", "destructive"}, "destructive");
  spec.danger = danger == "safe" ? Danger::kSafe : danger == "disruptive" ? Danger::kDisruptive : Danger::kDestructive;
  spec.idempotent = map.bool_or("idempotent", false);
  spec.hinders_undo = map.bool_or("hinders_undo", true);
  // What it leaves behind is read by whoever asks what an action costs (decide/verb_effects.h).
  for (const char* key : {"leaves", "scales", "with_it", "makes"}) (void)map.node(key);
  const ConfigNode* parameters = map.node("parameters");
  if (!parameters) return spec;
  for (const ConfigMember& member : parameters->members) spec.parameters.push_back(read_parameter(member, problems));
  return spec;
}

}  // namespace capstan::service
