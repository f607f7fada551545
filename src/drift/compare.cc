#include "drift/compare.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/crypto.h"
#include "drift/list_keys.h"
#include "model/quantity.h"

namespace capstan::drift {
namespace {

// What the API server sets whatever a manifest says, and what is no part of the wish.
constexpr std::array<std::string_view, 7> kServersMetadata = {
    "creationTimestamp", "generation", "managedFields", "name", "namespace", "resourceVersion", "uid"};
constexpr std::string_view kLastApplied = "kubectl.kubernetes.io/last-applied-configuration";
// Below one of these a text is an amount.
constexpr std::array<std::string_view, 19> kAmounts = {"allocatable",
                                                       "averageValue",
                                                       "capacity",
                                                       "cpu",
                                                       "default",
                                                       "defaultRequest",
                                                       "divisor",
                                                       "hard",
                                                       "limits",
                                                       "max",
                                                       "maxLimitRequestRatio",
                                                       "memory",
                                                       "min",
                                                       "overhead",
                                                       "requests",
                                                       "sizeLimit",
                                                       "storage",
                                                       "target",
                                                       "used"};

bool is_empty(const Json& value) {
  if (value.is_null()) return true;
  if (value.is_object()) return value.members().empty();
  if (value.is_array()) return value.items().empty();
  return false;
}

// What a server leaves out when it writes an object.
bool is_zero(const Json& value) {
  return is_empty(value) || value == Json(false) || value == Json("") || value == Json(0);
}

bool is_amount(const FieldPath& path) {
  // What people name themselves says nothing.
  if (path.empty() || path[0] == FieldStep("data") || path[0] == FieldStep("metadata")) return false;
  size_t seen = 0;
  for (auto step = path.rbegin(); step != path.rend() && seen < 2; ++step) {
    const std::string* name = std::get_if<std::string>(&*step);
    if (name == nullptr) break;
    ++seen;
    if (std::ranges::find(kAmounts, *name) != kAmounts.end()) return true;
  }
  return false;
}

std::string text_of(const Json& value) { return value.is_string() ? value.string_or_empty() : value.dump(); }

bool mean_the_same(const Json& stated, const Json& live, const FieldPath& path) {
  if (stated == live) return true;
  if (stated.is_number() && live.is_number()) return stated.number_or(0) == live.number_or(0);
  if (stated.is_bool() || live.is_bool() || live.is_null()) return false;
  if (text_of(stated) == text_of(live)) return true;  // 80 and "80".
  if (!is_amount(path)) return false;
  const std::optional<double> a = parse_quantity(text_of(stated));
  const std::optional<double> b = parse_quantity(text_of(live));
  return a && b && *a == *b;
}

class Comparison {
 public:
  explicit Comparison(std::string group, bool was_asked) : group_(std::move(group)), was_asked_(was_asked) {}

  void compare(const Json& stated, const Json& wanted, const Json& live) {
    if (stated.is_null()) return;
    // What the server would not even keep.
    if (was_asked_ && wanted.is_null()) return;
    if (stated.is_object()) {
      members(stated, wanted, live);
    } else if (stated.is_array()) {
      list(stated, wanted, live);
    } else if (!same(stated, wanted, live)) {
      note(stated, live);
    }
  }

  std::vector<Difference> take() { return std::move(found_); }

 private:
  bool same(const Json& stated, const Json& wanted, const Json& live) const {
    if (was_asked_) return wanted == live || (wanted.is_number() && wanted.number_or(0) == live.number_or(1));
    return mean_the_same(stated, live, path_) || (live.is_null() && is_zero(stated));
  }

  void note(const Json& stated, const Json& live) { found_.push_back({path_, stated, live}); }

  void within(FieldStep step, const Json& stated, const Json& wanted, const Json& live) {
    path_.push_back(std::move(step));
    compare(stated, wanted, live);
    path_.pop_back();
  }

  void members(const Json& stated, const Json& wanted, const Json& live) {
    if (!live.is_object()) {
      const bool nothing_lost = live.is_null() && (was_asked_ ? is_empty(wanted) : is_empty(stated));
      if (!nothing_lost) note(stated, live);
      return;
    }
    for (const auto& [name, value] : stated.members()) {
      if (!is_left_out(name)) within(name, value, wanted[name], live[name]);
    }
  }

  bool is_left_out(const std::string& name) const {
    if (path_.empty()) return name == "apiVersion" || name == "kind" || name == "status";
    if (path_.size() == 1 && path_[0] == FieldStep("metadata")) {
      return std::ranges::find(kServersMetadata, name) != kServersMetadata.end();
    }
    return name == kLastApplied;
  }

  void list(const Json& stated, const Json& wanted, const Json& live) {
    const ListKind kind = list_kind(group_, path_);
    if (kind.is_set) {
      for (const Json& value : stated.items()) {
        const bool there = std::ranges::find(live.items(), value) != live.items().end();
        if (!there) found_.push_back({extended(ItemValue{value}), value, {}});
      }
    } else if (is_keyed(stated, kind)) {
      items(stated, wanted, live, kind);
    } else {
      whole(stated, wanted, live);
    }
  }

  static bool is_keyed(const Json& stated, const ListKind& kind) {
    return !kind.keys.empty() &&
           std::ranges::all_of(stated.items(), [&](const Json& item) { return key_of(item, kind).is_object(); });
  }

  void items(const Json& stated, const Json& wanted, const Json& live, const ListKind& kind) {
    for (const Json& item : stated.items()) {
      const FieldStep step = ItemKey{key_of(item, kind)};
      const Json& there = find(live, {step});
      if (there.is_null()) {
        found_.push_back({extended(step), item, {}});
      } else {
        within(step, item, find(wanted, {step}), there);
      }
    }
  }

  // A list that is one value.
  void whole(const Json& stated, const Json& wanted, const Json& live) {
    const size_t count = stated.items().size();
    const bool as_many = live.items().size() == count && (!was_asked_ || wanted.items().size() == count);
    if (!as_many) {
      if (!was_asked_ || wanted != live) note(stated, live);
      return;
    }
    for (size_t i = 0; i < count; ++i) {
      static const Json kNone;
      within(i, stated.items()[i], was_asked_ ? wanted.items()[i] : kNone, live.items()[i]);
    }
    // What a manifest no longer states in an item is lost with it: the list is written as a whole.
    const size_t depth = path_.size();
    const bool told = std::ranges::any_of(found_, [&](const Difference& one) {
      return one.path.size() > depth && std::equal(path_.begin(), path_.end(), one.path.begin());
    });
    if (was_asked_ && !told && wanted != live) note(stated, live);
  }

  FieldPath extended(FieldStep step) const {
    FieldPath path = path_;
    path.push_back(std::move(step));
    return path;
  }

  const std::string group_;
  const bool was_asked_;
  FieldPath path_;
  std::vector<Difference> found_;
};

}  // namespace

std::string group_of(const Json& object) {
  const std::string& version = object["apiVersion"].string_or_empty();
  const size_t slash = version.find('/');
  return slash == std::string::npos ? "" : version.substr(0, slash);
}

std::vector<Difference> compare(const Json& stated, const Json& wanted, const Json& live) {
  Comparison comparison(group_of(stated), !wanted.is_null());
  comparison.compare(stated, wanted, live);
  return comparison.take();
}

Json as_kept(Json manifest) {
  const bool is_secret = group_of(manifest).empty() && manifest["kind"] == Json("Secret");
  if (!is_secret || !manifest["stringData"].is_object()) return manifest;
  Json data = manifest["data"].is_object() ? manifest["data"] : Json::object();
  for (const auto& [name, value] : manifest["stringData"].members()) data.set(name, base64(text_of(value)));
  manifest.set("data", std::move(data));
  manifest.mutable_members().erase("stringData");
  return manifest;
}

}  // namespace capstan::drift
