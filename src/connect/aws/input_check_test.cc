#include "connect/aws/input_check.h"

#include "base/crypto.h"
#include "connect/aws/test_models.h"

namespace capstan::aws {
namespace {

class InputCheckTest : public testing::Test {
 protected:
  static std::string problem(std::string_view input, InputRules rules = {}) {
    const auto model = test_model("iam", kRolesModel);
    const Status checked = check_input(*model, **model->operation("CreateRole"), json(input), rules);
    return checked ? "" : checked.error().message;
  }
};

TEST_F(InputCheckTest, NamesThePlaceAndWhatWasExpected) {
  EXPECT_EQ(problem(R"({"RoleName": "web"})"), "");
  EXPECT_EQ(problem(R"({"RoleName": 1})"), "iam CreateRole: input.RoleName: expected text, got number");
  EXPECT_EQ(problem("{}"), "iam CreateRole: input.RoleName: is required");
  EXPECT_EQ(problem("[]"), "iam CreateRole: input: expected an object, got list");
  EXPECT_EQ(problem(R"({"RoleName": "web", "RolName": "x"})"),
            "iam CreateRole: input.RolName: there is no such member (did you mean 'RoleName'?)");
  EXPECT_EQ(problem(R"({"RoleName": "web", "Tags": [{"Key": "a"}, {"Value": "b"}]})"),
            "iam CreateRole: input.Tags[1].Key: is required");
  EXPECT_EQ(problem(R"({"RoleName": "web", "Limits": {"a": "b"}})"),
            "iam CreateRole: input.Limits.a: expected a whole number, got text");
  EXPECT_EQ(problem(R"({"RoleName": "web", "Key": "??"})"), "iam CreateRole: input.Key: expected bytes as base64 text");
}

TEST_F(InputCheckTest, KnowsLimitsPatternsAndAllowedValues) {
  EXPECT_EQ(problem(R"({"RoleName": "much too long"})"),
            "iam CreateRole: input.RoleName: expected at most 8 characters, got 13; "
            "input.RoleName: does not match [\\w+=,.@\\u0041-]+");
  EXPECT_EQ(problem(R"({"RoleName": "äöüäöüäöü"})").substr(0, 71),
            "iam CreateRole: input.RoleName: expected at most 8 characters, got 9; i");
  EXPECT_EQ(problem(R"({"RoleName": "web", "MaxSessions": 0})"),
            "iam CreateRole: input.MaxSessions: expected at least 1, got 0");
  EXPECT_EQ(problem(R"({"RoleName": "web", "Kind": "servise"})"),
            "iam CreateRole: input.Kind: 'servise' is not one of service, person (did you mean 'service'?)");
  EXPECT_EQ(problem(R"({"RoleName": "web", "Kind": "robot", "MaxSessions": 2000})", {.allow_unknown_values = true}),
            "");
  EXPECT_NE(problem(R"({"RoleName": "", "Kind": 1})", {.allow_unknown_values = true}), "");
}

TEST_F(InputCheckTest, NeverQuotesWhatIsSensitive) {
  EXPECT_EQ(problem(R"({"RoleName": "web", "Password": "hunter2"})"),
            "iam CreateRole: input.Password: expected at most 3 characters, got 7");
}

TEST_F(InputCheckTest, EndsWhereAnInputIsNestedWithoutEnd) {
  std::string input = R"({"RoleName": "a"})";
  for (int i = 0; i < 150; ++i) input = R"({"RoleName": "a", "Self": )" + input + "}";
  EXPECT_NE(problem(input).find("nested too deep"), std::string::npos);
}

TEST_F(InputCheckTest, GivesEachCallATokenOfItsOwn) {
  const auto model = test_model("iam", kRolesModel);
  const Operation& start = **model->operation("StartJob");
  SeededRandom random(1);
  Json first = Json::object(), second = Json::object(), own = Json::object({{"ClientToken", "mine"}});
  fill_idempotency_tokens(start, first, random);
  fill_idempotency_tokens(start, second, random);
  fill_idempotency_tokens(start, own, random);
  EXPECT_EQ(first["ClientToken"].string_or_empty().size(), 36u);
  EXPECT_NE(first, second);
  EXPECT_EQ(own["ClientToken"], Json("mine"));
  EXPECT_TRUE(has_idempotency_token(start));
}

}  // namespace
}  // namespace capstan::aws
