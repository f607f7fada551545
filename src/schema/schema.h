// What a value may be, as data: JSON Schema (the common part of draft 2020-12) and the structural schemas of
// Kubernetes. A check names what is wrong, where, what is allowed there, and the allowed value nearest to what was
// found.
//
// Keywords: type, properties, required, additionalProperties, items, enum, const, minimum, maximum, exclusiveMinimum,
// exclusiveMaximum, multipleOf, minLength, maxLength, pattern (RE2), minItems, maxItems, uniqueItems, minProperties,
// maxProperties, allOf, anyOf, oneOf, not, $ref within the document, nullable, format (schema/format.h), and of
// x-kubernetes-: int-or-string, preserve-unknown-fields, list-type, list-map-keys, embedded-resource. Expressions
// (x-kubernetes-validations) are not evaluated.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "model/words.h"

namespace capstan::schema {

struct Fault {
  enum class Kind {
    kUnknownField,  // The place is that of a field that the schema does not have.
    kMissingField,  // The place is that of a field that must be there.
    kWrongType,     // "3" where a number must be.
    kWrongValue,    // Of the right type, and not allowed.
    kDuplicate,     // Something comes twice that may come once.
  };
  Kind kind = Kind::kWrongValue;
  std::string place;    // spec.containers[0].imagePullPolicy
  std::string value;    // What was found, shortened; secrets are masked. "" where nothing was.
  Words allowed;        // "one of Always, IfNotPresent, Never"
  std::string nearest;  // The allowed value nearest to it; "" where none can be told.

  bool operator==(const Fault&) const = default;
};

struct CheckedValue {
  std::vector<Fault> faults;       // In the order of the value's fields.
  bool is_complete = true;         // Else there were too many faults or too much to look at.
  bool has_expressions = false;    // Expressions were met, which are not evaluated.
  bool has_unknown_parts = false;  // Parts of which the schema says that they may hold anything.
};

enum class Reading {
  kPlain,       // As JSON Schema says: fields that are not named are allowed.
  kKubernetes,  // Fields that are not named are faults; null is as if the field were not there; what is missing from an
                // object of a custom definition and has a default is there.
};

struct Node;
struct NodeStore;

// Immutable; thread-safe. Cheap to copy.
class Schema {
 public:
  // kInvalidArgument for what is no schema or uses keywords that are not checked here.
  static Result<Schema> read(const Json& document);

  Schema(std::shared_ptr<const NodeStore> store, const Node& root, Reading reading)
      : store_(std::move(store)), root_(&root), reading_(reading) {}

  // `place` is where the value lies in a larger one: "spec.template.spec", or "". Values that were left out by
  // fit_object or masked are not judged.
  CheckedValue check(const Json& value, const std::string& place = "") const;

 private:
  std::shared_ptr<const NodeStore> store_;
  const Node* root_;
  Reading reading_;
};

}  // namespace capstan::schema
