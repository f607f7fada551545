#include "connect/host/ended_series.h"

#include <gtest/gtest.h>

namespace capstan::host {
namespace {

SeriesSample sample(const std::string& mountpoint, double value) {
  return {Labels({{std::string(kMetricName), "size"}, {"mountpoint", mountpoint}}), {1'000, value}};
}

TEST(EndedSeries, MarksWhatIsGoneOnce) {
  EndedSeries ended;
  std::vector<SeriesSample> look = {sample("/", 1), sample("/mnt", 2)};
  ended.complete(1'000, look);
  EXPECT_EQ(look.size(), 2u);
  look = {sample("/", 1)};
  ended.complete(2'000, look);
  ASSERT_EQ(look.size(), 2u);
  EXPECT_EQ(look[1].labels.get("mountpoint"), "/mnt");
  EXPECT_TRUE(is_stale(look[1].sample.value));
  EXPECT_EQ(look[1].sample.at_ms, 2'000);
  look = {sample("/", 1)};
  ended.complete(3'000, look);
  EXPECT_EQ(look.size(), 1u);
}

TEST(EndedSeries, LeavesWhatEndsItself) {
  EndedSeries ended;
  std::vector<SeriesSample> look = {sample("/", 1)};
  ended.complete(1'000, look);
  look = {sample("/", stale_nan())};
  ended.complete(2'000, look);
  EXPECT_EQ(look.size(), 1u);
  look = {};
  ended.complete(3'000, look);
  EXPECT_TRUE(look.empty());
}

}  // namespace
}  // namespace capstan::host
