#include "money/changes.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "decide/scratch_sql.h"

namespace capstan::money {
namespace {

const std::vector<KindSpec> kKinds = {
    {.name = "group",
     .title = "",
     .help = "",
     .columns = {{.name = "desired", .help = ""}, {.name = "state", .help = ""}}},
    {.name = "vm", .title = "", .help = "", .columns = {{.name = "state", .help = ""}, {.name = "size", .help = ""}}}};

constexpr std::string_view kPrices = R"(
price: vms
currency: USD
of: { kind: vm }
while: "state = 'running'"
per_hour: { by: size, table: { big: 2, small: 1 } }
stopped: { per_hour: 0.1 }
)";

Resource vm(std::string state, std::string size) {
  return {.id = "vm/" + size,
          .kind = "vm",
          .name = "",
          .labels = {},
          .fields = Json::object({{"state", state}, {"size", size}})};
}
Resource group(int desired) {
  return {.id = "group/g", .kind = "group", .name = "", .labels = {}, .fields = Json::object({{"desired", desired}})};
}

decide::ActionEffect says(VerbEffect leaves) {
  leaves.is_said = true;
  return {.verb = "x.do", .leaves = std::move(leaves), .column = "", .values = {}};
}

// "1.9 USD"; "" where it is not known.
std::string change(const ActedOn& acted, const decide::ActionEffect& effect) {
  const auto sql = decide::ScratchSql::make({}, {}, kKinds).value();
  const std::vector<PriceText> texts = {{"prices.yaml", std::string(kPrices), true}};
  const ReadPrices read = read_prices(texts, kKinds, sql.get());
  for (const Error& problem : read.problems) ADD_FAILURE() << problem.to_string();
  const auto changes =
      changes_of({&acted, 1}, {&effect, 1}, {.kinds = kKinds, .prices = read.prices, .sql = *sql, .at = Time()});
  EXPECT_TRUE(changes) << changes.error().to_string();
  const std::optional<Change>& one = changes.value().at(0).at(0);
  return one ? fmt::format("{:.2f} {}", one->per_hour, one->currency) : "";
}

TEST(Changes, ArePricedAsTheTargetIsAndAsItIsLeft) {
  EXPECT_EQ(change({vm("stopped", "small"), {}}, says({.sets = {{"state", "running"}}})), "0.90 USD");
  EXPECT_EQ(change({vm("running", "big"), {}}, says({.sets = {{"state", "stopped"}}})), "-1.90 USD");
  EXPECT_EQ(change({vm("running", "small"), {}}, says({.sets = {{"size", "big"}}})), "1.00 USD") << "resized";
  EXPECT_EQ(change({vm("running", "big"), {}}, says({.removes = true})), "-2.00 USD");
  EXPECT_EQ(change({vm("running", "big"), {}}, says({})), "0.00 USD") << "it says that nothing changes";
}

TEST(Changes, AreNotKnownWithoutAPriceOrWhereTheVerbSaysNothing) {
  EXPECT_EQ(change({vm("running", "big"), {}}, {.verb = "x.start", .leaves = {}, .column = "", .values = {}}), "");
  EXPECT_EQ(change({vm("running", "huge"), {}}, says({.sets = {{"state", "stopped"}}})), "")
      << "its size is not in the table";
  EXPECT_EQ(change({group(2), {}}, says({.sets = {{"state", "running"}}})), "");
  EXPECT_EQ(change({group(2), {}}, says({.makes = {{"group", {}}}})), "") << "nobody knows what another one costs";
}

TEST(Changes, CountWhatBelongsToTheTarget) {
  const ActedOn two{group(2), {vm("running", "big"), vm("stopped", "small")}};
  EXPECT_EQ(change(two, says({.removes = true})), "-2.10 USD");
  EXPECT_EQ(change(two, says({.with_it = {{"vm", {{"state", "stopped"}}}}})), "-1.90 USD");
  EXPECT_EQ(change(two, says({.sets = {{"desired", 3}}, .scales = "desired"})), "1.05 USD") << "half as many more";
  EXPECT_EQ(change(two, says({.sets = {{"desired", 0}}, .scales = "desired"})), "-2.10 USD");
  EXPECT_EQ(change({group(0), {}}, says({.sets = {{"desired", 3}}, .scales = "desired"})), "")
      << "nobody knows what the first one costs";
}

TEST(Changes, KnowWhatIsMadeByItsColumns) {
  EXPECT_EQ(change({group(0), {}}, says({.makes = {{"vm", {{"state", "running"}, {"size", "big"}}}}})), "2.00 USD");
}

TEST(Changes, TakeTheDearestOfWhatAStateMayBe) {
  const decide::ActionEffect wanted{.verb = "x.start", .leaves = {}, .column = "state", .values = {"up", "running"}};
  EXPECT_EQ(change({vm("stopped", "big"), {}}, wanted), "1.90 USD");
}

}  // namespace
}  // namespace capstan::money
