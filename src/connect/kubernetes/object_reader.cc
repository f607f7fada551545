#include "connect/kubernetes/object_reader.h"

#include <simdjson.h>

namespace capstan::kubernetes {
namespace {

namespace dom = simdjson::dom;

constexpr int kMaxDepth = 200;  // As Json::parse has it.
constexpr size_t kLargestKept = 1 << 20;

// Nothing for what is nested too deeply.
bool convert(const dom::element& from, Json& to, int depth);

bool convert_members(const dom::object& from, Json::Object& to, int depth, std::string_view left_out = {}) {
  for (const auto& [key, value] : from) {
    if (!left_out.empty() && key == left_out) continue;
    const auto member = to.emplace_hint(to.end(), key, Json());
    if (!convert(value, member->second, depth)) return false;
  }
  return true;
}

bool convert(const dom::element& from, Json& to, int depth) {
  if (depth > kMaxDepth) return false;
  switch (from.type()) {
    case dom::element_type::NULL_VALUE: return true;
    case dom::element_type::BOOL: to = bool(from); return true;
    case dom::element_type::INT64: to = int64_t(from); return true;
    case dom::element_type::UINT64: to = uint64_t(from); return true;
    case dom::element_type::DOUBLE: to = double(from); return true;
    case dom::element_type::STRING: to = Json(std::string_view(from)); return true;
    case dom::element_type::OBJECT: return convert_members(dom::object(from), to.mutable_members(), depth + 1);
    case dom::element_type::ARRAY: {
      const dom::array items(from);
      to.mutable_items().reserve(items.size());
      for (const dom::element& item : items) {
        if (!convert(item, to.push_back({}), depth + 1)) return false;
      }
      return true;
    }
  }
  return false;
}

bool convert_object(const dom::object& from, Json& to, bool with_managers = false) {
  for (const auto& [key, value] : from) {
    const auto member = to.mutable_members().emplace_hint(to.mutable_members().end(), key, Json());
    const bool is_metadata = !with_managers && key == "metadata" && value.is_object();
    const bool converted =
        is_metadata ? convert_members(dom::object(value), member->second.mutable_members(), 2, "managedFields")
                    : convert(value, member->second, 2);
    if (!converted) return false;
  }
  to.mutable_members();
  return true;
}

std::unexpected<Error> not_an_object(std::string_view why) {
  return fail(ErrorCode::kCorrupt, "not a valid JSON object: " + std::string(why));
}

}  // namespace

class ObjectReader::Parser {
 public:
  Result<dom::object> parse(std::string& text) {
    if (text.size() > kLargestKept || was_large_) parser_ = std::make_unique<dom::parser>();
    was_large_ = text.size() > kLargestKept;
    text.reserve(text.size() + simdjson::SIMDJSON_PADDING);
    dom::element root;
    if (const auto error = parser_->parse(text.data(), text.size(), false).get(root)) {
      return not_an_object(simdjson::error_message(error));
    }
    dom::object object;
    if (root.get_object().get(object)) return not_an_object("it is something else");
    return object;
  }

 private:
  std::unique_ptr<dom::parser> parser_ = std::make_unique<dom::parser>();
  bool was_large_ = false;
};

ObjectReader::ObjectReader() : parser_(std::make_unique<Parser>()) {}
ObjectReader::~ObjectReader() = default;

Result<Json> ObjectReader::read(std::string& text, bool with_managers) {
  const dom::object object = TRY(parser_->parse(text));
  Json json;
  if (!convert_object(object, json, with_managers)) return not_an_object("it is nested too deeply");
  return json;
}

Result<WatchEvent> ObjectReader::read_event(std::string& text) {
  const dom::object event = TRY(parser_->parse(text));
  std::string_view type;
  dom::object object;
  if (event["type"].get_string().get(type)) return not_an_object("an event of a watch needs 'type'");
  if (event["object"].get_object().get(object)) return not_an_object("an event of a watch needs 'object'");
  WatchEvent read{.type = std::string(type), .object = {}};
  if (!convert_object(object, read.object)) return not_an_object("it is nested too deeply");
  return read;
}

}  // namespace capstan::kubernetes
