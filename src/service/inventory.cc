#include "service/inventory.h"

#include <fmt/format.h>

#include <set>

namespace capstan::service {
namespace {

constexpr size_t kMostProblems = 5;

class Lister {
 public:
  Lister(const Inventory& inventory, const KindSpec& kind) : inventory_(inventory), kind_(kind) {}

  Status take(const Json& item, Scope scope, Observation& into) {
    for (const auto& [key, value] : item.members()) scope.values.set(key, value);
    scope.values.set("item", item);
    const std::string id = TRY(text(inventory_.id, scope));
    if (id.empty()) return fail(ErrorCode::kCorrupt, "an item without an id", inventory_.at);
    if (!seen_.insert(id).second)
      return fail(ErrorCode::kCorrupt, fmt::format("the id '{}' comes twice", id), inventory_.at);
    Resource resource{
        .id = fmt::format("{}/{}", kind_.name, id), .kind = kind_.name, .name = TRY(text(inventory_.name, scope))};
    const Json labels = TRY(fill_templates(inventory_.labels, scope));
    resource.labels = resource_labels(labels);
    resource.fields = TRY(fields(item, scope));
    for (const auto& [relation, target] : inventory_.relations) {
      const std::string to = TRY(text(target, scope));
      if (!to.ends_with('/')) into.relations.push_back({resource.id, relation, to});
    }
    into.resources.push_back(std::move(resource));
    return {};
  }

 private:
  static Result<std::string> text(const Template& from, const Scope& scope) {
    const Json filled = TRY(from.fill(scope));
    return filled.is_string() ? filled.string_or_empty() : filled.is_null() ? std::string() : filled.dump();
  }

  Result<Json> fields(const Json& item, const Scope& scope) const {
    Json fields = TRY(fill_templates(inventory_.fields.is_null() ? Json::object() : inventory_.fields, scope));
    for (const KindSpec::Column& column : kind_.columns) {
      if (!inventory_.fields.contains(column.name)) {
        Json value = column.from.empty() ? item[column.name] : column.from.read(item);
        if (!value.is_null()) fields.set(column.name, std::move(value));
      }
      const auto words = inventory_.words.find(column.name);
      if (words == inventory_.words.end()) continue;
      const auto word = words->second.find(fields[column.name].string_or_empty());
      if (word != words->second.end()) fields.set(column.name, word->second);
    }
    return fields;
  }

  const Inventory& inventory_;
  const KindSpec& kind_;
  std::set<std::string> seen_;
};

}  // namespace

Result<Listing> list_inventory(const Inventory& inventory, const KindSpec& kind, const Outside& outside,
                               const std::stop_token& stop) {
  Scope scope;
  const Ran ran = run_procedure(inventory.list, scope, outside, stop);
  if (!ran.status) return during(fmt::format("listing {}", inventory.kind), Result<Listing>(fail(ran.status.error())));
  Listing listing;
  listing.observation.scope = fmt::format("service:{}/{}", inventory.service, inventory.kind);
  const Json items = scope.values[inventory.items];
  // Nothing gathered: a loop over an empty list never came to it. Over none at all it would have failed.
  if (!items.is_array() && !items.is_null())
    return fail(ErrorCode::kCorrupt, fmt::format("listing {}: '{}' is no list", inventory.kind, inventory.items),
                inventory.at);
  scope.values.mutable_members().erase(inventory.items);
  scope.values.mutable_members().erase("answer");
  Lister lister(inventory, kind);
  for (const Json& item : items.items()) {
    const Status taken = lister.take(item, scope, listing.observation);
    if (!taken && listing.problems.size() < kMostProblems) listing.problems.push_back(taken.error());
  }
  // What cannot be read, or has the id of another, is there all the same.
  if (listing.problems.empty()) listing.observation.complete_kinds = {inventory.kind};
  return listing;
}

}  // namespace capstan::service
