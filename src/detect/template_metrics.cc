#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>

#include "base/regex_replacement.h"
#include "base/time.h"
#include "detect/humanize.h"
#include "detect/template_function_table.h"

namespace capstan::detect {
namespace {

constexpr size_t kMaxQuerySamples = 10'000;

Result<TemplateValue> text_value(std::string text) { return TemplateValue{std::move(text)}; }

template <std::string (*F)(double)>
Result<TemplateValue> of_number(const TemplateCall& call) {
  return text_value(F(TRY(call.number(0))));
}

Result<std::shared_ptr<const TemplateList>> list_argument(const TemplateCall& call, size_t index) {
  if (const auto* list = std::get_if<std::shared_ptr<const TemplateList>>(&call[index].data)) return *list;
  return fail(ErrorCode::kInvalidArgument, fmt::format("expected the result of a query, found {}", call[index].type()));
}

Result<SeriesSample> sample_argument(const TemplateCall& call, size_t index) {
  if (const auto* sample = std::get_if<SeriesSample>(&call[index].data)) return *sample;
  return fail(ErrorCode::kInvalidArgument, fmt::format("expected a sample of a query, found {}", call[index].type()));
}

Result<TemplateValue> query(const TemplateCall& call) {
  const std::string expression = TRY(call.text(0));
  if (!call.world.signals) return fail(ErrorCode::kFailedPrecondition, "queries cannot be answered here");
  std::vector<SeriesSample> samples = TRY(call.world.signals->query(expression, call.world.at));
  if (samples.size() > kMaxQuerySamples) {
    return fail(ErrorCode::kResourceExhausted, fmt::format("the query gives more than {} samples", kMaxQuerySamples));
  }
  TemplateList list;
  for (SeriesSample& sample : samples) list.push_back(TemplateValue{std::move(sample)});
  return TemplateValue{std::make_shared<const TemplateList>(std::move(list))};
}

Result<TemplateValue> first(const TemplateCall& call) {
  const auto list = TRY(list_argument(call, 0));
  if (list->empty()) return fail(ErrorCode::kNotFound, "first() called on vector with no elements");
  return TemplateValue(list->front());
}

Result<TemplateValue> value(const TemplateCall& call) {
  return TemplateValue{TRY(sample_argument(call, 0)).sample.value};
}

Result<TemplateValue> label(const TemplateCall& call) {
  return text_value(std::string(TRY(sample_argument(call, 1)).labels.get(TRY(call.text(0)))));
}

Result<TemplateValue> string_value(const TemplateCall& call) {
  return text_value(std::string(TRY(sample_argument(call, 0)).labels.get("__value__")));
}

Result<TemplateValue> sort_by_label(const TemplateCall& call) {
  const std::string name = TRY(call.text(0));
  TemplateList list = *TRY(list_argument(call, 1));
  const auto key = [&](const TemplateValue& one) -> std::string_view {
    const auto* sample = std::get_if<SeriesSample>(&one.data);
    return sample ? sample->labels.get(name) : std::string_view();
  };
  std::ranges::stable_sort(list, {}, key);
  return TemplateValue{std::make_shared<const TemplateList>(std::move(list))};
}

using Regex = std::unique_ptr<re2::RE2>;
Result<Regex> compile(const std::string& pattern) {
  auto regex = std::make_unique<re2::RE2>(pattern, re2::RE2::Quiet);
  if (!regex->ok()) return fail(ErrorCode::kInvalidArgument, fmt::format("'{}': {}", pattern, regex->error()));
  return regex;
}

Result<TemplateValue> match(const TemplateCall& call) {
  const Regex regex = TRY(compile(TRY(call.text(0))));
  return TemplateValue{re2::RE2::PartialMatch(TRY(call.text(1)), *regex)};
}

Result<TemplateValue> replace_all(const TemplateCall& call) {
  const Regex regex = TRY(compile(TRY(call.text(0))));
  const std::string form = TRY(call.text(1));
  const std::string text = TRY(call.text(2));
  const RegexReplacement replacement(form, *regex);
  std::vector<re2::StringPiece> groups(static_cast<size_t>(regex->NumberOfCapturingGroups()) + 1);
  std::string out;
  size_t at = 0;
  size_t copied = 0;
  while (at <= text.size() &&
         regex->Match(text, at, text.size(), re2::RE2::UNANCHORED, groups.data(), static_cast<int>(groups.size()))) {
    const auto begin = static_cast<size_t>(groups[0].data() - text.data());
    const size_t size = groups[0].size();
    out.append(text, copied, begin - copied);
    // An empty match right behind the last one is none of its own.
    if (size > 0 || begin != copied || begin == 0) out += replacement.expand(groups);
    copied = begin + size;
    at = size > 0 ? copied : copied + 1;
    if (out.size() > 1 << 20) return fail(ErrorCode::kResourceExhausted, "the replaced text is too long");
  }
  out.append(text, std::min(copied, text.size()));
  return text_value(std::move(out));
}

Result<TemplateValue> to_upper(const TemplateCall& call) {
  std::string text = TRY(call.text(0));
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  }
  return text_value(std::move(text));
}

Result<TemplateValue> to_lower(const TemplateCall& call) {
  std::string text = TRY(call.text(0));
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return text_value(std::move(text));
}

Result<TemplateValue> title(const TemplateCall& call) {
  std::string text = TRY(call.text(0));
  bool starts = true;
  for (char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (starts && c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
    starts = byte < 0x80 && c != '_' && !isalnum(byte);
  }
  return text_value(std::move(text));
}

// "host:9100" and "[::1]:9100" without the port; what has none stays as it is.
std::string without_port(const std::string& address) {
  if (address.starts_with('[')) {
    const size_t end = address.find("]:");
    return end == std::string::npos ? address : address.substr(1, end - 1);
  }
  const size_t colon = address.find(':');
  return colon == std::string::npos || address.find(':', colon + 1) != std::string::npos ? address
                                                                                         : address.substr(0, colon);
}

Result<TemplateValue> strip_port(const TemplateCall& call) { return text_value(without_port(TRY(call.text(0)))); }

Result<TemplateValue> strip_domain(const TemplateCall& call) {
  const std::string address = TRY(call.text(0));
  const std::string host = without_port(address);
  const bool is_number =
      host.find_first_not_of("0123456789.") == std::string::npos || host.find(':') != std::string::npos;
  if (is_number) return text_value(address);
  const std::string port = address.substr(std::min(host.size(), address.size()));
  return text_value(host.substr(0, host.find('.')) + port);
}

Result<TemplateValue> parse_duration_text(const TemplateCall& call) {
  return TemplateValue{to_seconds(TRY(parse_duration(TRY(call.text(0)))))};
}

std::string query_escape(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == ' ')
      out += '+';
    else if (isalnum(static_cast<unsigned char>(c)) || std::string_view("-_.~").find(c) != std::string_view::npos)
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

Result<TemplateValue> graph_link(const TemplateCall& call) {
  return text_value("/graph?g0.expr=" + query_escape(TRY(call.text(0))) + "&g0.tab=0");
}
Result<TemplateValue> table_link(const TemplateCall& call) {
  return text_value("/graph?g0.expr=" + query_escape(TRY(call.text(0))) + "&g0.tab=1");
}
Result<TemplateValue> escape_query(const TemplateCall& call) { return text_value(query_escape(TRY(call.text(0)))); }
Result<TemplateValue> external_url(const TemplateCall& call) { return text_value(call.data.external_url); }
Result<TemplateValue> external_labels(const TemplateCall& call) { return TemplateValue{call.data.external_labels}; }

Result<TemplateValue> path_prefix(const TemplateCall& call) {
  const std::string& url = call.data.external_url;
  const size_t host = url.find("://");
  const size_t path = url.find('/', host == std::string::npos ? 0 : host + 3);
  return text_value(path == std::string::npos ? "" : url.substr(path));
}

constexpr std::array<TemplateFunction, 25> kFunctions = {{{"query", 1, 1, query},
                                                          {"first", 1, 1, first},
                                                          {"value", 1, 1, value},
                                                          {"label", 2, 2, label},
                                                          {"strvalue", 1, 1, string_value},
                                                          {"sortByLabel", 2, 2, sort_by_label},
                                                          {"humanize", 1, 1, of_number<humanize>},
                                                          {"humanize1024", 1, 1, of_number<humanize_1024>},
                                                          {"humanizeDuration", 1, 1, of_number<humanize_duration>},
                                                          {"humanizePercentage", 1, 1, of_number<humanize_percentage>},
                                                          {"humanizeTimestamp", 1, 1, of_number<humanize_timestamp>},
                                                          {"title", 1, 1, title},
                                                          {"toUpper", 1, 1, to_upper},
                                                          {"toLower", 1, 1, to_lower},
                                                          {"match", 2, 2, match},
                                                          {"reReplaceAll", 3, 3, replace_all},
                                                          {"stripPort", 1, 1, strip_port},
                                                          {"stripDomain", 1, 1, strip_domain},
                                                          {"parseDuration", 1, 1, parse_duration_text},
                                                          {"graphLink", 1, 1, graph_link},
                                                          {"tableLink", 1, 1, table_link},
                                                          {"urlquery", 1, 1, escape_query},
                                                          {"externalURL", 0, 0, external_url},
                                                          {"externalLabels", 0, 0, external_labels},
                                                          {"pathPrefix", 0, 0, path_prefix}}};

}  // namespace

std::span<const TemplateFunction> metric_template_functions() { return kFunctions; }

}  // namespace capstan::detect
