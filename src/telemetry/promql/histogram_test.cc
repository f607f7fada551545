#include "telemetry/promql/histogram.h"

#include <gtest/gtest.h>

#include <cmath>

#include "telemetry/promql/quantile.h"

namespace capstan::telemetry::promql {
namespace {

TEST(BucketQuantile, ForgivesRoundingBetweenBuckets) {
  // 10 - 1e-13 is not a fall of the count but of the last bit; without care the quantile would jump to 3.
  EXPECT_NEAR(bucket_quantile(0.5, {{1, 5}, {2, 10}, {3, 10 - 1e-13}, {INFINITY, 10}}), 1, 1e-9);
  EXPECT_NEAR(bucket_quantile(1, {{1, 5}, {2, 10}, {3, 10 - 1e-13}, {INFINITY, 10}}), 2, 1e-9);
}

TEST(BucketQuantile, TakesBucketsInAnyOrder) { EXPECT_EQ(bucket_quantile(0.5, {{INFINITY, 4}, {2, 4}, {1, 0}}), 1.5); }

TEST(BucketFraction, IsTheInverseOfTheQuantile) {
  const std::vector<Bucket> buckets = {{0.1, 3}, {0.4, 9}, {2, 11}, {INFINITY, 12}};
  for (double q : {0.1, 0.25, 0.5, 0.7, 0.9}) {
    EXPECT_NEAR(bucket_fraction(-INFINITY, bucket_quantile(q, buckets), buckets), q, 1e-12) << q;
  }
}

TEST(Quantile, InterpolatesBetweenNeighbours) {
  std::vector<double> values = {4, 1, 3, 2};
  EXPECT_EQ(quantile(0.5, values), 2.5);
  EXPECT_EQ(quantile(1, values), 4);
  std::vector<double> none;
  EXPECT_TRUE(std::isnan(quantile(0.5, none)));
}

}  // namespace
}  // namespace capstan::telemetry::promql
