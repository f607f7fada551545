#include "telemetry/metrics/remote_write.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <snappy.h>

#include <bit>

#include "telemetry/storage/bytes.h"

namespace capstan::telemetry {
namespace {

using testing::HasSubstr;

// Messages as the specification has them, made by hand so that the decoder is not tested against itself.
std::string field(uint64_t number, std::string_view bytes) {
  ByteWriter writer;
  writer.varint(number << 3 | 2);
  writer.text(bytes);
  return writer.take();
}
std::string label(std::string_view name, std::string_view value) { return field(1, field(1, name) + field(2, value)); }
std::string sample(double value, int64_t at_ms) {
  ByteWriter writer;
  writer.varint(1 << 3 | 1);
  writer.u64(std::bit_cast<uint64_t>(value));
  writer.varint(2 << 3 | 0);
  writer.varint(static_cast<uint64_t>(at_ms));
  return field(2, writer.take());
}
std::string compress(std::string_view content) {
  std::string body;
  snappy::Compress(content.data(), content.size(), &body);
  return body;
}
Result<RemoteWriteRequest> decode(std::string_view content, RemoteWriteLimits limits = {}) {
  return decode_remote_write(compress(content), limits);
}
std::string error_of(const Result<RemoteWriteRequest>& result) { return result ? "" : result.error().message; }

TEST(RemoteWrite, ReadsEverySampleOfEverySeries) {
  const auto request =
      decode(field(1, label("__name__", "up") + label("job", "a") + sample(1, 1000) + sample(0, 2000)) +
             field(1, label("__name__", "x") + sample(stale_nan(), -5)));
  ASSERT_TRUE(request) << error_of(request);
  EXPECT_EQ(request->samples, 3U);
  ASSERT_EQ(request->series.size(), 2U);
  EXPECT_EQ(request->series[0].labels, (Labels{{"__name__", "up"}, {"job", "a"}}));
  ASSERT_EQ(request->series[0].samples.size(), 2U);
  EXPECT_EQ(request->series[0].samples[1].at_ms, 2000);
  ASSERT_EQ(request->series[1].samples.size(), 1U);
  EXPECT_EQ(request->series[1].samples[0].at_ms, -5);
  EXPECT_TRUE(is_stale(request->series[1].samples[0].value));
}

TEST(RemoteWrite, AbsentFieldsOfASampleAreZero) {
  const auto request = decode(field(1, label("a", "b") + field(2, "")));
  ASSERT_TRUE(request) << error_of(request);
  EXPECT_EQ(request->series[0].samples[0].at_ms, 0);
  EXPECT_EQ(request->series[0].samples[0].value, 0);
}

TEST(RemoteWrite, CountsWhatItLeavesOut) {
  const auto request = decode(field(1, label("a", "b") + field(3, "ex") + field(4, "hi") + field(4, "hi")) +
                              field(3, "metadata") + field(99, "of the future"));
  ASSERT_TRUE(request) << error_of(request);
  EXPECT_EQ(request->exemplars, 1U);
  EXPECT_EQ(request->histograms, 2U);
  EXPECT_EQ(request->metadata, 1U);
}

TEST(RemoteWrite, SaysWhatIsWrong) {
  EXPECT_THAT(error_of(decode_remote_write("no snappy at all", {})), HasSubstr("snappy"));
  EXPECT_THAT(error_of(decode_remote_write("", {})), HasSubstr("snappy"));
  EXPECT_THAT(error_of(decode(field(1, "\xff"))), HasSubstr("ends in the middle"));
  EXPECT_THAT(error_of(decode(field(1, sample(1, 1)))), HasSubstr("no labels"));
  EXPECT_THAT(error_of(decode(field(1, label("a", "1") + label("a", "2")))), HasSubstr("twice"));
  EXPECT_THAT(error_of(decode(field(1, label("", "1")))), HasSubstr("no name"));
  EXPECT_THAT(error_of(decode(field(1, label("a", "\xc0\xaf")))), HasSubstr("UTF-8"));
  EXPECT_THAT(error_of(decode(std::string("\x08\x01", 2))), HasSubstr("wire type"));
}

TEST(RemoteWrite, HoldsItsLimits) {
  const std::string series = field(1, label("a", std::string(1000, 'b')) + sample(1, 1) + sample(1, 2));
  const auto code = [&](RemoteWriteLimits limits) {
    const auto request = decode(series, limits);
    return request ? ErrorCode::kInternal : request.error().code;
  };
  EXPECT_TRUE(decode(series));
  EXPECT_EQ(code({.compressed_bytes = 10}), ErrorCode::kResourceExhausted);
  EXPECT_EQ(code({.decompressed_bytes = 1000}), ErrorCode::kResourceExhausted);
  EXPECT_EQ(code({.samples = 1}), ErrorCode::kResourceExhausted);
  EXPECT_EQ(code({.labels = 0}), ErrorCode::kResourceExhausted);
}

TEST(RemoteWrite, ASeriesWithTooManyLabelsDoesNotTakeTheOthersWithIt) {
  std::string many;
  for (int i = 0; i < 65; ++i) many += label("l" + std::to_string(i), "v");
  const auto request = decode(field(1, many + sample(1, 1)) + field(1, label("a", "b") + sample(2, 2)));
  ASSERT_TRUE(request) << error_of(request);
  ASSERT_EQ(request->series.size(), 1U);
  EXPECT_EQ(request->series[0].labels, (Labels{{"a", "b"}}));
  ASSERT_TRUE(request->left_out);
  EXPECT_EQ(request->left_out->code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(request->left_out->message, HasSubstr("more than 64 labels was left out: {l0=\"v\""));
}

TEST(RemoteWrite, ManySamplesOfOneSeriesShareItsLabels) {
  std::string series = label("a", std::string(1000, 'b'));
  for (int i = 0; i < 100'000; ++i) series += field(2, "");
  const auto request = decode(field(1, series));
  ASSERT_TRUE(request) << error_of(request);
  ASSERT_EQ(request->series.size(), 1U);
  EXPECT_EQ(request->series[0].samples.size(), 100'000U);
}

}  // namespace
}  // namespace capstan::telemetry
