#include "manual/manual_file.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <charconv>

#include "base/config.h"
#include "base/trim.h"

namespace capstan::manual {
namespace {

constexpr size_t kMostItems = 20'000;
constexpr size_t kLongestPattern = 1'000;
constexpr size_t kLongestCode = 60;
constexpr size_t kMostTexts = 20;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// "TBR-7001" as "TBR-" and 7001.
struct Numbered {
  std::string_view beginning;
  int64_t number = 0;
};
std::optional<Numbered> numbered(std::string_view code) {
  size_t digits = code.size();
  while (digits > 0 && is_digit(code[digits - 1])) --digits;
  Numbered found{.beginning = code.substr(0, digits)};
  const auto [end, error] = std::from_chars(code.data() + digits, code.data() + code.size(), found.number);
  if (error != std::errc() || end != code.data() + code.size()) return std::nullopt;
  return found;
}

// The text's placeholders must be captures of the pattern, or the code.
Status check_placeholders(std::string_view text, const std::vector<std::string>& known) {
  for (size_t at = text.find("{{"); at != std::string_view::npos; at = text.find("{{", at)) {
    const size_t end = text.find("}}", at);
    if (end == std::string_view::npos) return fail(ErrorCode::kInvalidArgument, "a '{{' is not closed by '}}'");
    const std::string_view name = trim(text.substr(at + 2, end - at - 2));
    if (std::ranges::find(known, name) == known.end()) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("'{{{{{}}}}}' is none of what the text can hold: {}", name, fmt::join(known, ", ")));
    }
    at = end + 2;
  }
  return {};
}

Status check_pattern(const std::string& pattern, int groups_least) {
  if (pattern.size() > kLongestPattern) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("a pattern has at most {} characters", kLongestPattern));
  }
  RE2::Options options(RE2::Quiet);
  options.set_max_mem(1 << 20);
  const RE2 read(pattern, options);
  if (!read.ok()) return fail(ErrorCode::kInvalidArgument, "the pattern cannot be read: " + read.error());
  if (read.NumberOfCapturingGroups() < groups_least) {
    return fail(ErrorCode::kInvalidArgument, "needs a group that is the code: 'ERROR ([0-9]+)'");
  }
  if (RE2::PartialMatch("", read)) {
    return fail(ErrorCode::kInvalidArgument, "the pattern matches everything");
  }
  return {};
}

class ItemReader {
 public:
  ItemReader(const ConfigNode& node, const ManualFile& manual, std::string_view see)
      : node_(node), reader_(node, "an entry"), manual_(manual), see_(see) {}

  ManualItem read(std::vector<Error>& problems) {
    ManualItem item;
    item.entry.product = manual_.product;
    item.entry.title = manual_.title;
    read_codes(item);
    read_pattern(item);
    read_severity(item.entry);
    item.entry.means = reader_.required_string("means");
    item.entry.causes = texts("causes");
    item.entry.remedies = texts("remedies");
    item.entry.see = reader_.string_or("see", see_);
    item.entry.versions = reader_.string_or("versions", "");
    check("means", {item.entry.means});
    check("causes", item.entry.causes);
    check("remedies", item.entry.remedies);
    for (Error& problem : reader_.problems()) problems.push_back(std::move(problem));
    return item;
  }

 private:
  void read_codes(ManualItem& item) {
    for (const std::string& text : reader_.strings("code")) {
      Result<CodeSpan> span = CodeSpan::parse(text);
      if (!span) {
        reader_.problem(reader_.at("code"), span.error().message);
      } else {
        item.codes.push_back(*std::move(span));
      }
    }
    if (!item.codes.empty()) placeholders_.push_back("code");
  }

  void read_pattern(ManualItem& item) {
    item.pattern = reader_.string_or("pattern", "");
    if (item.pattern.empty()) {
      if (node_.is_map() && !reader_.has("code"))
        reader_.problem(node_, "an entry needs a 'code', a 'pattern' or both");
      return;
    }
    if (const Status good = check_pattern(item.pattern, 0); !good) {
      return reader_.problem(reader_.at("pattern"), good.error().message);
    }
    const RE2 read(item.pattern, RE2::Quiet);
    for (const auto& [name, group] : read.NamedCapturingGroups()) placeholders_.push_back(name);
  }

  void read_severity(ManualEntry& entry) {
    const std::string text = reader_.string_or("severity", "medium");
    if (const auto severity = parse_severity(text)) {
      entry.severity = *severity;
    } else {
      reader_.problem(reader_.at("severity"),
                      fmt::format("'severity' must be one of info, low, medium, high, critical, found '{}'", text));
    }
  }

  std::vector<std::string> texts(std::string_view key) {
    std::vector<std::string> found = reader_.strings(key);
    if (found.size() > kMostTexts) {
      reader_.problem(reader_.at(key), fmt::format("'{}' has at most {} texts", key, kMostTexts));
    }
    return found;
  }

  void check(std::string_view key, const std::vector<std::string>& texts) {
    for (const std::string& text : texts) {
      if (const Status good = check_placeholders(text, placeholders_); !good) {
        reader_.problem(reader_.at(key), fmt::format("'{}': {}", key, good.error().message));
      }
    }
  }

  const ConfigNode& node_;
  MapReader reader_;
  const ManualFile& manual_;
  std::string_view see_;
  std::vector<std::string> placeholders_;
};

ManualFile read_manual(const ConfigNode& document, std::vector<Error>& problems) {
  MapReader reader(document, "a manual");
  ManualFile manual;
  manual.product = reader.required_string("manual");
  manual.title = reader.string_or("title", manual.product);
  const std::string see = reader.string_or("see", "");
  manual.finds = reader.strings("codes");
  for (const std::string& find : manual.finds) {
    if (const Status good = check_pattern(find, 1); !good) {
      reader.problem(reader.at("codes"), "'codes': " + good.error().message);
    }
  }
  if (const ConfigNode* entries = reader.required_node("entries", ConfigNode::Kind::kSequence)) {
    if (entries->items.size() > kMostItems) {
      reader.problem(*entries, fmt::format("a manual has at most {} entries", kMostItems));
    } else {
      for (const ConfigNode& node : entries->items)
        manual.items.push_back(ItemReader(node, manual, see).read(problems));
    }
  }
  for (Error& problem : reader.problems()) problems.push_back(std::move(problem));
  return manual;
}

}  // namespace

Result<CodeSpan> CodeSpan::parse(std::string_view text) {
  const std::string_view whole = trim(text);
  const auto wrong = [&](std::string_view why) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("the code '{}' {}", whole, why));
  };
  if (whole.empty() || whole.size() > kLongestCode) return wrong("must have 1 to 60 characters");
  CodeSpan span;
  span.text_ = whole;
  if (whole.ends_with('*')) {
    span.kind_ = Kind::kPrefix;
    span.text_.pop_back();
    return span.text_.empty() ? Result<CodeSpan>(wrong("is every code")) : Result<CodeSpan>(span);
  }
  const size_t dots = whole.find("..");
  if (dots == std::string_view::npos) return span;
  const auto first = numbered(whole.substr(0, dots));
  const auto last = numbered(whole.substr(dots + 2));
  if (!first || !last || first->beginning != last->beginning || first->number > last->number) {
    return wrong("is no range: expected two numbers after the same beginning, such as TBR-7001..TBR-7099");
  }
  span.kind_ = Kind::kRange;
  span.beginning_ = first->beginning;
  span.first_ = first->number;
  span.last_ = last->number;
  return span;
}

bool CodeSpan::contains(std::string_view code) const {
  if (kind_ == Kind::kExact) return code == text_;
  if (kind_ == Kind::kPrefix) return code.starts_with(text_);
  const auto number = numbered(code);
  return number && number->beginning == beginning_ && number->number >= first_ && number->number <= last_;
}

ReadManuals read_manuals(std::string_view text, std::string_view file) {
  ReadManuals read;
  const Result<std::vector<ConfigNode>> documents = parse_yaml(text, file);
  if (!documents) {
    read.problems.push_back(documents.error());
    return read;
  }
  for (const ConfigNode& document : *documents) {
    if (document.is_map() && document.find("manual") != nullptr) {
      read.manuals.push_back(read_manual(document, read.problems));
    }
  }
  return read;
}

}  // namespace capstan::manual
