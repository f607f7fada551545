// YAML as people write it, with the position of every node, and a reader that says what was expected where.
//
//   MapReader reader(node, "a rule");
//   std::string name = reader.required_string("rule");
//   Duration wait = reader.duration_or("for", Duration(0));
//   TRY(reader.finish());   // All mistakes of this map at once: wrong types, missing keys, unknown keys.
#pragma once

#include <initializer_list>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"

namespace capstan {

struct ConfigMember;

struct ConfigNode {
  enum class Kind { kNull, kScalar, kSequence, kMap };

  Kind kind = Kind::kNull;
  std::string scalar;   // The text of a scalar.
  bool quoted = false;  // "yes" in quotes is text, never a boolean.
  std::vector<ConfigNode> items;
  std::vector<ConfigMember> members;  // In the order of the file; keys are unique scalars.
  Where where;

  bool is_map() const { return kind == Kind::kMap; }
  bool is_sequence() const { return kind == Kind::kSequence; }
  bool is_scalar() const { return kind == Kind::kScalar; }
  bool is_null() const { return kind == Kind::kNull; }

  // The value of a key, or nullptr.
  const ConfigNode* find(std::string_view key) const;

  // By YAML's core schema: unquoted true/false, numbers and null become such, all else is a string.
  Json to_json() const;

  // "a list", "a map", "text": what this node is, for error messages.
  std::string_view describe() const;
};

struct ConfigMember {
  ConfigNode key;
  ConfigNode value;
};

// All documents of a YAML text; an empty one yields none. Anchors and aliases are resolved, up to a total size that
// stops a "billion laughs"; duplicate keys, tags of other languages and nesting beyond 100 levels are errors.
Result<std::vector<ConfigNode>> parse_yaml(std::string_view text, std::string_view file);

// A key that somebody has not written to its end is not as if it were not there: 'never' without a value would protect
// nothing. A problem for each key without a value, or with an empty list, at any depth; what stands below a key of
// `as_given` is taken as it is.
std::vector<Error> keys_without_value(const ConfigNode& node, std::span<const std::string_view> as_given = {});

// Reads the keys of one map and collects what is wrong with them. Not thread-safe; lives no longer than the node.
class MapReader {
 public:
  // `what` names the thing in messages: "a policy".
  MapReader(const ConfigNode& node, std::string_view what);

  bool has(std::string_view key) const { return node_.find(key) != nullptr; }

  std::string required_string(std::string_view key);
  std::string string_or(std::string_view key, std::string_view otherwise);
  bool bool_or(std::string_view key, bool otherwise);
  int64_t int_or(std::string_view key, int64_t otherwise, int64_t least, int64_t most);
  double number_or(std::string_view key, double otherwise);
  Duration duration_or(std::string_view key, Duration otherwise);
  // One string or a list of them.
  std::vector<std::string> strings(std::string_view key);
  // A map of strings, in the order of the file.
  std::vector<std::pair<std::string, std::string>> string_map(std::string_view key);
  // One of the given words.
  std::string one_of(std::string_view key, std::initializer_list<std::string_view> words, std::string_view otherwise);

  // The raw node of a key, for nested readers; nullptr when absent.
  const ConfigNode* node(std::string_view key);
  const ConfigNode* required_node(std::string_view key, ConfigNode::Kind kind);

  // Where a mistake about a key is: its value, also one that is null, or the map itself where there is none.
  const ConfigNode& at(std::string_view key) const;
  // Adds a mistake found by the caller.
  void problem(const ConfigNode& at, std::string message);
  void problem(Error error);

  // Takes over the problems of a nested reader or function.
  template <class T>
  bool absorb(const Result<T>& result) {
    if (!result) problem(result.error());
    return result.has_value();
  }

  // The first mistake, with the count of the others; unknown keys with a suggestion. Call last.
  Status finish();
  // All of them, in the order of the file.
  std::vector<Error> problems();

 private:
  const ConfigNode* scalar(std::string_view key);

  const ConfigNode& node_;
  std::string what_;
  std::vector<std::string> known_;
  std::vector<Error> problems_;
};

}  // namespace capstan
