#include "model/label_selector.h"

#include <gtest/gtest.h>

namespace capstan {
namespace {

TEST(LabelSelector, MatchesAsKubernetesDoes) {
  const ResourceLabels labels{{"env", "dev"}, {"tier", "web"}, {"control-plane", ""}};
  for (const char* yes :
       {"", "env=dev", "env==dev", "env!=prod", "owner!=x", "env in (dev, prod)", "tier notin (db)", "env", "!owner",
        "env=dev,tier in (web),!x", " env = dev , tier ", "control-plane", "control-plane="}) {
    EXPECT_TRUE(LabelSelector::parse(yes).value().matches(labels)) << yes;
  }
  for (const char* no : {"env=prod", "env!=dev", "!env", "owner", "env notin (dev)", "owner in (a)", "env=dev,owner",
                         "!control-plane", "owner="}) {
    EXPECT_FALSE(LabelSelector::parse(no).value().matches(labels)) << no;
  }
}

TEST(LabelSelector, RefusesWithThePosition) {
  const auto refusal = [](const char* text) { return LabelSelector::parse(text).error().message; };
  EXPECT_EQ(refusal("env dev"), "label selector 'env dev': expected '=', '!=', 'in' or 'notin' at character 8");
  EXPECT_EQ(refusal("env in (a"), "label selector 'env in (a': expected ',' or ')' at character 10");
  EXPECT_EQ(refusal("cpu > 3"), "'>' in the label selector 'cpu > 3' is not supported yet");
  for (const char* wrong : {",", "a,", "=b", "!", "a!b", "a in b", "a&b"})
    EXPECT_FALSE(LabelSelector::parse(wrong)) << wrong;
}

TEST(LabelSelector, ReadsWhatKubernetesWrites) {
  const auto text = [](const char* json) {
    const Result<LabelSelector> selector = LabelSelector::from_json(Json::parse(json).value());
    return selector ? selector->text() : selector.error().message;
  };
  EXPECT_EQ(text(R"({"app": "web", "tier": "a"})"), "app=web,tier=a");
  EXPECT_EQ(text(R"({"matchLabels": {"app": "web"}, "matchExpressions": [
                     {"key": "env", "operator": "In", "values": ["dev", "test"]}, {"key": "x", "operator": "NotIn", "values": ["1"]},
                     {"key": "a", "operator": "Exists"}, {"key": "b", "operator": "DoesNotExist"}]})"),
            "app=web,env in (dev, test),x notin (1),a,!b");
  EXPECT_EQ(text("{}"), "");
  EXPECT_EQ(text(R"({"app": 1})"), "the label 'app' of a selector must be text");
  EXPECT_EQ(text(R"({"matchExpressions": [{"key": "a", "operator": "Is"}]})"),
            "the operator 'Is' of 'a': expected In, NotIn, Exists or DoesNotExist");
  EXPECT_EQ(text(R"({"matchExpressions": [{"key": "a", "operator": "In"}]})"), "'a In' needs 'values'");
}

}  // namespace
}  // namespace capstan
