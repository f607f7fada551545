// A schema as it is checked: one node for each place that a document describes.
#pragma once

#include <re2/re2.h>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "schema/format.h"

namespace capstan::schema {

enum TypeBit : uint8_t {
  kNull = 1,
  kBoolean = 2,
  kInteger = 4,
  kNumber = 8,
  kString = 16,
  kArray = 32,
  kObject = 64,
};

// What only some schemas say.
struct Limits {
  // A number, or a quantity as text where the format is one.
  std::optional<Json> minimum, maximum;
  bool minimum_is_excluded = false;
  bool maximum_is_excluded = false;
  std::optional<double> multiple_of;
  std::optional<int64_t> min_length, max_length;  // In characters.
  std::optional<int64_t> min_items, max_items;
  std::optional<int64_t> min_properties, max_properties;
  std::shared_ptr<const RE2> pattern;
};

// Pointers lead into the same document.
struct Node {
  uint8_t types = 0;  // Of TypeBit; none: every type.
  Format format = Format::kNone;
  bool never = false;             // Nothing is allowed.
  bool nullable = false;          //
  bool is_closed = false;         // additionalProperties: false
  bool keeps_unknown = false;     // x-kubernetes-preserve-unknown-fields
  bool embeds_object = false;     // x-kubernetes-embedded-resource: it has apiVersion, kind and metadata, too.
  bool has_default = false;       //
  bool is_built_in = false;       // Of a type that is written in Go and not of a custom definition.
  bool has_unique_items = false;  // Also x-kubernetes-list-type: set.
  bool has_expressions = false;   // x-kubernetes-validations, which are not evaluated.
  std::vector<std::string> keys;  // Of the items of a list that is a map.
  std::vector<std::pair<std::string, const Node*>> properties;  // Sorted.
  const Node* additional = nullptr;                             // Of all other members.
  std::vector<std::string> required;
  const Node* items = nullptr;
  std::vector<Json> values;  // enum, or const; none: every value.
  std::unique_ptr<Limits> limits;
  std::vector<const Node*> all_of, any_of, one_of;
  const Node* not_this = nullptr;

  const Node* property(std::string_view name) const;
};

// All nodes of one document; they refer to each other, in circles, too.
struct NodeStore {
  std::deque<Node> nodes;
};

}  // namespace capstan::schema
