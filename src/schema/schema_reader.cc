#include "schema/schema_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/suggest.h"
#include "base/url.h"
#include "model/quantity.h"

namespace capstan::schema {
namespace {

constexpr size_t kMostNodes = 1'000'000;
constexpr size_t kMostProblems = 100;
constexpr int kDeepest = 100;
constexpr int64_t kPatternMemory = 1 << 20;

constexpr std::array<std::pair<std::string_view, uint8_t>, 7> kTypes = {{{"null", kNull},
                                                                         {"boolean", kBoolean},
                                                                         {"integer", kInteger},
                                                                         {"number", kNumber},
                                                                         {"string", kString},
                                                                         {"array", kArray},
                                                                         {"object", kObject}}};
// What is there for people and programs that do not check.
constexpr std::array<std::string_view, 29> kIgnored = {"$schema",
                                                       "$id",
                                                       "$comment",
                                                       "$defs",
                                                       "$anchor",
                                                       "definitions",
                                                       "title",
                                                       "description",
                                                       "default",
                                                       "example",
                                                       "examples",
                                                       "deprecated",
                                                       "readOnly",
                                                       "writeOnly",
                                                       "externalDocs",
                                                       "xml",
                                                       "discriminator",
                                                       "contentEncoding",
                                                       "contentMediaType",
                                                       "components",
                                                       "openapi",
                                                       "info",
                                                       "paths",
                                                       "swagger",
                                                       "security",
                                                       "securityDefinitions",
                                                       "tags",
                                                       "servers",
                                                       "id"};
constexpr std::array<std::string_view, 33> kKeywords = {"$ref",
                                                        "type",
                                                        "properties",
                                                        "required",
                                                        "additionalProperties",
                                                        "items",
                                                        "enum",
                                                        "const",
                                                        "minimum",
                                                        "maximum",
                                                        "exclusiveMinimum",
                                                        "exclusiveMaximum",
                                                        "multipleOf",
                                                        "minLength",
                                                        "maxLength",
                                                        "pattern",
                                                        "minItems",
                                                        "maxItems",
                                                        "uniqueItems",
                                                        "minProperties",
                                                        "maxProperties",
                                                        "allOf",
                                                        "anyOf",
                                                        "oneOf",
                                                        "not",
                                                        "nullable",
                                                        "format",
                                                        "x-kubernetes-int-or-string",
                                                        "x-kubernetes-preserve-unknown-fields",
                                                        "x-kubernetes-list-type",
                                                        "x-kubernetes-list-map-keys",
                                                        "x-kubernetes-embedded-resource",
                                                        "x-kubernetes-validations"};

// A step of a JSON pointer within a URI fragment (RFC 6901).
Result<std::string> pointer_step(std::string_view text) {
  std::string step = TRY(percent_decode(text));
  for (size_t at = step.find('~'); at != std::string::npos; at = step.find('~', at + 1)) {
    if (step.compare(at, 2, "~1") == 0) {
      step.replace(at, 2, "/");
    } else if (step.compare(at, 2, "~0") == 0) {
      step.replace(at, 2, "~");
    }
  }
  return step;
}

Limits& limits_of(Node& node) {
  if (!node.limits) node.limits = std::make_unique<Limits>();
  return *node.limits;
}

}  // namespace

const Node* Node::property(std::string_view name) const {
  const auto found = std::ranges::lower_bound(properties, name, {}, &std::pair<std::string, const Node*>::first);
  return found != properties.end() && found->first == name ? found->second : nullptr;
}

void SchemaReader::problem(std::string message, const std::string& place) {
  if (problems_.size() >= kMostProblems) return;
  problems_.push_back({ErrorCode::kInvalidArgument, fmt::format("{}: {}", place, message), {}});
}

const Json* SchemaReader::resolve(const std::string& pointer) {
  if (pointer == "#" || pointer == "#/") return &document_;
  if (!pointer.starts_with("#/")) return nullptr;
  const Json* at = &document_;
  size_t begin = 2;
  while (begin <= pointer.size()) {
    const size_t end = std::min(pointer.find('/', begin), pointer.size());
    const Result<std::string> step = pointer_step(std::string_view(pointer).substr(begin, end - begin));
    if (!step || !at->contains(*step)) return nullptr;
    at = &(*at)[*step];
    begin = end + 1;
  }
  return at;
}

const Node* SchemaReader::read(const std::string& pointer) {
  const Node* root = refer(pointer);
  while (!waiting_.empty()) {  // Not by recursion: chains of references may be long.
    const Waiting next = std::move(waiting_.front());
    waiting_.pop_front();
    within_built_in_ = is_built_in_ != nullptr && is_built_in_(next.pointer);
    if (const Json* schema = resolve(next.pointer)) {
      fill(*next.node, *schema, next.pointer, 0);
    } else {
      problem("a reference to nowhere", next.pointer);
    }
  }
  return root;
}

Node* SchemaReader::refer(const std::string& pointer) {
  Node*& node = known_[pointer];
  if (node == nullptr) {
    node = &store_.nodes.emplace_back();
    waiting_.push_back({pointer, node});
  }
  return node;
}

const Node* SchemaReader::make(const Json& schema, const std::string& place, int depth) {
  // A schema that is nothing but a reference is what it refers to.
  if (schema["$ref"].is_string() && schema.members().size() == 1) return refer(schema["$ref"].string_or_empty());
  Node& node = store_.nodes.emplace_back();
  fill(node, schema, place, depth);
  return &node;
}

void SchemaReader::fill(Node& node, const Json& schema, const std::string& place, int depth) {
  if (depth > kDeepest) return problem(fmt::format("more than {} levels", kDeepest), place);
  if (store_.nodes.size() > kMostNodes) return problem(fmt::format("more than {} schemas", kMostNodes), place);
  if (schema.is_bool()) {
    node.never = !schema.bool_or(true);
    return;
  }
  if (!schema.is_object()) return problem("a schema must be a map", place);
  for (const auto& [keyword, value] : schema.members()) {
    if (fill_structure(node, keyword, value, place, depth) || fill_value(node, keyword, value, place) ||
        fill_limit(node, keyword, value, place)) {
      continue;
    }
    if (keyword.starts_with("x-") || std::ranges::find(kIgnored, keyword) != kIgnored.end()) continue;
    problem(fmt::format("'{}' is not checked here{}", keyword, did_you_mean(keyword, kKeywords)), place);
  }
  finish(node, schema);
}

std::vector<const Node*> SchemaReader::make_all(const Json& schemas, const std::string& place, int depth) {
  if (!schemas.is_array() || schemas.items().empty()) problem("expected a list of schemas", place);
  std::vector<const Node*> made;
  for (const Json& one : schemas.items())
    made.push_back(make(one, fmt::format("{}[{}]", place, made.size()), depth + 1));
  return made;
}

bool SchemaReader::fill_structure(Node& node, const std::string& keyword, const Json& value, const std::string& place,
                                  int depth) {
  const auto below = [&] { return place + "/" + keyword; };
  if (keyword == "$ref") {
    node.all_of.push_back(refer(value.string_or_empty()));
  } else if (keyword == "properties") {
    if (!value.is_object()) problem("expected a map of schemas", below());
    for (const auto& [name, schema] : value.members()) {
      node.properties.emplace_back(name, make(schema, below() + "/" + name, depth + 1));
    }
  } else if (keyword == "additionalProperties") {
    node.is_closed = value.is_bool() && !value.bool_or(true);
    if (!node.is_closed) node.additional = make(value, below(), depth + 1);
  } else if (keyword == "items") {
    node.items = make(value, below(), depth + 1);
  } else if (keyword == "allOf") {
    std::ranges::copy(make_all(value, below(), depth), std::back_inserter(node.all_of));
  } else if (keyword == "anyOf") {
    node.any_of = make_all(value, below(), depth);
  } else if (keyword == "oneOf") {
    node.one_of = make_all(value, below(), depth);
  } else if (keyword == "not") {
    node.not_this = make(value, below(), depth + 1);
  } else {
    return false;
  }
  return true;
}

void SchemaReader::fill_types(Node& node, const Json& value, const std::string& place) {
  const auto add = [&](const Json& name) {
    const auto found = std::ranges::find(kTypes, name.string_or_empty(), &std::pair<std::string_view, uint8_t>::first);
    if (found == kTypes.end()) return problem(fmt::format("{} is no type", name.dump()), place + "/type");
    node.types |= found->second;
  };
  if (!value.is_array()) return add(value);
  for (const Json& name : value.items()) add(name);
}

bool SchemaReader::fill_value(Node& node, const std::string& keyword, const Json& value, const std::string& place) {
  const auto expect = [&](bool good, std::string_view what) {
    if (!good) problem(fmt::format("expected {}", what), place + "/" + keyword);
  };
  if (keyword == "type") {
    fill_types(node, value, place);
  } else if (keyword == "format") {
    node.format = parse_format(value.string_or_empty());
  } else if (keyword == "nullable") {
    expect(value.is_bool(), "true or false");
    node.nullable = value.bool_or(false);
  } else if (keyword == "required") {
    expect(value.is_array(), "a list of names");
    for (const Json& name : value.items()) node.required.push_back(name.string_or_empty());
  } else if (keyword == "enum") {
    expect(value.is_array() && !value.items().empty(), "a list of values");
    node.values = value.items();
  } else if (keyword == "const") {
    node.values = {value};
  } else if (keyword == "uniqueItems") {
    node.has_unique_items = value.bool_or(false);
  } else if (keyword == "x-kubernetes-int-or-string") {
    if (value.bool_or(false)) node.format = Format::kIntOrString;
  } else if (keyword == "x-kubernetes-preserve-unknown-fields") {
    node.keeps_unknown = value.bool_or(false);
  } else if (keyword == "x-kubernetes-embedded-resource") {
    node.embeds_object = value.bool_or(false);
  } else if (keyword == "x-kubernetes-list-type") {
    if (value.string_or_empty() == "set") node.has_unique_items = true;
  } else if (keyword == "x-kubernetes-list-map-keys") {
    for (const Json& name : value.items()) node.keys.push_back(name.string_or_empty());
  } else if (keyword == "x-kubernetes-validations") {
    node.has_expressions = true;
  } else {
    return false;
  }
  return true;
}

bool SchemaReader::fill_limit(Node& node, const std::string& keyword, const Json& value, const std::string& place) {
  const auto length = [&](std::optional<int64_t>& limit) {
    if (value.int_or(-1) < 0) return problem("expected a whole number, not below 0", place + "/" + keyword);
    limit = value.int_or(0);
  };
  if (keyword.ends_with("inimum") || keyword.ends_with("aximum")) {
    fill_bound(node, keyword, value, place);
  } else if (keyword == "multipleOf") {
    if (value.number_or(0) <= 0) problem("expected a number above 0", place + "/" + keyword);
    if (value.number_or(0) > 0) limits_of(node).multiple_of = value.number_or(1);
  } else if (keyword == "minLength") {
    length(limits_of(node).min_length);
  } else if (keyword == "maxLength") {
    length(limits_of(node).max_length);
  } else if (keyword == "minItems") {
    length(limits_of(node).min_items);
  } else if (keyword == "maxItems") {
    length(limits_of(node).max_items);
  } else if (keyword == "minProperties") {
    length(limits_of(node).min_properties);
  } else if (keyword == "maxProperties") {
    length(limits_of(node).max_properties);
  } else if (keyword == "pattern") {
    fill_pattern(node, value, place);
  } else {
    return false;
  }
  return true;
}

// exclusiveMinimum is a number in JSON Schema, and true beside a minimum in OpenAPI 3.0.
void SchemaReader::fill_bound(Node& node, const std::string& keyword, const Json& value, const std::string& place) {
  Limits& limits = limits_of(node);
  const bool is_least = keyword.ends_with("inimum");
  bool& excluded = is_least ? limits.minimum_is_excluded : limits.maximum_is_excluded;
  if (keyword.starts_with("exclusive")) {
    if (value.is_bool()) {
      excluded = value.bool_or(false);
      return;
    }
    excluded = true;
  }
  if (!value.is_number() && !parse_quantity(value.string_or_empty())) {
    return problem("expected a number, or an amount as 1Gi", place + "/" + keyword);
  }
  (is_least ? limits.minimum : limits.maximum) = value;
}

void SchemaReader::fill_pattern(Node& node, const Json& value, const std::string& place) {
  RE2::Options options(RE2::Quiet);
  options.set_max_mem(kPatternMemory);
  auto pattern = std::make_shared<const RE2>(value.string_or_empty(), options);
  if (!value.is_string() || !pattern->ok()) {
    return problem(fmt::format("the pattern cannot be checked: {}", pattern->error()), place + "/pattern");
  }
  limits_of(node).pattern = std::move(pattern);
}

void SchemaReader::finish(Node& node, const Json& schema) {
  node.is_built_in = within_built_in_;
  node.has_default = schema.contains("default");
  // In OpenAPI version 2 these are texts.
  if (node.format == Format::kIntOrString) node.types = kInteger | kString;
  if (node.format == Format::kQuantity) node.types = kNumber | kString;
  if (schema["x-kubernetes-list-type"].string_or_empty() != "map") node.keys.clear();
}

}  // namespace capstan::schema
