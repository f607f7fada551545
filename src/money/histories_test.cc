#include "money/histories.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "catalog/sql_engine.h"
#include "catalog/test_catalog.h"

namespace capstan::money {
namespace {

using catalog::at_second;
using catalog::must;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kKinds = R"(
kind: vm
columns:
  status: { type: text }
  type: { type: text }
  nodes: { type: integer }
  note: { type: text }
)";

class HistoriesTest : public catalog::CatalogFixture {
 protected:
  HistoriesTest() {
    open(kKinds);
    engine_ = std::make_unique<catalog::SqlEngine>(catalog(), clock_);
  }
  void see(int64_t second, std::string id, std::string status, int64_t nodes = 1, std::string note = "") {
    look({.scope = "service:x/vm",
          .at = at_second(second),
          .resources =
              {{.id = "vm/" + id,
                .kind = "vm",
                .name = id,
                .labels = {},
                .fields = Json::object(
                    {{"status", std::move(status)}, {"type", "m5"}, {"nodes", nodes}, {"note", std::move(note)}})}},
          .complete_kinds = {},
          .departures = {}});
  }
  void use(std::string_view text) {
    const PriceText file{"prices.yaml", std::string(text)};
    ReadPrices read = read_prices({&file, 1}, catalog().kinds(), engine_.get());
    for (const Error& problem : read.problems) ADD_FAILURE() << problem.to_string();
    prices_ = std::make_shared<const std::vector<Price>>(std::move(read.prices));
  }
  // "0-60 runs 1; 60-120 rests 0.1 (1)": seconds, what it cost, and what it would have cost running.
  std::string history(std::string_view id, int64_t now) {
    world_ = must(histories_.read(must(catalog().reader()), *engine_, prices_, at_second(now)));
    std::string text;
    for (const PricedResource& resource : world_.resources) {
      if (resource.name != id) continue;
      for (const Stretch& each : resource.stretches) {
        const auto second = [](Time time) { return (time - at_second(0)).count() / 1000; };
        text += fmt::format("{}{}-{} {} {} ({})", text.empty() ? "" : "; ", second(each.from), second(each.to),
                            each.price == nullptr ? "unpriced"
                            : each.running        ? "runs"
                                                  : "rests",
                            per_hour(each.cost), per_hour(each.base));
      }
    }
    return text;
  }

  VirtualClock clock_{at_second(0)};
  std::unique_ptr<catalog::SqlEngine> engine_;
  std::shared_ptr<const std::vector<Price>> prices_;
  Histories histories_;
  PricedWorld world_;
};

TEST_F(HistoriesTest, AResourceThatChangesItsSizeCostsWhatItIsEachTime) {
  use("price: p\ncurrency: USD\nof: {kind: vm}\nwhile: \"status = 'RUNNING'\"\n"
      "per_hour: {by: type, times: nodes, table: {m5: 0.25}}\nstopped: {per_hour: 0.1}\n");
  see(0, "a", "RUNNING", 1);
  see(60, "a", "RUNNING", 4);
  see(90, "a", "RUNNING", 4, "no price looks at this");
  see(120, "a", "STOPPED", 0);
  EXPECT_EQ(history("a", 200), "0-60 runs 0.25 (0.25); 60-120 runs 1 (1); 120-200 rests 0.1 (1)");
}

TEST_F(HistoriesTest, WhatCameSinceTheLastQuestionIsAdded) {
  use("price: p\ncurrency: USD\nof: {kind: vm}\nwhile: \"status = 'RUNNING'\"\nper_hour: 1\n");
  see(0, "a", "RUNNING");
  EXPECT_EQ(history("a", 30), "0-30 runs 1 (1)");
  see(60, "a", "STOPPED");
  see(61, "b", "RUNNING");
  EXPECT_EQ(history("a", 100), "0-60 runs 1 (1); 60-100 rests 0 (1)");
  EXPECT_EQ(history("b", 100), "61-100 runs 1 (1)");
  write(fact_kind::kResourceGone, "vm/a", Json::object({{"kind", "vm"}, {"name", "a"}, {"scope", "service:x/vm"}}),
        110);
  EXPECT_EQ(history("a", 200), "0-60 runs 1 (1); 60-110 rests 0 (1)");
}

TEST_F(HistoriesTest, ANewerPriceDoesNotChangeThePast) {
  see(0, "a", "RUNNING");
  use("price: p\ncurrency: USD\nof: {kind: vm}\nper_hour: 1\n"
      "---\nprice: p\ncurrency: USD\nfrom: 2026-01-01T00:01:00Z\nof: {kind: vm}\nper_hour: 3\n");
  EXPECT_EQ(history("a", 100), "0-60 runs 1 (1); 60-100 runs 3 (3)");
}

TEST_F(HistoriesTest, WhatTwoPricesAreForIsToldWithTheirPlaces) {
  see(0, "a", "RUNNING");
  use("price: all\ncurrency: USD\nof: {kind: vm}\nper_hour: 1\n"
      "---\nprice: some\ncurrency: USD\nof: {kind: vm, where: \"type = 'm5'\"}\nper_hour: 2\n");
  EXPECT_EQ(history("a", 100), "0-100 runs 1 (1)");
  EXPECT_THAT(world_.problems, ElementsAre(HasSubstr("prices.yaml:6: 'all' and 'some' (prices.yaml:1) both price a")));
}

TEST_F(HistoriesTest, WhatATableDoesNotNameHasNoPriceAndIsTold) {
  see(0, "a", "RUNNING");
  use("price: p\ncurrency: USD\nof: {kind: vm}\nper_hour: {by: type, table: {c5: 1}}\n");
  EXPECT_EQ(history("a", 100), "0-100 unpriced 0 (0)");
  EXPECT_THAT(world_.problems, ElementsAre(HasSubstr("gives no amount for vm with type = \"m5\"")));
}

// Reading mistakes.

std::string problem_of(std::string_view text) {
  const PriceText file{"prices.yaml", std::string(text)};
  const std::vector<KindSpec> kinds = {{.name = "vm"}, {.name = "disk"}};
  const ReadPrices read = read_prices({&file, 1}, kinds, nullptr);
  EXPECT_TRUE(read.prices.empty());
  return read.problems.empty() ? "" : read.problems.front().to_string();
}

TEST(Prices, AMistakeIsToldWithFileAndLine) {
  EXPECT_EQ(problem_of("price: p\ncurrency: dollars\nof: {kind: vm}\nper_hour: 1\n"),
            "prices.yaml:2:11: 'currency' must be three capital letters, such as USD");
  EXPECT_THAT(problem_of("price: p\ncurrency: USD\nof: {kind: vn}\nper_hour: 1\n"), HasSubstr("did you mean 'vm'"));
  EXPECT_THAT(problem_of("price: p\ncurrency: USD\nof: {kind: vm}\n"), HasSubstr("'per_hour' is missing"));
  EXPECT_THAT(problem_of("price: p\ncurrency: USD\nof: {kind: vm}\nper_hour: -1\n"), HasSubstr("prices.yaml:4:11"));
  EXPECT_THAT(problem_of("price: p\ncurrency: USD\nof: {kind: vm, where: 'id IN (SELECT 1)'}\nper_hour: 1\n"),
              HasSubstr("no 'select'"));
  EXPECT_THAT(problem_of("price: p\ncurrency: USD\nof: {kind: vm}\nper_hour: 1\nfrom: tomorrow\n"),
              HasSubstr(":5:7: "));
  EXPECT_THAT(problem_of("price: p\ncurrency: USD\nof: {kind: vm}\nper_hour: 1\nstoped: {per_hour: 1}\n"),
              HasSubstr("stopped"));
}

TEST(Prices, TwoForAllOfAKindAreAMistakeOfTheSecond) {
  const std::string text =
      "price: b\ncurrency: USD\nof: {kind: vm}\nper_hour: 1\n"
      "---\nprice: a\ncurrency: USD\nof: {kind: vm}\nper_hour: 2\n";
  EXPECT_THAT(problem_of(text), HasSubstr("both price every vm"));
  const std::vector<KindSpec> kinds = {{.name = "vm"}};
  const std::vector<PriceText> files = {{"one.yaml", "price: b\ncurrency: USD\nof: {kind: vm}\nper_hour: 1\n"},
                                        {"two.yaml", "price: a\ncurrency: USD\nof: {kind: vm}\nper_hour: 2\n"}};
  const ReadPrices read = read_prices(files, kinds, nullptr);
  ASSERT_EQ(read.problems.size(), 1u);
  EXPECT_EQ(read.problems[0].to_string(),
            "two.yaml:1:1: 'a' and 'b' (one.yaml:1) both price every vm; tell them apart by 'where' or 'labels'");
  ASSERT_EQ(read.prices.size(), 1u);
  EXPECT_EQ(read.prices[0].name, "b");
}

TEST(Prices, AUsersPriceTakesThePlaceOfAPacks) {
  const std::vector<KindSpec> kinds = {{.name = "vm"}};
  const std::vector<PriceText> files = {
      {"pack.yaml", "price: p\ncurrency: USD\nof: {kind: vm}\nper_hour: 1\n", true},
      {"mine.yaml", "price: p\ncurrency: KRW\nof: {kind: vm}\nper_hour: 900\n", false}};
  const ReadPrices read = read_prices(files, kinds, nullptr);
  EXPECT_TRUE(read.problems.empty());
  ASSERT_EQ(read.prices.size(), 1u);
  EXPECT_EQ(read.prices[0].currency, "KRW");
}

TEST(Prices, ADayBeginsInItsZone) {
  const std::vector<KindSpec> kinds = {{.name = "vm"}};
  const PriceText file{"p.yaml",
                       "price: p\ncurrency: KRW\nzone: Asia/Seoul\nfrom: 2026-11-01\nof: {kind: vm}\nper_hour: 1\n"};
  const ReadPrices read = read_prices({&file, 1}, kinds, nullptr);
  ASSERT_EQ(read.prices.size(), 1u);
  EXPECT_EQ(format_time(*read.prices[0].from), "2026-10-31T15:00:00.000Z");
}

}  // namespace
}  // namespace capstan::money
