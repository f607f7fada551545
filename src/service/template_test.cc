#include "service/template.h"

#include <gtest/gtest.h>

#include "base/url.h"

namespace capstan::service {
namespace {

Scope scope() {
  Scope scope;
  scope.values = *Json::parse(R"({"name": "a b/c", "size": 3, "on": true, "list": [1, 2], "deep": {"x": "y"}})");
  scope.secrets = *Json::parse(R"({"password": "s3cret"})");
  return scope;
}

Json filled(std::string_view text) {
  const auto parsed = Template::parse(text);
  EXPECT_TRUE(parsed.has_value());
  const auto value = parsed->fill(scope());
  return value ? *value : Json(value.error().message);
}

TEST(Template, APlaceAloneIsTheValueItselfWhateverItsType) {
  EXPECT_EQ(filled("{{size}}"), Json(3));
  EXPECT_EQ(filled("{{list}}"), *Json::parse("[1,2]"));
  EXPECT_EQ(filled("{{ deep.x }}"), Json("y"));
}

TEST(Template, WithinATextOnlyPlainValuesFit) {
  EXPECT_EQ(filled("{{size}} of {{on}}"), Json("3 of true"));
  EXPECT_NE(filled("all: {{list}}").string_or_empty().find("expected a text"), std::string::npos);
}

TEST(Template, AMissingValueIsAnErrorThatNamesThePlaceAndNoValue) {
  const std::string message = filled("{{password}} {{nowhere}}").string_or_empty();
  EXPECT_NE(message.find("nowhere"), std::string::npos);
  EXPECT_EQ(message.find("s3cret"), std::string::npos);
}

TEST(Template, OptionalPlacesLeaveTheirMemberOut) {
  const auto value =
      fill_templates(*Json::parse(R"({"a": "{{nowhere?}}", "b": ["{{nowhere?}}", "{{size}}"]})"), scope());
  EXPECT_EQ(*value, *Json::parse(R"({"b": [3]})"));
}

TEST(Template, EncodesWhatBecomesPartOfAPath) {
  EXPECT_EQ(*Template::parse("/x/{{name}}")->fill(scope(), percent_encode), Json("/x/a%20b%2Fc"));
}

TEST(Template, NothingLeadsToAnotherPathThanTheOneThatStandsThere) {
  const auto path = [](std::string_view id) {
    Scope scope;
    scope.values.set("id", id);
    return Template::parse("/clusters/{{id}}")->fill(scope, percent_encode);
  };
  EXPECT_TRUE(path("..x").has_value());
  // "/clusters/" is all of them, and "/clusters/.." is the whole service.
  for (const char* id : {"", ".", ".."}) {
    ASSERT_FALSE(path(id).has_value()) << id;
    EXPECT_NE(path(id).error().message.find("{{id}} in '/clusters/{{id}}'"), std::string::npos);
  }
  EXPECT_TRUE(Template::parse("/x{{nowhere?}}")->fill(scope(), percent_encode).has_value());
}

TEST(Template, CountsTheItemsOfAList) {
  EXPECT_EQ(filled("{{list|count}}"), Json(2));
  EXPECT_EQ(filled("{{nowhere?|count}}"), Json(0));
  EXPECT_NE(filled("{{name|count}}").string_or_empty().find("expected a list"), std::string::npos);
}

TEST(Template, MakesDnsLabels) { EXPECT_EQ(filled("{{name|dns}}"), Json("a-b-c")); }

TEST(Template, TellsPeopleWithoutSecrets) {
  EXPECT_EQ(Template::parse("{{name}}: {{password}}")->tell(scope()), "a b/c: {{password}}");
}

TEST(Template, RefusesBracesThatDoNotClose) {
  EXPECT_FALSE(Template::parse("{{name").has_value());
  EXPECT_FALSE(Template::parse("{{}}").has_value());
}

}  // namespace
}  // namespace capstan::service
