#include "telemetry/metrics/gorilla.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "base/random.h"

namespace capstan::telemetry {
namespace {

Chunk compress(const std::vector<Sample>& samples) {
  ChunkWriter writer;
  for (const Sample& sample : samples) writer.add(sample);
  return writer.take();
}

void expect_comes_back(const std::vector<Sample>& samples) {
  const Chunk chunk = compress(samples);
  ChunkCursor cursor(chunk.bytes, chunk.count);
  Sample got;
  for (const Sample& wanted : samples) {
    ASSERT_TRUE(cursor.next(got));
    EXPECT_EQ(got.at_ms, wanted.at_ms);
    EXPECT_EQ(std::bit_cast<uint64_t>(got.value), std::bit_cast<uint64_t>(wanted.value));
  }
  EXPECT_FALSE(cursor.next(got));
  EXPECT_FALSE(cursor.corrupt());
}

TEST(Gorilla, EveryBitOfSpecialValuesComesBack) {
  const double infinity = std::numeric_limits<double>::infinity();
  expect_comes_back({{0, 0.0},
                     {1, -0.0},
                     {2, stale_nan()},
                     {3, std::nan("1")},
                     {4, -std::nan("7")},
                     {5, infinity},
                     {6, -infinity},
                     {7, std::numeric_limits<double>::denorm_min()},
                     {8, std::numeric_limits<double>::max()},
                     {9, std::bit_cast<double>(~uint64_t{0})},
                     {10, std::bit_cast<double>(uint64_t{1})}});
}

TEST(Gorilla, TimesAtTheEdgesOfTheirWidthsComeBack) {
  int64_t at = -1'000'000;
  std::vector<Sample> samples;
  int64_t delta = 10'000'000;
  for (int64_t change : {0, 1, -1, 63, 64, -64, -65, 8191, 8192, -8192, -8193, 1048575, 1048576, -1048576, -1048577}) {
    delta += change;
    at += delta;
    samples.push_back({at, static_cast<double>(change)});
  }
  samples.push_back({std::numeric_limits<int64_t>::max(), 1});
  expect_comes_back(samples);
  expect_comes_back({{std::numeric_limits<int64_t>::min(), 1}, {std::numeric_limits<int64_t>::max(), 2}});
}

TEST(Gorilla, RandomSeriesComeBack) {
  SeededRandom random(7);
  for (int round = 0; round < 300; ++round) {
    std::vector<Sample> samples;
    int64_t at = static_cast<int64_t>(random.next_u64() >> 20);
    for (uint64_t i = 0, count = 1 + random.below(300); i < count; ++i) {
      at += 1 + static_cast<int64_t>(random.next_u64() >> (30 + random.below(34)));
      const uint64_t bits = random.next_u64();
      samples.push_back({at, random.below(2) == 0 ? std::bit_cast<double>(bits) : static_cast<double>(bits % 1000)});
    }
    expect_comes_back(samples);
  }
}

TEST(Gorilla, ARegularCounterTakesFewBytes) {
  std::vector<Sample> samples;
  for (int i = 0; i < 120; ++i) samples.push_back({1'700'000'000'000 + i * 15'000, 1000.0 + i * 3});
  EXPECT_LT(compress(samples).bytes.size(), 120 * 4);
  for (Sample& sample : samples) sample.value = 1;
  EXPECT_LT(compress(samples).bytes.size(), 60U);
}

TEST(Gorilla, ATornChunkIsCalledCorrupt) {
  const Chunk chunk = compress({{1, 1.5}, {2, 2.5}, {3, 1e300}});
  for (size_t size = 0; size + 1 < chunk.bytes.size(); ++size) {
    ChunkCursor cursor(std::string_view(chunk.bytes).substr(0, size), chunk.count);
    Sample sample;
    while (cursor.next(sample)) {
    }
    EXPECT_TRUE(cursor.corrupt()) << size;
  }
}

}  // namespace
}  // namespace capstan::telemetry
