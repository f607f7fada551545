// The allowed value nearest to one that is not allowed, and values for people.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "model/words.h"
#include "schema/schema_node.h"

namespace capstan::schema {

// A number, or the number that a quantity stands for.
std::optional<double> number_of(const Json& value);

// As people write it: texts without quotes, long ones shortened, a map or a list by its size.
std::string to_text(const Json& value);
// "one of Always, Never", "at least 1 and at most 10", "a string that matches …": what a node allows.
Words describe_types(uint8_t types);
Words describe_values(const Node& node);
Words describe_bounds(const Node& node);
// "at least 2 items", by the phrases of both.
Words describe_count(std::string_view bound, int64_t count, std::string_view what);

// Each gives "" where no value is near.
std::string nearest_of_values(const Node& node, const Json& value);
std::string nearest_number(const Node& node, const Json& value);
std::string nearest_of_type(const Node& node, const Json& value);
std::string nearest_text(const Node& node, const std::string& text);
// "1 gb" is 1G, "512mib" is 512Mi.
std::string nearest_quantity(const std::string& text);

// Whether a text keeps to lengths, pattern and format.
bool text_fits(const Node& node, const std::string& text);

}  // namespace capstan::schema
