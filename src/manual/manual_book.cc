#include "manual/manual_book.h"

#include <fmt/format.h>
#include <re2/filtered_re2.h>
#include <re2/set.h>

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "base/trim.h"

namespace capstan::manual {
namespace {

constexpr int kShortestLiteral = 3;
constexpr size_t kMostPatterns = 50'000;
constexpr int64_t kMemory = int64_t{64} << 20;  // For all literals together.
constexpr size_t kLongestCode = 60;

// How much an entry says of a text: a code that is the whole text, a pattern, a code that stands in it, a range.
constexpr int kWholeCode = 4'000;
constexpr int kPattern = 3'000;
constexpr int kCode = 2'000;
constexpr int kRange = 1'000;
constexpr int kPrefix = 500;

struct Match {
  int score = 0;
  std::string code;
  std::map<std::string, std::string, std::less<>> captures;
};

std::string fill(std::string_view text, const Match& match) {
  std::string out;
  while (true) {
    const size_t open = text.find("{{");
    const size_t close = open == std::string_view::npos ? open : text.find("}}", open);
    if (close == std::string_view::npos) return out.append(text);
    std::string_view name = text.substr(open + 2, close - open - 2);
    while (name.starts_with(' ')) name.remove_prefix(1);
    while (name.ends_with(' ')) name.remove_suffix(1);
    out += text.substr(0, open);
    const auto found = match.captures.find(name);
    out += name == "code" ? match.code : found != match.captures.end() && !found->second.empty() ? found->second : "…";
    text.remove_prefix(close + 2);
  }
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

RE2::Options pattern_options() {
  RE2::Options options(RE2::Quiet);
  options.set_max_mem(1 << 20);
  return options;
}

}  // namespace

struct ManualBook::Index {
  struct Pattern {
    size_t item = 0;              // Whose pattern it is,
    std::string find_of_product;  // or how codes of this product are found.
  };
  std::vector<ManualFile> manuals;
  std::vector<const ManualItem*> items;
  std::unordered_map<std::string_view, std::vector<size_t>> exact;
  std::vector<std::pair<const CodeSpan*, size_t>> spans;  // Ranges and prefixes.
  std::vector<Pattern> patterns;                          // By their number in `filter`.
  re2::FilteredRE2 filter{kShortestLiteral};
  std::unique_ptr<RE2::Set> literals;
  std::vector<int> every_literal;

  Status add_pattern(const std::string& pattern, Pattern about);
  Status compile();
  std::vector<int> matching(std::string_view text) const;
  void look_up_code(std::string_view code, std::string_view product, int bonus, std::map<size_t, Match>& found) const;
};

ManualBook::ManualBook(std::unique_ptr<const Index> index) : index_(std::move(index)) {}
ManualBook::~ManualBook() = default;
size_t ManualBook::size() const { return index_->items.size(); }

std::vector<std::string> ManualBook::products() const {
  std::set<std::string> names;
  for (const ManualFile& manual : index_->manuals) names.insert(manual.product);
  return {names.begin(), names.end()};
}

Status ManualBook::Index::add_pattern(const std::string& pattern, Pattern about) {
  if (patterns.size() >= kMostPatterns) {
    return fail(ErrorCode::kResourceExhausted, fmt::format("manuals have at most {} patterns", kMostPatterns));
  }
  int number = 0;
  if (filter.Add(pattern, pattern_options(), &number) != RE2::NoError) {
    return fail(ErrorCode::kInvalidArgument, "a pattern cannot be read: " + pattern);
  }
  patterns.push_back(std::move(about));
  return {};
}

Status ManualBook::Index::compile() {
  if (patterns.empty()) return {};
  std::vector<std::string> texts;
  filter.Compile(&texts);
  RE2::Options options(RE2::Quiet);
  options.set_literal(true);
  options.set_max_mem(kMemory);
  literals = std::make_unique<RE2::Set>(options, RE2::UNANCHORED);
  for (const std::string& text : texts) {
    if (literals->Add(text, nullptr) < 0) {
      return fail(ErrorCode::kInvalidArgument, "a pattern cannot be searched for: " + text);
    }
    every_literal.push_back(static_cast<int>(every_literal.size()));
  }
  if (!texts.empty() && !literals->Compile()) {
    return fail(ErrorCode::kResourceExhausted, "the manuals have more patterns than can be searched for at once");
  }
  if (texts.empty()) literals.reset();
  return {};
}

std::vector<int> ManualBook::Index::matching(std::string_view text) const {
  std::vector<int> matched;
  if (patterns.empty()) return matched;
  std::vector<int> present;
  if (literals) {
    RE2::Set::ErrorInfo error{};
    const bool any = literals->Match(lower(text), &present, &error);
    // Short of memory it cannot tell; then every pattern is tried.
    if (!any && error.kind != RE2::Set::kNoError) present = every_literal;
  }
  filter.AllMatches(re2::StringPiece(text.data(), text.size()), present, &matched);
  return matched;
}

void ManualBook::Index::look_up_code(std::string_view code, std::string_view product, int bonus,
                                     std::map<size_t, Match>& found) const {
  const auto note = [&](size_t item, int score) {
    if (!product.empty() && items[item]->entry.product != product) return;
    Match& match = found[item];
    match.score += score;
    if (match.code.empty()) match.code = code;
  };
  std::set<std::string_view> told;  // What has an entry of its own needs none for many.
  if (const auto known = exact.find(code); known != exact.end()) {
    for (size_t item : known->second) {
      note(item, bonus);
      told.insert(items[item]->entry.product);
    }
  }
  for (const auto& [span, item] : spans) {
    if (told.contains(items[item]->entry.product) || !span->contains(code)) continue;
    const bool is_range = span->kind() == CodeSpan::Kind::kRange;
    note(item, is_range ? kRange : kPrefix + static_cast<int>(span->text().size()));
  }
}

Result<std::shared_ptr<const ManualBook>> ManualBook::create(std::vector<ManualFile> manuals) {
  auto index = std::make_unique<Index>();
  index->manuals = std::move(manuals);
  for (const ManualFile& manual : index->manuals) {
    for (const std::string& find : manual.finds) TRY(index->add_pattern(find, {0, manual.product}));
    for (const ManualItem& item : manual.items) {
      const size_t number = index->items.size();
      index->items.push_back(&item);
      if (!item.pattern.empty()) TRY(index->add_pattern(item.pattern, {number, ""}));
      for (const CodeSpan& span : item.codes) {
        if (span.kind() == CodeSpan::Kind::kExact) {
          index->exact[span.text()].push_back(number);
        } else {
          index->spans.emplace_back(&span, number);
        }
      }
    }
  }
  TRY(index->compile());
  return std::shared_ptr<const ManualBook>(new ManualBook(std::move(index)));
}

std::vector<ManualEntry> ManualBook::look_up(std::string_view text, std::string_view product, size_t most) const {
  text = text.substr(0, kLongestText);
  std::map<size_t, Match> found;
  if (const std::string_view code = trim(text, " \t\r\n\"'"); !code.empty() && code.size() <= kLongestCode) {
    index_->look_up_code(code, product, kWholeCode, found);
  }
  for (const int number : index_->matching(text)) {
    const Index::Pattern& pattern = index_->patterns[static_cast<size_t>(number)];
    const RE2& expression = index_->filter.GetRE2(number);
    std::vector<re2::StringPiece> groups(static_cast<size_t>(expression.NumberOfCapturingGroups()) + 1);
    if (!expression.Match(re2::StringPiece(text.data(), text.size()), 0, text.size(), RE2::UNANCHORED, groups.data(),
                          static_cast<int>(groups.size()))) {
      continue;
    }
    if (!pattern.find_of_product.empty()) {
      if (!product.empty() && product != pattern.find_of_product) continue;
      size_t group = 1;
      while (group < groups.size() && groups[group].empty()) ++group;
      if (group == groups.size()) continue;
      const std::string_view code(groups[group].data(), groups[group].size());
      index_->look_up_code(code, pattern.find_of_product, kCode, found);
      continue;
    }
    if (!product.empty() && index_->items[pattern.item]->entry.product != product) continue;
    Match& match = found[pattern.item];
    match.score += kPattern + static_cast<int>(std::min<size_t>(index_->items[pattern.item]->pattern.size(), 500));
    for (const auto& [number_of, name] : expression.CapturingGroupNames()) {
      const re2::StringPiece& value = groups[static_cast<size_t>(number_of)];
      match.captures[name] = std::string(value.data(), value.size());
    }
  }
  std::vector<std::pair<int, size_t>> order;
  for (const auto& [item, match] : found) order.emplace_back(-match.score, item);
  std::ranges::sort(order);
  std::vector<ManualEntry> entries;
  for (const auto& [score, number] : order) {
    if (entries.size() >= most) break;
    const ManualItem& item = *index_->items[number];
    Match& match = found[number];
    if (match.code.empty() && item.codes.size() == 1 && item.codes[0].kind() == CodeSpan::Kind::kExact) {
      match.code = item.codes[0].text();
    }
    ManualEntry entry = item.entry;
    entry.code = match.code;
    entry.means = fill(entry.means, match);
    for (std::string& cause : entry.causes) cause = fill(cause, match);
    for (std::string& remedy : entry.remedies) remedy = fill(remedy, match);
    entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace capstan::manual
