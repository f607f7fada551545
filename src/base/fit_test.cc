#include "base/fit.h"

#include <gtest/gtest.h>

namespace capstan {
namespace {

TEST(FitTexts, LeavesWhatFits) {
  const Json value = Json::object({{"a", std::string(500, 'x')}, {"n", 7}});
  EXPECT_EQ(fit_texts(value, 1'000), value);
}

TEST(FitTexts, CutsTheLongestFirstAndSaysSo) {
  const Json value = Json::object({{"long", std::string(100'000, 'x')}, {"short", std::string(300, 'y')}});
  const Json cut = fit_texts(value, 10'000);
  EXPECT_LE(cut.dump().size(), 10'000u);
  EXPECT_TRUE(cut["long"].string_or_empty().ends_with("…"));
  EXPECT_GT(cut["long"].string_or_empty().size(), 3'000u);
  EXPECT_EQ(cut["short"], value["short"]);
}

TEST(FitTexts, NeverSplitsACharacterAndCountsWhatEscapingAdds) {
  std::string korean;
  for (int i = 0; i < 5'000; ++i) korean += "경";
  const Json cut = fit_texts(Json::array({korean, std::string(20'000, '\x01')}), 8'000);
  EXPECT_LE(cut.dump().size(), 8'000u);
  EXPECT_EQ(Json::parse(cut.dump()).value(), cut) << "a split character would have been replaced";
}

TEST(FitTexts, GivesBackWhatCannotFitAsSmallAsItGets) {
  Json many = Json::array();
  for (int i = 0; i < 1'000; ++i) many.push_back(std::string(1'000, 'x'));
  EXPECT_LE(fit_texts(many, 100)[""].dump().size() + fit_texts(many, 100).items().front().string_or_empty().size(),
            210u);
}

}  // namespace
}  // namespace capstan
