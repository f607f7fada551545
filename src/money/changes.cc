#include "money/changes.h"

#include <algorithm>
#include <memory>

#include "model/object_mapping.h"
#include "money/row_prices.h"

namespace capstan::money {
namespace {

// A resource before and after; none: it was not, or is no more. `after` of what may be one of several.
struct Piece {
  RowPrices* rows = nullptr;
  std::optional<size_t> before;
  std::vector<size_t> after;
  double times = 1;  // So many of what is before are there after; for what grows with its owner.
  bool is_new = false;
};

class Asker {
 public:
  explicit Asker(const PriceBook& book) : book_(book) {
    for (const Price& price : book.prices) by_kind_[price.kind].push_back(&price);
  }

  // The pieces that an effect changes; nothing where that is not known.
  std::optional<std::vector<Piece>> pieces_of(const ActedOn& acted, const decide::ActionEffect& effect) {
    if (!effect.is_known()) return std::nullopt;
    std::vector<Piece> pieces;
    if (effect.leaves.removes) {
      add_removed(acted.target, pieces);
      for (const Resource& each : acted.belongings) add_removed(each, pieces);
      return pieces;
    }
    add_changed(acted.target, effect, pieces);
    for (const Resource& each : acted.belongings) {
      const auto with_it = effect.leaves.with_it.find(each.kind);
      if (with_it != effect.leaves.with_it.end()) add_set(each, with_it->second, pieces);
    }
    if (!effect.leaves.scales.empty() && !add_scaled(acted, effect.leaves, pieces)) return std::nullopt;
    for (const auto& [kind, columns] : effect.leaves.makes) {
      Resource made{.id = kind + "/", .kind = kind, .name = "", .labels = {}, .fields = Json::object()};
      if (RowPrices* rows = rows_of(kind)) {
        for (const auto& [column, value] : columns) set_column(made.fields, rows->kind(), column, value);
        pieces.push_back({.rows = rows, .before = {}, .after = {rows->row_of(made)}, .is_new = true});
      } else {
        return std::nullopt;
      }
    }
    return pieces;
  }

  Status ask() {
    for (auto& [kind, rows] : rows_) {
      if (rows) TRY(rows->ask(book_.sql, book_.at));
    }
    return {};
  }

  std::optional<Change> sum(const std::vector<Piece>& pieces, const decide::ActionEffect& effect) const {
    Change change;
    bool is_priced = false;
    for (const Piece& piece : pieces) {
      const RowPrices::Verdict* before = piece.before ? piece.rows->at(*piece.before, book_.at) : nullptr;
      const RowPrices::Verdict* after = nullptr;
      for (const size_t row : piece.after) {
        // Of what it may be then the dearest: a budget bears no surprises.
        const RowPrices::Verdict* each = piece.rows->at(row, book_.at);
        if (each != nullptr && (after == nullptr || each->cost() > after->cost())) after = each;
      }
      if (piece.is_new && after == nullptr) return std::nullopt;
      for (const RowPrices::Verdict* each : {before, after}) {
        if (each == nullptr) continue;
        if (is_priced && change.currency != each->price->currency) return std::nullopt;
        change.currency = each->price->currency;
        is_priced = true;
      }
      change.per_hour += (after ? per_hour(after->cost()) * piece.times : 0) - (before ? per_hour(before->cost()) : 0);
    }
    const bool changes_nothing = effect.column.empty() && effect.leaves.sets.empty() && !effect.leaves.removes &&
                                 effect.leaves.with_it.empty() && effect.leaves.makes.empty();
    if (!is_priced && !changes_nothing) return std::nullopt;
    return change;
  }

 private:
  // nullptr for a kind without prices.
  RowPrices* rows_of(const std::string& kind) {
    const auto known = rows_.find(kind);
    if (known != rows_.end()) return known->second.get();
    std::unique_ptr<RowPrices>& rows = rows_[kind];
    const auto spec = std::ranges::find(book_.kinds, kind, &KindSpec::name);
    const auto prices = by_kind_.find(kind);
    if (spec != book_.kinds.end() && prices != by_kind_.end())
      rows = std::make_unique<RowPrices>(*spec, prices->second);
    return rows.get();
  }

  void add_removed(const Resource& resource, std::vector<Piece>& pieces) {
    if (RowPrices* rows = rows_of(resource.kind))
      pieces.push_back({.rows = rows, .before = rows->row_of(resource), .after = {}});
  }

  void add_set(const Resource& resource, const VerbEffect::Columns& columns, std::vector<Piece>& pieces) {
    RowPrices* rows = rows_of(resource.kind);
    if (rows == nullptr) return;
    Resource after = resource;
    for (const auto& [column, value] : columns) set_column(after.fields, rows->kind(), column, value);
    pieces.push_back({.rows = rows, .before = rows->row_of(resource), .after = {rows->row_of(after)}});
  }

  // The target, with what its verb says and with the state that its policy wants.
  void add_changed(const Resource& target, const decide::ActionEffect& effect, std::vector<Piece>& pieces) {
    RowPrices* rows = rows_of(target.kind);
    if (rows == nullptr) return;
    Piece piece{.rows = rows, .before = rows->row_of(target), .after = {}};
    Resource after = target;
    for (const auto& [column, value] : effect.leaves.sets) set_column(after.fields, rows->kind(), column, value);
    // What the verb says of that column is as exact as can be.
    const bool is_said = effect.column.empty() || effect.leaves.sets.contains(effect.column);
    if (is_said) piece.after.push_back(rows->row_of(after));
    for (const std::string& value : is_said ? std::vector<std::string>() : effect.values) {
      set_column(after.fields, rows->kind(), effect.column, value);
      piece.after.push_back(rows->row_of(after));
    }
    pieces.push_back(std::move(piece));
  }

  // What belongs to a target that has another number of it: as many more of what is there. Of none nobody knows.
  bool add_scaled(const ActedOn& acted, const VerbEffect& effect, std::vector<Piece>& pieces) {
    const auto set = effect.sets.find(effect.scales);
    const auto kind = std::ranges::find(book_.kinds, acted.target.kind, &KindSpec::name);
    if (set == effect.sets.end() || kind == book_.kinds.end()) return false;
    const auto column = std::ranges::find(kind->columns, effect.scales, &KindSpec::Column::name);
    if (column == kind->columns.end()) return false;
    const double is = column_value(*column, acted.target.fields).number_or(0), to = set->second.number_or(-1);
    if (to < 0) return false;
    if (is <= 0) return to <= 0 || rows_of(acted.target.kind) != nullptr;
    for (const Resource& each : acted.belongings) {
      RowPrices* rows = rows_of(each.kind);
      if (rows == nullptr) continue;
      const size_t row = rows->row_of(each);
      pieces.push_back({.rows = rows, .before = row, .after = {row}, .times = to / is});
    }
    return true;
  }

  const PriceBook& book_;
  std::map<std::string, std::vector<const Price*>, std::less<>> by_kind_;
  std::map<std::string, std::unique_ptr<RowPrices>, std::less<>> rows_;
};

}  // namespace

bool reaches_belongings(const decide::ActionEffect& effect) {
  return effect.leaves.removes || !effect.leaves.scales.empty() || !effect.leaves.with_it.empty();
}

Result<Changes> changes_of(std::span<const ActedOn> targets, std::span<const decide::ActionEffect> effects,
                           const PriceBook& book) {
  Asker asker(book);
  std::vector<std::optional<std::vector<Piece>>> pieces;
  for (const ActedOn& target : targets) {
    for (const decide::ActionEffect& effect : effects) pieces.push_back(asker.pieces_of(target, effect));
  }
  TRY(asker.ask());
  Changes all(targets.size());
  for (size_t i = 0; i < pieces.size(); ++i) {
    const decide::ActionEffect& effect = effects[i % effects.size()];
    all[i / effects.size()].push_back(pieces[i] ? asker.sum(*pieces[i], effect) : std::nullopt);
  }
  return all;
}

void set_column(Json& fields, const KindSpec& kind, std::string_view column, const Json& value) {
  const auto spec = std::ranges::find(kind.columns, column, &KindSpec::Column::name);
  std::string path(spec == kind.columns.end() || spec->from.empty() ? column : spec->from.text());
  if (path.find_first_of("[*\"") != std::string::npos) return;  // Nothing that one value could stand for.
  Json* at = &fields;
  for (size_t dot = path.find('.'); dot != std::string::npos; dot = path.find('.')) {
    at = &at->mutable_members()[path.substr(0, dot)];
    path.erase(0, dot + 1);
  }
  at->set(path, value);
}

}  // namespace capstan::money
