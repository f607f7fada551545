// One walk through a value and the schema that it should keep to.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "schema/schema.h"
#include "schema/schema_node.h"

namespace capstan::schema {

// For one check.
class Validator {
 public:
  Validator(Reading reading, std::string place) : reading_(reading), outer_place_(std::move(place)) {}

  CheckedValue check(const Node& node, const Json& value);

 private:
  using Step = std::variant<std::string_view, size_t>;
  // On the way to what is looked at.
  class Below;

  bool may_go_on();
  // `is_whole`: whether fields that this node does not have are faults; of a schema of several parts only the whole can
  // tell.
  void visit(const Node& node, const Json& value, bool is_whole);
  bool is_judged(const Json& value) const;
  void visit_type(const Node& node, const Json& value);
  void visit_values(const Node& node, const Json& value);
  void visit_number(const Node& node, const Json& value);
  void visit_text(const Node& node, const std::string& text);
  void visit_array(const Node& node, const Json& value);
  void find_duplicates(const Node& node, const Json& value);
  void visit_object(const Node& node, const Json& value, bool is_whole);
  void visit_required(const Node& node, const Json& value);
  void visit_parts(const Node& node, const Json& value);
  void visit_choice(const std::vector<const Node*>& branches, const Json& value, bool exactly_one);
  // How many faults there would be.
  size_t try_out(const Node& node, const Json& value);
  void count(size_t found, std::optional<int64_t> least, std::optional<int64_t> most, std::string_view what);

  bool names_fields(const Node& node, int depth = 0) const;
  bool knows_field(const Node& node, std::string_view name, int depth = 0) const;
  void collect_fields(const Node& node, std::vector<std::string_view>& names, int depth = 0) const;
  bool is_absent(const Node& node, const Json& member) const;
  bool allows_null(const Node& node) const;

  bool fault();  // Counts one; true where it is to be described.
  void add(Fault::Kind kind, const Json* value, Words allowed, std::string nearest = "");
  std::string place() const;

  const Reading reading_;
  const std::string outer_place_;
  std::vector<Step> steps_;
  size_t secret_depth_ = 0;  // Above 0: within something whose name speaks of a secret.
  size_t work_ = 0;
  size_t counted_ = 0;  // Faults, also while only counting.
  int depth_ = 0;
  int counting_ = 0;         // Above 0: faults are counted and not described.
  int within_a_choice_ = 0;  // Above 0: unknown fields are no faults.
  CheckedValue result_;
};

}  // namespace capstan::schema
