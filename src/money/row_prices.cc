#include "money/row_prices.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "catalog/kind_table.h"
#include "model/object_mapping.h"

namespace capstan::money {
namespace {

constexpr size_t kMostRows = 100'000;

bool is_true(const SqlValue& value) {
  if (const auto* integer = std::get_if<int64_t>(&value)) return *integer != 0;
  const auto* real = std::get_if<double>(&value);
  return real != nullptr && *real != 0;
}

std::optional<Rate> rate_in(const SqlValue& value) {
  if (const auto* integer = std::get_if<int64_t>(&value)) return rate_of(static_cast<double>(*integer));
  if (const auto* real = std::get_if<double>(&value)) return rate_of(*real);
  return std::nullopt;
}

std::string sql_or(const std::string& text, std::string_view otherwise) {
  return text.empty() ? std::string(otherwise) : text;
}

}  // namespace

RowPrices::RowPrices(KindSpec kind, std::vector<const Price*> prices)
    : kind_(std::move(kind)), prices_(std::move(prices)) {
  for (const Price* price : prices_) has_labels_ |= !price->labels.empty();
  // A volatile column has no history.
  for (const KindSpec::Column& column : kind_.columns) {
    const bool used = std::ranges::any_of(prices_, [&](const Price* price) {
      return names_word(price->where, column.name) || names_word(price->running, column.name) ||
             names_word(price->per_hour, column.name) || names_word(price->stopped, column.name);
    });
    if (used && !column.is_volatile) columns_.push_back(column);
  }
}

size_t RowPrices::row_of(const Resource& resource) {
  Json row = Json::array();
  for (const KindSpec::Column& column : columns_)
    row.push_back(catalog::normalized(column, column_value(column, resource.fields)));
  if (has_labels_) row.push_back(to_json(resource.labels));
  const auto [found, is_new] = numbers_.emplace(row.dump(), rows_.size());
  if (is_new) rows_.push_back(std::move(row));
  return found->second;
}

Status RowPrices::ask(const SqlSource& sql, Time now) {
  if (asked_ == rows_.size()) return {};
  verdicts_.resize(rows_.size());
  Json fresh = Json::array();
  for (size_t i = asked_; i < rows_.size(); ++i) fresh.push_back(rows_[i]);
  const std::string text = fresh.dump();
  for (const Price* price : prices_) TRY(ask(*price, text, sql, now));
  asked_ = rows_.size();
  return {};
}

const RowPrices::Verdict* RowPrices::at(size_t row, Time time, std::vector<const Verdict*>* others) const {
  const Verdict* found = nullptr;
  for (const Verdict& each : verdicts_[row]) {
    if (!each.price->holds(time)) continue;
    if (found == nullptr)
      found = &each;
    else if (others != nullptr)
      others->push_back(&each);
  }
  return found;
}

// The rows stand for the kind's table, under its name.
Status RowPrices::ask(const Price& price, const std::string& rows, const SqlSource& sql, Time now) {
  std::string columns;
  for (size_t i = 0; i < columns_.size(); ++i)
    columns += fmt::format(", json_extract(r.value, '$[{}]') AS {}", i, catalog::sql_name(columns_[i].name));
  const std::string text = fmt::format(
      "SELECT row_number_, (\n{}\n), (\n{}\n), (\n{}\n), (\n{}\n) FROM (SELECT r.key AS row_number_{} FROM "
      "json_each(:rows) r) AS {}",
      sql_or(price.where, "1"), sql_or(price.running, "1"), price.per_hour, price.stopped, columns,
      catalog::sql_name(kind_.name));
  const Table table = TRY(during(fmt::format("the price '{}'", price.name),
                                 sql.query(text, now, {.row_limit = kMostRows, .bind = {{":rows", rows}}})));
  if (table.truncated)
    return fail(ErrorCode::kResourceExhausted, fmt::format("{} has more than {} forms", kind_.name, kMostRows));
  for (const auto& row : table.rows) {
    const size_t number = asked_ + static_cast<size_t>(std::get<int64_t>(row[0]));
    if (!is_true(row[1]) || (has_labels_ && !price.labels.matches(resource_labels(rows_[number].items().back()))))
      continue;
    const std::optional<Rate> run = rate_in(row[3]), stop = rate_in(row[4]);
    if (!run || !stop) {
      problems_.insert(fmt::format("{}:{}: the price '{}' gives no amount for {} with {}", price.at.file, price.at.line,
                                   price.name, kind_.name, describe(number)));
      continue;
    }
    verdicts_[number].push_back({&price, is_true(row[2]), *run, *stop});
  }
  return {};
}

std::string RowPrices::describe(size_t number) const {
  std::string text;
  for (size_t i = 0; i < columns_.size(); ++i)
    text += fmt::format("{}{} = {}", text.empty() ? "" : ", ", columns_[i].name, rows_[number].items()[i].dump());
  return text;
}

}  // namespace capstan::money
