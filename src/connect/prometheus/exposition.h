// Reads what an exporter answers, line by line and without copying: Prometheus text 0.0.4 and OpenMetrics 1.0.
//
// Source: "Exposition formats" of the Prometheus documentation, and the OpenMetrics 1.0 specification. As in
// Prometheus, one bad line fails the whole page: half a page would look like series that ended.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace capstan::prometheus {

enum class Format { kText, kOpenMetrics };

// By the media type of an answer; anything that is not OpenMetrics is read as text.
Format format_of(std::string_view content_type);

// One line. The views point into the page.
struct RawSample {
  std::string_view series;  // Name and labels as they stand: `a_total{b="c"}`. Not yet checked: see series_text.h.
  double value = 0;
  bool has_timestamp = false;
  int64_t at_ms = 0;  // Unix milliseconds, when has_timestamp.
  int line = 0;
};

// Not thread-safe; lives no longer than the page.
class ExpositionReader {
 public:
  ExpositionReader(std::string_view page, Format format)
      : next_(page.data()), end_(page.data() + page.size()), format_(format) {}

  // False at the end of the page. Errors carry line and column; after one, the reader is of no more use.
  Result<bool> next(RawSample& sample);

 private:
  Status read_comment(std::string_view line);
  Status read_sample(const char* line_end, RawSample& sample);
  Status read_timestamp(std::string_view text, RawSample& sample) const;
  Status check_exemplar(std::string_view text) const;
  std::unexpected<Error> bad(const char* at, std::string_view expected) const;

  const char* next_;
  const char* end_;
  Format format_;
  const char* line_begin_ = nullptr;
  int line_ = 0;
  bool saw_eof_ = false;
};

// A value as Go's ParseFloat takes it, without hexadecimal and underscores: "1e3", "+Inf", "nan". False when it is
// none.
bool parse_value(std::string_view text, double& value);

// The end of `name` or `name{…}` at the front of `text`, quotes respected; npos when a brace or quote does not close.
size_t series_end(std::string_view text);

}  // namespace capstan::prometheus
