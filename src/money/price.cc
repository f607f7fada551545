#include "money/price.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "base/config.h"
#include "base/suggest.h"
#include "catalog/sql_fragment.h"
#include "decide/zone.h"
#include "money/amount.h"

namespace capstan::money {
namespace {

constexpr size_t kMostPrices = 1'000;
constexpr size_t kMostRows = 2'000;  // Of one table.
constexpr size_t kLongestText = 4'000;

bool is_word_part(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool same_word(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return lower(x) == lower(y);
  });
}

// Calls `use` with each word that stands outside of 'texts'; it ends where that says true.
template <class F>
bool any_word(std::string_view sql, F&& use) {
  for (size_t at = 0; at < sql.size();) {
    if (sql[at] == '\'') {
      const size_t end = sql.find('\'', at + 1);
      at = end == std::string_view::npos ? sql.size() : end + 1;
    } else if (is_word_part(sql[at])) {
      size_t end = at;
      while (end < sql.size() && is_word_part(sql[end])) ++end;
      if (use(sql.substr(at, end - at))) return true;
      at = end;
    } else {
      ++at;
    }
  }
  return false;
}

bool is_currency(std::string_view text) {
  return text.size() == 3 && std::ranges::all_of(text, [](char c) { return c >= 'A' && c <= 'Z'; });
}

// Reads one document; every mistake is told where it stands.
class PriceReader {
 public:
  PriceReader(const ConfigNode& document, std::span<const KindSpec> kinds, const SqlSource* sql,
              std::vector<Error>& problems)
      : document_(document), map_(document, "a price"), kinds_(kinds), sql_(sql), problems_(problems) {}

  Price read() {
    Price price{
        .name = map_.required_string("price"), .currency = map_.required_string("currency"), .at = document_.where};
    (void)map_.string_or("help", "");
    if (!price.currency.empty() && !is_currency(price.currency))
      map_.problem(map_.at("currency"), "'currency' must be three capital letters, such as USD");
    read_selection(price);
    price.running = map_.string_or("while", "");
    check("while", price.kind, price.running);
    if (const ConfigNode* node = map_.node("per_hour"))
      price.per_hour = rate(*node, price.kind);
    else
      map_.problem(document_, "'per_hour' is missing: a number, an SQL expression, or { by, times, table }");
    if (const ConfigNode* node = map_.node("stopped")) price.stopped = stopped(*node, price);
    price.from = read_from();
    for (Error& problem : map_.problems()) problems_.push_back(std::move(problem));
    return price;
  }

 private:
  void absorb(MapReader& inner) {
    for (Error& problem : inner.problems()) problems_.push_back(std::move(problem));
  }

  void read_selection(Price& price) {
    const ConfigNode* node = map_.required_node("of", ConfigNode::Kind::kMap);
    if (node == nullptr) return;
    MapReader of(*node, "'of'");
    price.kind = of.required_string("kind");
    std::vector<std::string_view> known;
    for (const KindSpec& kind : kinds_) {
      if (!kind.is_part()) known.push_back(kind.name);
    }
    if (!price.kind.empty() && std::ranges::find(known, price.kind) == known.end()) {
      of.problem(of.at("kind"), fmt::format("no kind '{}'{}", price.kind, did_you_mean(price.kind, known)));
      price.kind.clear();
    }
    if (Result<LabelSelector> labels = LabelSelector::parse(of.string_or("labels", "")))
      price.labels = *std::move(labels);
    else
      of.problem(of.at("labels"), labels.error().message);
    price.where = of.string_or("where", "");
    absorb(of);
    check_at(node->find("where") ? *node->find("where") : *node, price.kind, price.where);
  }

  std::string rate(const ConfigNode& node, std::string_view kind) {
    std::string text = node.is_map() ? table(node) : node.is_scalar() ? node.scalar : "";
    if (text.empty()) {
      if (!node.is_map()) map_.problem(node, "expected a number, an SQL expression, or { by, times, table }");
      return text;
    }
    const Json value = node.to_json();
    if (value.is_number() && !rate_of(value.number_or(0)))
      map_.problem(node, "a price must be a number from 0 to 1000000 an hour");
    check_at(node, kind, text);
    return text;
  }

  // As an expression: CASE by WHEN 'm5.xlarge' THEN 0.236 … END * times.
  std::string table(const ConfigNode& node) {
    MapReader reader(node, "a table of prices");
    const std::string by = reader.required_string("by");
    const std::string times = reader.string_or("times", "1");
    const ConfigNode* rows = reader.required_node("table", ConfigNode::Kind::kMap);
    for (const std::string_view key : {"by", "times"}) {
      const Status whole = node.find(key) ? catalog::check_fragment(key == "by" ? by : times) : Status();
      if (!whole) reader.problem({whole.error().code, "in the SQL: " + whole.error().message, reader.at(key).where});
    }
    std::string text = fmt::format("CASE ({})", by);
    if (rows != nullptr) {
      if (rows->members.empty() || rows->members.size() > kMostRows)
        reader.problem(*rows, fmt::format("expected 1 to {} prices", kMostRows));
      for (const ConfigMember& row : rows->members) {
        const Json value = row.value.to_json();
        if (!value.is_number() || !rate_of(value.number_or(-1)))
          reader.problem(row.value, "a price must be a number from 0 to 1000000 an hour");
        text += fmt::format(" WHEN {} THEN {}", sql_quote(row.key.scalar), value.is_number() ? row.value.scalar : "0");
      }
    }
    text += fmt::format(" END * ({})", times);
    const bool good = rows != nullptr && !by.empty();
    absorb(reader);
    return good ? text : "";
  }

  std::string stopped(const ConfigNode& node, const Price& price) {
    MapReader reader(node, "'stopped'");
    std::string text = "0";
    if (const ConfigNode* each = reader.node("per_hour"))
      text = rate(*each, price.kind);
    else
      reader.problem(node, "'per_hour' is missing");
    if (price.running.empty()) reader.problem(node, "'stopped' needs 'while', which says when it runs");
    absorb(reader);
    return text;
  }

  // A day begins in `zone`.
  std::optional<Time> read_from() {
    const ConfigNode* zone_node = map_.node("zone");
    const ConfigNode* node = map_.node("from");
    decide::Zone zone;
    if (zone_node != nullptr) {
      if (const auto found = decide::Zone::find(zone_node->scalar))
        zone = *found;
      else
        map_.problem(*zone_node, found.error().message);
    }
    if (node == nullptr) return std::nullopt;
    const bool is_day = node->scalar.size() == 10;
    const Result<Time> time = parse_time(is_day ? node->scalar + "T00:00:00Z" : node->scalar);
    if (!time) {
      map_.problem(*node, "'from' must be a day or a time, such as 2026-11-01");
      return std::nullopt;
    }
    if (!is_day) return *time;
    return zone.instant(decide::LocalTime(time->time_since_epoch()));
  }

  void check(std::string_view key, std::string_view kind, std::string_view text) { check_at(map_.at(key), kind, text); }

  void check_at(const ConfigNode& at, std::string_view kind, std::string_view text) {
    if (text.empty() || kind.empty()) return;
    if (text.size() > kLongestText && !at.is_map()) map_.problem(at, "this is too long for a price");
    if (const Status whole = catalog::check_fragment(text); !whole)
      return map_.problem({whole.error().code, "in the SQL: " + whole.error().message, at.where});
    for (const std::string_view word : {"select", "now", "with"}) {
      if (!names_word(text, word)) continue;
      return map_.problem(at,
                          fmt::format("a price looks at the columns of {} alone, so that the same past always costs "
                                      "the same: no '{}'",
                                      kind, word));
    }
    if (sql_ == nullptr) return;
    const Status checked = sql_->check(fmt::format("SELECT (\n{}\n) FROM {}", text, kind));
    if (!checked) map_.problem({checked.error().code, "in the SQL: " + checked.error().message, at.where});
  }

  const ConfigNode& document_;
  MapReader map_;
  std::span<const KindSpec> kinds_;
  const SqlSource* sql_;
  std::vector<Error>& problems_;
};

std::string place_of(const Price& price) { return fmt::format("{}:{}", price.at.file, price.at.line); }

Time begin_of(const Price& price) { return price.from.value_or(Time::min()); }

// Puts a price beside those that are known, or in the place of a pack's.
Status put(std::vector<Price>& prices, Price price) {
  if (!price.from_pack)
    std::erase_if(prices, [&](const Price& each) { return each.from_pack && each.name == price.name; });
  for (const Price& each : prices) {
    if (each.name != price.name || each.from != price.from) continue;
    return fail(ErrorCode::kAlreadyExists,
                fmt::format("the price '{}' is already at {}; a newer one needs a 'from' of its own", price.name,
                            place_of(each)),
                price.at);
  }
  prices.push_back(std::move(price));
  return {};
}

// Each of a name ends where the next begins.
void chain(std::vector<Price>& prices) {
  std::ranges::sort(prices, [](const Price& a, const Price& b) {
    return std::pair(std::string_view(a.name), begin_of(a)) < std::pair(std::string_view(b.name), begin_of(b));
  });
  for (size_t i = 0; i < prices.size(); ++i) {
    const bool has_next = i + 1 < prices.size() && prices[i + 1].name == prices[i].name;
    prices[i].until = has_next ? prices[i + 1].from : std::nullopt;
  }
}

// Two that hold for everything of a kind at once; where conditions tell them apart only the resources can show it.
std::vector<Error> overlaps(const std::vector<Price>& prices, const std::string& file) {
  std::vector<Error> problems;
  const auto is_for_all = [](const Price& price) { return price.where.empty() && price.labels.empty(); };
  for (size_t i = 0; i < prices.size(); ++i) {
    for (size_t j = i + 1; j < prices.size(); ++j) {
      // Told where the newer one stands: what was read before is in order.
      const bool first_is_new = prices[i].at.file == file && prices[j].at.file != file;
      const Price &a = prices[first_is_new ? j : i], &b = prices[first_is_new ? i : j];
      if (a.kind != b.kind || a.name == b.name || !is_for_all(a) || !is_for_all(b)) continue;
      const Time begin = std::max(begin_of(a), begin_of(b));
      const Time end = std::min(a.until.value_or(Time::max()), b.until.value_or(Time::max()));
      if (begin >= end) continue;
      problems.push_back({ErrorCode::kAlreadyExists,
                          fmt::format("'{}' and '{}' ({}) both price every {}; tell them apart by 'where' or 'labels'",
                                      b.name, a.name, place_of(a), a.kind),
                          b.at});
    }
  }
  return problems;
}

void read_file(const PriceText& file, std::span<const KindSpec> kinds, const SqlSource* sql, ReadPrices& read) {
  const Result<std::vector<ConfigNode>> documents = parse_yaml(file.text, file.path);
  if (!documents) {
    read.problems.push_back(documents.error());
    return;
  }
  std::vector<Price> prices = read.prices;
  std::vector<Error> problems;
  for (const ConfigNode& document : *documents) {
    if (!document.is_map() || document.find("price") == nullptr) continue;
    Price price = PriceReader(document, kinds, sql, problems).read();
    price.from_pack = file.from_pack;
    if (const Status taken = put(prices, std::move(price)); !taken) problems.push_back(taken.error());
    if (prices.size() > kMostPrices) {
      problems.push_back(
          {ErrorCode::kResourceExhausted, fmt::format("more than {} prices", kMostPrices), document.where});
      break;
    }
  }
  chain(prices);
  if (problems.empty()) problems = overlaps(prices, file.path);
  if (problems.empty()) read.prices = std::move(prices);
  std::ranges::move(problems, std::back_inserter(read.problems));
}

}  // namespace

bool names_word(std::string_view sql, std::string_view word) {
  return any_word(sql, [&](std::string_view each) { return same_word(each, word); });
}

ReadPrices read_prices(std::span<const PriceText> files, std::span<const KindSpec> kinds, const SqlSource* sql) {
  ReadPrices read;
  for (const PriceText& file : files) read_file(file, kinds, sql, read);
  return read;
}

}  // namespace capstan::money
