#include "telemetry/metrics/remote_write.h"

#include <fmt/format.h>
#include <snappy.h>

#include <bit>
#include <string>
#include <utility>

#include "base/utf8.h"
#include "telemetry/storage/bytes.h"

namespace capstan::telemetry {
namespace {

// Field numbers of the published messages.
enum WriteRequestField : uint64_t { kTimeseries = 1, kMetadata = 3 };
enum TimeSeriesField : uint64_t { kLabels = 1, kSamples = 2, kExemplars = 3, kHistograms = 4 };
enum LabelField : uint64_t { kName = 1, kValue = 2 };
enum SampleField : uint64_t { kSampleValue = 1, kTimestamp = 2 };

enum class Wire : uint64_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

struct Field {
  uint64_t number = 0;
  Wire wire = Wire::kVarint;
  uint64_t scalar = 0;
  std::string_view bytes;
};

std::unexpected<Error> malformed(std::string message) {
  return fail(ErrorCode::kInvalidArgument, "remote write request: " + std::move(message));
}

// The fields of one message, in the order they come; unknown ones are for the caller to skip.
class FieldReader {
 public:
  FieldReader(std::string_view bytes, std::string_view message) : reader_(bytes), message_(message) {}

  bool at_end() const { return reader_.at_end(); }
  Result<Field> next() {
    const uint64_t tag = reader_.varint();
    if (!reader_.ok()) return malformed(fmt::format("{} ends in the middle of a field", message_));
    Field field{.number = tag >> 3, .wire = static_cast<Wire>(tag & 7)};
    switch (field.wire) {
      case Wire::kVarint: field.scalar = reader_.varint(); break;
      case Wire::kFixed64: field.scalar = reader_.u64(); break;
      case Wire::kFixed32: field.scalar = reader_.u32(); break;
      case Wire::kBytes: field.bytes = reader_.text(); break;
      default: return malformed(fmt::format("{} has a field of unknown wire type {}", message_, tag & 7));
    }
    if (!reader_.ok()) return malformed(fmt::format("{} ends in the middle of a field", message_));
    if (field.number == 0) return malformed(fmt::format("{} has a field numbered 0", message_));
    return field;
  }
  // An error where a known field has another type than the published one.
  Status expect(const Field& field, Wire wire) const {
    if (field.wire == wire) return {};
    return malformed(fmt::format("field {} of {} has wire type {}, expected {}", field.number, message_,
                                 static_cast<int>(field.wire), static_cast<int>(wire)));
  }

 private:
  ByteReader reader_;
  std::string_view message_;
};

Result<Labels::Pair> read_label(std::string_view bytes) {
  Labels::Pair label;
  for (FieldReader reader(bytes, "a label"); !reader.at_end();) {
    const Field field = TRY(reader.next());
    if (field.number != kName && field.number != kValue) continue;
    TRY(reader.expect(field, Wire::kBytes));
    if (!is_utf8(field.bytes)) return malformed("a label is not valid UTF-8");
    (field.number == kName ? label.first : label.second) = field.bytes;
  }
  if (label.first.empty()) return malformed("a label has no name");
  return label;
}

Result<Sample> read_sample(std::string_view bytes) {
  Sample sample;
  for (FieldReader reader(bytes, "a sample"); !reader.at_end();) {
    const Field field = TRY(reader.next());
    if (field.number == kSampleValue) {
      TRY(reader.expect(field, Wire::kFixed64));
      sample.value = std::bit_cast<double>(field.scalar);
    } else if (field.number == kTimestamp) {
      TRY(reader.expect(field, Wire::kVarint));
      sample.at_ms = static_cast<int64_t>(field.scalar);
    }
  }
  return sample;
}

Result<Labels> to_labels(std::vector<Labels::Pair> pairs) {
  const size_t sent = pairs.size();
  size_t empty = 0;
  for (const Labels::Pair& pair : pairs) empty += pair.second.empty() ? 1 : 0;
  Labels labels(std::move(pairs));
  if (labels.size() + empty < sent) return malformed("the series " + labels.to_string() + " has a label twice");
  if (labels.empty()) return malformed("a series has no labels");
  return labels;
}

std::unexpected<Error> too_many_labels(std::vector<Labels::Pair> pairs) {
  const size_t limit = pairs.size();
  return malformed(fmt::format("a series with more than {} labels was left out: {}", limit,
                               Labels(std::move(pairs)).to_string().substr(0, 200)));
}

// Limits are checked as things come: a request is small, what it asks to be made of it need not be.
Status count_within(size_t& count, size_t limit, std::string_view what) {
  if (++count <= limit) return {};
  return fail(ErrorCode::kResourceExhausted,
              fmt::format("remote write request: more than the limit of {} {}", limit, what));
}

Status read_series(std::string_view bytes, const RemoteWriteLimits& limits, RemoteWriteRequest& request) {
  std::vector<Labels::Pair> pairs;
  Series series;
  for (FieldReader reader(bytes, "a time series"); !reader.at_end();) {
    const Field field = TRY(reader.next());
    if (field.number < kLabels || field.number > kHistograms) continue;
    TRY(reader.expect(field, Wire::kBytes));
    if (field.number == kLabels) {
      if (pairs.size() == limits.series_labels) {
        if (!request.left_out) request.left_out = too_many_labels(std::move(pairs)).error();
        return {};
      }
      TRY(count_within(request.labels, limits.labels, "labels"));
      pairs.push_back(TRY(read_label(field.bytes)));
    }
    if (field.number == kSamples) {
      TRY(count_within(request.samples, limits.samples, "samples"));
      series.samples.push_back(TRY(read_sample(field.bytes)));
    }
    if (field.number == kExemplars) ++request.exemplars;
    if (field.number == kHistograms) ++request.histograms;
  }
  series.labels = TRY(to_labels(std::move(pairs)));
  if (!series.samples.empty()) request.series.push_back(std::move(series));
  return {};
}

Result<std::string> decompress(std::string_view body, const RemoteWriteLimits& limits) {
  if (body.size() > limits.compressed_bytes) {
    return fail(ErrorCode::kResourceExhausted,
                fmt::format("remote write request: {} bytes, the limit is {}", body.size(), limits.compressed_bytes));
  }
  size_t size = 0;
  if (!snappy::GetUncompressedLength(body.data(), body.size(), &size)) return malformed("not a snappy block");
  if (size > limits.decompressed_bytes) {
    return fail(ErrorCode::kResourceExhausted,
                fmt::format("remote write request: {} bytes when decompressed, the limit is {}", size,
                            limits.decompressed_bytes));
  }
  // A block names its size before its content: what cannot be that small is not allocated for.
  if (!snappy::IsValidCompressedBuffer(body.data(), body.size())) return malformed("the snappy block is damaged");
  std::string content(size, '\0');
  if (!snappy::RawUncompress(body.data(), body.size(), content.data())) return malformed("the snappy block is damaged");
  return content;
}

}  // namespace

Result<RemoteWriteRequest> decode_remote_write(std::string_view body, const RemoteWriteLimits& limits) {
  const std::string content = TRY(decompress(body, limits));
  RemoteWriteRequest request;
  for (FieldReader reader(content, "the request"); !reader.at_end();) {
    const Field field = TRY(reader.next());
    if (field.number == kTimeseries) {
      TRY(reader.expect(field, Wire::kBytes));
      TRY(read_series(field.bytes, limits, request));
    } else if (field.number == kMetadata) {
      ++request.metadata;
    }
  }
  return request;
}

}  // namespace capstan::telemetry
