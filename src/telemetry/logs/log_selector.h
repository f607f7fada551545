// Which lines are asked for, as people of this field write it:
//   {unit="nginx", host=~"web.*"} |= "timeout" != "healthz" |~ "5[0-9]{2}" !~ "GET /metrics"
// Labels first, then conditions on the text, all of which must hold. Either part may be absent; "" means all lines.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/labels.h"
#include "telemetry/matcher.h"

namespace re2 {
class RE2;
}

namespace capstan::telemetry {

class LogSelector {
 public:
  // Errors name line and column and what was expected there. Strings are in double quotes with the escapes of Go
  // (\n, \t, \", \\) or in backquotes without any. Regular expressions are RE2: anchored for labels, anywhere in the
  // line for text.
  static Result<LogSelector> parse(std::string_view text);

  bool matches(const Labels& labels) const;
  bool matches(std::string_view line) const;
  // Whether every line passes.
  bool takes_all_lines() const { return filters_.empty(); }

 private:
  friend class LogSelectorParser;
  struct Filter {
    bool wanted = true;
    std::string text;
    std::shared_ptr<const re2::RE2> regex;  // Null for plain text.
  };
  std::vector<Matcher> matchers_;
  std::vector<Filter> filters_;
};

}  // namespace capstan::telemetry
