#include "decide/verb_effects.h"

#include <gmock/gmock.h>

#include "decide/action_effect.h"
#include "decide/budget_guard.h"

namespace capstan::decide {
namespace {

using testing::HasSubstr;

const std::vector<KindSpec> kKinds = {
    {.name = "vm", .title = "", .help = "", .columns = {{.name = "state", .help = ""}, {.name = "nodes", .help = ""}}},
    {.name = "disk", .title = "", .help = "", .columns = {{.name = "size", .help = ""}}}};

ReadEffects read(std::string_view yaml) { return read_effects(parse_yaml(yaml, "v.yaml").value(), kKinds); }

std::string problem(std::string_view yaml) {
  const ReadEffects found = read(yaml);
  EXPECT_TRUE(found.effects.empty()) << "what has a mistake is left out";
  return found.problems.size() == 1 ? found.problems[0].to_string() : std::to_string(found.problems.size());
}

TEST(VerbEffects, SayWhatAVerbLeavesBehind) {
  const ReadEffects found = read(R"(
verb: x.scale
on: vm
parameters: { to: { type: integer } }
leaves: { nodes: "{{to}}", state: running }
scales: nodes
with_it: { disk: { size: 1 } }
makes: { disk: { size: "{{to}}" } }
---
effect: y.delete
leaves: nothing
---
effect: y.rename
leaves: same
---
verb: x.silent
on: vm
)");
  ASSERT_TRUE(found.problems.empty()) << found.problems[0].to_string();
  EXPECT_EQ(found.effects.size(), 3u) << "a verb that says nothing is not there";
  EXPECT_TRUE(find_effect(found.effects, "y.delete")->removes);
  EXPECT_TRUE(find_effect(found.effects, "y.rename")->is_said);
  const ActionEffect scale = effect_of("x.scale", Json::object({{"to", 3}}), found.effects);
  EXPECT_EQ(scale.leaves.sets.at("nodes"), Json(3));
  EXPECT_EQ(scale.leaves.sets.at("state"), Json("running"));
  EXPECT_EQ(scale.leaves.makes.at("disk").at("size"), Json(3));
  EXPECT_EQ(scale.leaves.scales, "nodes");
  EXPECT_FALSE(effect_of("x.silent", Json::object(), found.effects).is_known());
}

TEST(VerbEffects, NameTheLineOfAMistake) {
  EXPECT_THAT(problem("verb: x.y\non: vm\nleaves: { stat: a }\n"), HasSubstr("v.yaml:3"));
  EXPECT_THAT(problem("verb: x.y\non: vm\nleaves: { stat: a }\n"), HasSubstr("vm has no column 'stat'"));
  EXPECT_THAT(problem("verb: x.y\non: vm\nleaves: { nodes: \"{{to}}\" }\n"), HasSubstr("it has no parameter 'to'"));
  EXPECT_THAT(problem("verb: x.y\non: vm\nleaves: gone\n"), HasSubstr("'nothing' or 'same'"));
  EXPECT_THAT(problem("effect: x.y\nmakes: { dsk: {} }\n"), HasSubstr("no pack declares the kind 'dsk'"));
  EXPECT_THAT(problem("effect: x.y\nscales: nodes\n"), HasSubstr("a column that 'leaves' sets"));
  EXPECT_THAT(problem("effect: x.y\n"), HasSubstr("an effect needs 'leaves'"));
  EXPECT_THAT(problem("effect: x.y\nleaves: same\nhelp: no\n"), HasSubstr("an effect has no key 'help'"));
}

}  // namespace
}  // namespace capstan::decide
