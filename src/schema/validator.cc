#include "schema/validator.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/json_path.h"
#include "base/mask_secrets.h"
#include "base/suggest.h"
#include "schema/nearest_value.h"

namespace capstan::schema {
namespace {

constexpr size_t kMostFaults = 100;
constexpr size_t kMostWork = 2'000'000;  // Visits of a node.
constexpr int kDeepest = 300;
constexpr int kMostReferences = 20;  // In a row, where only names are looked for.
constexpr std::string_view kOmitted = "$omitted";
constexpr std::string_view kObjectFields[] = {"apiVersion", "kind", "metadata"};

uint8_t type_of(const Json& value) {
  if (value.is_null()) return kNull;
  if (value.is_bool()) return kBoolean;
  if (value.is_int()) return kInteger | kNumber;
  if (value.is_number()) return value.number_or(0) == std::floor(value.number_or(0)) ? kInteger | kNumber : kNumber;
  if (value.is_string()) return kString;
  return value.is_array() ? kArray : kObject;
}

bool equal(const Json& a, const Json& b) {
  return a == b || (a.is_number() && b.is_number() && a.number_or(0) == b.number_or(0));
}

// What an item says of itself decides about its value, too: {name: DB_PASSWORD, value: …}.
bool speaks_of_secret_itself(const Json& value) {
  return value.is_object() && value["name"].is_string() && speaks_of_secret(value["name"].string_or_empty()) &&
         value.contains("value");
}

}  // namespace

// Of one step down, for as long as it lives.
class Validator::Below {
 public:
  Below(Validator& validator, Step step, bool is_secret) : validator_(validator), is_secret_(is_secret) {
    validator_.steps_.push_back(step);
    validator_.secret_depth_ += is_secret ? 1 : 0;
  }
  ~Below() {
    validator_.steps_.pop_back();
    validator_.secret_depth_ -= is_secret_ ? 1 : 0;
  }
  Below(const Below&) = delete;
  Below& operator=(const Below&) = delete;

 private:
  Validator& validator_;
  bool is_secret_;
};

CheckedValue Validator::check(const Node& node, const Json& value) {
  visit(node, value, true);
  return std::move(result_);
}

bool Validator::may_go_on() {
  if (++work_ <= kMostWork && depth_ < kDeepest && (counting_ > 0 || result_.faults.size() < kMostFaults)) return true;
  result_.is_complete = false;
  return false;
}

std::string Validator::place() const {
  std::string text = outer_place_;
  for (const Step& step : steps_) {
    if (const auto* name = std::get_if<std::string_view>(&step)) {
      text += path_step(*name, text.empty());
    } else {
      text += fmt::format("[{}]", std::get<size_t>(step));
    }
  }
  return text;
}

bool Validator::fault() {
  ++counted_;
  return counting_ == 0 && result_.faults.size() < kMostFaults;
}

// `nearest` may be made from the value, and then shows what the value must not.
void Validator::add(Fault::Kind kind, const Json* value, Words allowed, std::string nearest) {
  Fault found{
      .kind = kind, .place = place(), .value = "", .allowed = std::move(allowed), .nearest = std::move(nearest)};
  if (value != nullptr) {
    const bool is_text = value->is_string();
    const std::string masked = secret_depth_ > 0 ? std::string(kMask)
                               : is_text         ? mask_argument(value->string_or_empty())
                                                 : to_text(*value);
    if (secret_depth_ > 0 || (is_text && masked != value->string_or_empty())) found.nearest.clear();
    found.value = to_text(Json(masked));  // Masked while it is whole: the end may tell what the beginning is.
  }
  result_.faults.push_back(std::move(found));
}

// What is not there in full cannot be judged.
bool Validator::is_judged(const Json& value) const {
  if (value.is_object()) return !(value.members().size() == 1 && value.contains(kOmitted));
  return !value.is_string() || value.string_or_empty() != kMask;
}

bool Validator::allows_null(const Node& node) const {
  return node.nullable || node.types == 0 || (node.types & kNull) != 0 || reading_ == Reading::kKubernetes;
}

// An API server drops what is null, and a text of a built-in type that is empty is one that is not there.
bool Validator::is_absent(const Node& node, const Json& member) const {
  return member.is_null() && reading_ == Reading::kKubernetes && !node.nullable;
}

void Validator::visit(const Node& node, const Json& value, bool is_whole) {
  if (!may_go_on() || !is_judged(value)) return;
  ++depth_;
  result_.has_expressions |= node.has_expressions;
  if (node.never) {
    if (fault()) add(Fault::Kind::kWrongValue, &value, "nothing");
  } else if (value.is_null() && node.values.empty() && allows_null(node)) {
    // Nothing to look at.
  } else if (node.types != 0 && (node.types & type_of(value)) == 0) {
    visit_type(node, value);
  } else {
    visit_values(node, value);
    visit_number(node, value);
    if (value.is_string()) visit_text(node, value.string_or_empty());
    if (value.is_array()) visit_array(node, value);
    if (value.is_object()) visit_object(node, value, is_whole);
    visit_parts(node, value);
  }
  --depth_;
}

void Validator::visit_type(const Node& node, const Json& value) {
  if (!fault()) return;
  const bool is_form = node.format == Format::kQuantity;
  add(Fault::Kind::kWrongType, &value, is_form ? describe(node.format) : describe_types(node.types),
      nearest_of_type(node, value));
}

void Validator::visit_values(const Node& node, const Json& value) {
  if (node.values.empty()) return;
  if (std::ranges::any_of(node.values, [&](const Json& one) { return equal(one, value); })) return;
  if (node.nullable && value.is_null()) return;
  if (node.is_built_in && value == Json("")) return;  // As if it were not there.
  if (fault()) {
    add(Fault::Kind::kWrongValue, &value, describe_values(node), nearest_of_values(node, value));
  }
}

void Validator::visit_number(const Node& node, const Json& value) {
  const bool is_small = node.format == Format::kInt32 || (node.format == Format::kIntOrString && node.is_built_in);
  if (!node.limits && !is_small) return;
  const bool is_amount = value.is_string() && node.format == Format::kQuantity;
  if (!value.is_number() && !is_amount) return;
  const std::optional<double> number = number_of(value);
  if (!number) return;  // Told as a text.
  bool good = !is_small || (*number >= -2147483648.0 && *number <= 2147483647.0);
  if (good && node.limits) {
    const Limits& limits = *node.limits;
    if (limits.minimum) {
      const double least = *number_of(*limits.minimum);
      good = limits.minimum_is_excluded ? *number > least : *number >= least;
    }
    if (good && limits.maximum) {
      const double most = *number_of(*limits.maximum);
      good = limits.maximum_is_excluded ? *number < most : *number <= most;
    }
    if (good && limits.multiple_of) {
      const double times = *number / *limits.multiple_of;
      good = std::abs(times - std::round(times)) <= 1e-9 * std::max(1.0, std::abs(times));
    }
  }
  if (!good && fault()) {
    add(Fault::Kind::kWrongValue, &value, node.limits ? describe_bounds(node) : describe(Format::kInt32),
        nearest_number(node, value));
  }
}

void Validator::visit_text(const Node& node, const std::string& text) {
  if (text_fits(node, text) || !fault()) return;
  const bool wrong_form = !has_format(node.format, text);
  const Json value(text);
  add(Fault::Kind::kWrongValue, &value, wrong_form ? describe(node.format) : describe_bounds(node),
      nearest_text(node, text));
}

void Validator::count(size_t found, std::optional<int64_t> least, std::optional<int64_t> most, std::string_view what) {
  const auto number = static_cast<int64_t>(found);
  const bool too_few = least && number < *least;
  if (!too_few && (!most || number <= *most)) return;
  if (!fault()) return;
  const Json value(fmt::format("{} {}", found, Words::phrase(what).text));
  add(Fault::Kind::kWrongValue, &value,
      too_few ? describe_count("allowed.count_at_least", *least, what)
              : describe_count("allowed.count_at_most", *most, what));
}

void Validator::visit_array(const Node& node, const Json& value) {
  if (node.limits) count(value.items().size(), node.limits->min_items, node.limits->max_items, "allowed.items");
  find_duplicates(node, value);
  if (node.items == nullptr) return;
  for (size_t i = 0; i < value.items().size(); ++i) {
    const Below below(*this, i, speaks_of_secret_itself(value.items()[i]));
    visit(*node.items, value.items()[i], true);
  }
}

void Validator::find_duplicates(const Node& node, const Json& value) {
  // Kubernetes merges lists of its own types by these keys, but takes what comes twice.
  if (node.is_built_in) return;
  const bool is_map = !node.keys.empty();
  if (!is_map && !node.has_unique_items) return;
  std::map<std::string, size_t> seen;
  for (size_t i = 0; i < value.items().size(); ++i) {
    const Json& item = value.items()[i];
    if (!may_go_on()) return;
    Json key = item;
    if (is_map) {
      key = Json::array();
      for (const std::string& name : node.keys) key.push_back(item[name]);
    }
    const auto [first, is_new] = seen.emplace(key.dump(), i);
    if (is_new || !fault()) continue;
    const Below below(*this, i, false);
    const Json shown = is_map && node.keys.size() == 1 ? item[node.keys[0]] : is_map ? Json(key.dump()) : item;
    add(Fault::Kind::kDuplicate, &shown, Words::phrase("allowed.each_once", {{"item", std::to_string(first->second)}}));
  }
}

bool Validator::names_fields(const Node& node, int depth) const {
  if (depth > kMostReferences) return false;
  const auto names = [&](const Node* part) { return names_fields(*part, depth + 1); };
  return !node.properties.empty() || std::ranges::any_of(node.all_of, names);
}

// Also where nothing is said about fields: such a part takes all of them.
bool Validator::knows_field(const Node& node, std::string_view name, int depth) const {
  if (depth > kMostReferences || node.additional != nullptr || node.keeps_unknown) return true;
  if (node.property(name) != nullptr) return true;
  if (node.embeds_object && std::ranges::find(kObjectFields, name) != std::end(kObjectFields)) return true;
  const auto knows = [&](const Node* part) { return knows_field(*part, name, depth + 1); };
  return std::ranges::any_of(node.all_of, knows) || std::ranges::any_of(node.any_of, knows) ||
         std::ranges::any_of(node.one_of, knows);
}

void Validator::collect_fields(const Node& node, std::vector<std::string_view>& names, int depth) const {
  if (depth > kMostReferences) return;
  for (const auto& [name, property] : node.properties) names.push_back(name);
  for (const Node* part : node.all_of) collect_fields(*part, names, depth + 1);
}

void Validator::visit_object(const Node& node, const Json& value, bool is_whole) {
  if (node.limits)
    count(value.members().size(), node.limits->min_properties, node.limits->max_properties, "allowed.fields");
  const bool are_named = reading_ != Reading::kPlain && is_whole && within_a_choice_ == 0 && names_fields(node);
  if (node.keeps_unknown && is_whole) result_.has_unknown_parts = true;
  const bool is_secret = speaks_of_secret_itself(value);
  const bool holds_secrets = steps_.empty() && value["kind"] == Json("Secret");
  for (const auto& [name, member] : value.members()) {
    const Node* property = node.property(name);
    if (is_absent(property != nullptr ? *property : node, member)) continue;
    const bool hides = (speaks_of_secret(name) && !names_a_place(name)) || (is_secret && name == "value") ||
                       (holds_secrets && (name == "data" || name == "stringData"));
    const Below below(*this, std::string_view(name), hides);
    if (property != nullptr) {
      visit(*property, member, true);
    } else if (node.additional != nullptr) {
      visit(*node.additional, member, true);
    } else if ((node.is_closed || (are_named && !knows_field(node, name))) && fault()) {
      std::vector<std::string_view> names;
      collect_fields(node, names);
      add(Fault::Kind::kUnknownField, nullptr,
          Words::phrase(names.empty() ? "allowed.no_field" : "allowed.known_field"), std::string(nearest(name, names)));
    }
    if (!may_go_on()) return;
  }
  visit_required(node, value);
}

void Validator::visit_required(const Node& node, const Json& value) {
  const auto require = [&](std::string_view name) {
    const Node* property = node.property(name);
    const bool is_unset =
        property != nullptr && node.is_built_in && !property->values.empty() && value[name] == Json("");
    if (value.contains(name) && !is_unset && !is_absent(property != nullptr ? *property : node, value[name])) return;
    const bool is_filled_in = reading_ == Reading::kKubernetes && !node.is_built_in;
    if (is_filled_in && property != nullptr && property->has_default) return;
    if (!fault()) return;
    const Below below(*this, name, false);
    const Words types = property == nullptr ? Words() : describe_types(property->types);
    add(Fault::Kind::kMissingField, nullptr, types.empty() ? Words::phrase("allowed.value") : types);
  };
  for (const std::string& name : node.required) require(name);
  if (!node.embeds_object) return;
  for (std::string_view name : {"apiVersion", "kind"}) require(name);
}

size_t Validator::try_out(const Node& node, const Json& value) {
  const size_t before = counted_;
  ++counting_;
  visit(node, value, false);
  --counting_;
  const size_t found = counted_ - before;
  counted_ = before;
  return found;
}

void Validator::visit_choice(const std::vector<const Node*>& branches, const Json& value, bool exactly_one) {
  if (branches.empty()) return;
  const Node* best = nullptr;
  size_t least = SIZE_MAX;
  size_t fitting = 0;
  uint8_t types = 0;
  bool only_types = true;  // The branches differ in nothing but their types.
  for (const Node* branch : branches) {
    const size_t faults = try_out(*branch, value);
    fitting += faults == 0 ? 1 : 0;
    if (faults < least) best = branch;
    least = std::min(least, faults);
    types |= branch->types;
    only_types &= branch->types != 0 && (branch->types & type_of(value)) == 0;
    if (fitting > 0 && !exactly_one) return;
  }
  if (fitting == 1) return;
  if (fitting > 1) {
    if (!fault()) return;
    return add(Fault::Kind::kWrongValue, &value,
               Words::phrase("allowed.one_form",
                             {{"forms", std::to_string(branches.size())}, {"found", std::to_string(fitting)}}));
  }
  if (only_types) {
    Node any;
    any.types = types;
    return visit_type(any, value);
  }
  const size_t before = result_.faults.size();
  visit(*best, value, false);
  for (size_t i = before; i < result_.faults.size() && branches.size() > 1; ++i) {
    Words& allowed = result_.faults[i].allowed;
    allowed = Words::phrase("allowed.another_form", {{"allowed", allowed}, {"forms", std::to_string(branches.size())}});
  }
}

void Validator::visit_parts(const Node& node, const Json& value) {
  for (const Node* part : node.all_of) visit(*part, value, false);
  ++within_a_choice_;
  visit_choice(node.any_of, value, false);
  visit_choice(node.one_of, value, true);
  if (node.not_this != nullptr && try_out(*node.not_this, value) == 0 && fault()) {
    add(Fault::Kind::kWrongValue, &value, Words::phrase("allowed.not_this_form"));
  }
  --within_a_choice_;
}

}  // namespace capstan::schema
