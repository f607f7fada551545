// Reads schemas of one JSON document (JSON Schema, or OpenAPI with its components) into nodes.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "schema/schema_node.h"

namespace capstan::schema {

// Not thread-safe; the document must outlive it. Reads no more than a million nodes, and none deeper than 100 levels.
class SchemaReader {
 public:
  // `is_built_in` tells of a pointer whether what lies there is a type that is written in Go (Node::is_built_in).
  using IsBuiltIn = bool (*)(std::string_view pointer);
  SchemaReader(const Json& document, NodeStore& store, IsBuiltIn is_built_in = nullptr)
      : document_(document), store_(store), is_built_in_(is_built_in) {}

  // The schema at a pointer of the document ("#", "#/components/schemas/Pod"), with all that it refers to. Each is read
  // once.
  const Node* read(const std::string& pointer);

  // What could not be understood, with its place: unknown keywords, wrong values, references to nowhere. Such a part
  // of a schema allows everything.
  const std::vector<Error>& problems() const { return problems_; }

 private:
  struct Waiting {
    std::string pointer;
    Node* node = nullptr;
  };

  Node* refer(const std::string& pointer);
  const Json* resolve(const std::string& pointer);
  const Node* make(const Json& schema, const std::string& place, int depth);
  void fill(Node& node, const Json& schema, const std::string& place, int depth);
  bool fill_structure(Node& node, const std::string& keyword, const Json& value, const std::string& place, int depth);
  bool fill_value(Node& node, const std::string& keyword, const Json& value, const std::string& place);
  bool fill_limit(Node& node, const std::string& keyword, const Json& value, const std::string& place);
  void fill_types(Node& node, const Json& value, const std::string& place);
  void fill_pattern(Node& node, const Json& value, const std::string& place);
  void fill_bound(Node& node, const std::string& keyword, const Json& value, const std::string& place);
  std::vector<const Node*> make_all(const Json& schemas, const std::string& place, int depth);
  void finish(Node& node, const Json& schema);
  void problem(std::string message, const std::string& place);

  const Json& document_;
  NodeStore& store_;
  const IsBuiltIn is_built_in_;
  bool within_built_in_ = false;
  std::map<std::string, Node*> known_;  // By pointer.
  std::deque<Waiting> waiting_;
  std::vector<Error> problems_;
};

}  // namespace capstan::schema
