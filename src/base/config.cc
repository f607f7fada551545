#include "base/config.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <sstream>

#include "base/suggest.h"
#include "base/text_place.h"
#include "base/utf8.h"

namespace capstan {
namespace {

constexpr int kMaxDepth = 100;
constexpr size_t kMaxNodes = 500'000;  // After aliases are resolved.
constexpr size_t kMaxBytes = 16 << 20;

class Converter {
 public:
  explicit Converter(std::string_view file) : file_(file) {}

  Result<ConfigNode> convert(const YAML::Node& node, int depth) {
    ConfigNode result;
    result.where = where_of(node.Mark());
    if (depth > kMaxDepth) return fail(ErrorCode::kInvalidArgument, "nested too deeply", result.where);
    if (++count_ > kMaxNodes) {
      return fail(ErrorCode::kResourceExhausted, "the document grows too large when its aliases are resolved",
                  result.where);
    }
    if (node.Tag().starts_with("tag:") || (node.Tag().starts_with("!") && node.Tag() != "!")) {
      return fail(ErrorCode::kInvalidArgument, fmt::format("the tag '{}' is not supported", node.Tag()), result.where);
    }
    switch (node.Type()) {
      case YAML::NodeType::Undefined:
      case YAML::NodeType::Null: return result;
      case YAML::NodeType::Scalar:
        result.kind = ConfigNode::Kind::kScalar;
        result.scalar = node.Scalar();
        result.quoted = node.Tag() == "!";
        return result;
      case YAML::NodeType::Sequence:
        result.kind = ConfigNode::Kind::kSequence;
        for (const YAML::Node& item : node) result.items.push_back(TRY(convert(item, depth + 1)));
        return result;
      case YAML::NodeType::Map: return convert_map(node, depth, std::move(result));
    }
    return result;
  }

 private:
  Result<ConfigNode> convert_map(const YAML::Node& node, int depth, ConfigNode result) {
    result.kind = ConfigNode::Kind::kMap;
    std::set<std::string, std::less<>> seen;
    for (const auto& member : node) {
      ConfigNode key = TRY(convert(member.first, depth + 1));
      if (!key.is_scalar()) return fail(ErrorCode::kInvalidArgument, "a key must be plain text", key.where);
      if (!seen.insert(key.scalar).second) {
        return fail(ErrorCode::kInvalidArgument, fmt::format("the key '{}' appears twice", key.scalar), key.where);
      }
      ConfigNode value = TRY(convert(member.second, depth + 1));
      // yaml-cpp has a value that is not there begin at whatever follows it.
      if (value.is_null() || value.where.line == 0) value.where = key.where;
      result.members.push_back({std::move(key), std::move(value)});
    }
    return result;
  }

  Where where_of(const YAML::Mark& mark) const {
    if (mark.is_null()) return {file_, 0, 0};
    return {file_, mark.line + 1, mark.column + 1};
  }

  std::string file_;
  size_t count_ = 0;
};

// Sees documents go by and keeps nothing but where the last one began.
class DocumentStarts final : public YAML::EventHandler {
 public:
  YAML::Mark last = YAML::Mark::null_mark();

  void OnDocumentStart(const YAML::Mark& mark) override { last = mark; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

// yaml-cpp 0.7 sees an empty document before a stray ',' or ']', takes nothing off, and sees another for ever. Its own
// LoadAll does so until the memory is full, so that must be found before.
Status check_that_documents_end(const std::string& text, std::string_view file) {
  std::istringstream stream(text);
  YAML::Parser parser(stream);
  DocumentStarts starts;
  int before = -1;
  while (parser.HandleNextDocument(starts)) {
    if (starts.last.pos == before) {
      return fail(ErrorCode::kInvalidArgument, "not valid YAML: a value was expected here",
                  {std::string(file), starts.last.line + 1, starts.last.column + 1});
    }
    before = starts.last.pos;
  }
  return {};
}

Json scalar_to_json(const std::string& text) {
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  if (text == "null" || text == "Null" || text == "NULL" || text == "~" || text.empty()) return nullptr;
  const char* begin = text.data();
  const char* end = begin + text.size();
  if (*begin == '+') ++begin;
  int64_t integer = 0;
  if (const auto [last, error] = std::from_chars(begin, end, integer); error == std::errc() && last == end) {
    return integer;
  }
  // Only what looks like a number: from_chars would also take "inf" and "nan".
  if (text.find_first_not_of("0123456789+-.eE") == std::string::npos) {
    double number = 0;
    if (const auto [last, error] = std::from_chars(begin, end, number); error == std::errc() && last == end) {
      return number;
    }
  }
  return text;
}

}  // namespace

const ConfigNode* ConfigNode::find(std::string_view key) const {
  for (const auto& [name, value] : members) {
    if (name.scalar == key) return &value;
  }
  return nullptr;
}

Json ConfigNode::to_json() const {
  switch (kind) {
    case Kind::kNull: return nullptr;
    case Kind::kScalar: return quoted ? Json(scalar) : scalar_to_json(scalar);
    case Kind::kSequence: {
      Json::Array array;
      for (const ConfigNode& item : items) array.push_back(item.to_json());
      return array;
    }
    case Kind::kMap: {
      Json::Object object;
      for (const auto& [key, value] : members) object.emplace(key.scalar, value.to_json());
      return object;
    }
  }
  return nullptr;
}

std::string_view ConfigNode::describe() const {
  switch (kind) {
    case Kind::kNull: return "nothing";
    case Kind::kScalar: return "text";
    case Kind::kSequence: return "a list";
    case Kind::kMap: return "a map";
  }
  return "nothing";
}

Result<std::vector<ConfigNode>> parse_yaml(std::string_view text, std::string_view file) {
  if (text.size() > kMaxBytes) {
    return fail(ErrorCode::kResourceExhausted, fmt::format("larger than the limit of {} bytes", kMaxBytes),
                {std::string(file), 0, 0});
  }
  if (const size_t at = first_invalid_utf8(text); at != std::string_view::npos) {
    return fail(ErrorCode::kInvalidArgument, "not UTF-8: save the file in that encoding", place_in(text, at, file));
  }
  // The parser recurses a level per nested flow collection; this stops it before the stack does.
  int depth = 0;
  for (char c : text) {
    depth += (c == '[' || c == '{') - (c == ']' || c == '}');
    if (depth > 2000) {
      return fail(ErrorCode::kInvalidArgument, "nested too deeply", {std::string(file), 0, 0});
    }
  }
  try {
    std::vector<ConfigNode> documents;
    TRY(check_that_documents_end(std::string(text), file));
    for (const YAML::Node& root : YAML::LoadAll(std::string(text))) {
      if (!root.IsDefined() || root.IsNull()) continue;
      documents.push_back(TRY(Converter(file).convert(root, 0)));
    }
    return documents;
  } catch (const YAML::Exception& e) {
    Where where{std::string(file), 0, 0};
    if (!e.mark.is_null()) where = {std::string(file), e.mark.line + 1, e.mark.column + 1};
    return fail(ErrorCode::kInvalidArgument, "not valid YAML: " + e.msg, where);
  }
}

std::vector<Error> keys_without_value(const ConfigNode& node, std::span<const std::string_view> as_given) {
  std::vector<Error> problems;
  const auto look_into = [&](const ConfigNode& part) {
    std::ranges::move(keys_without_value(part, as_given), std::back_inserter(problems));
  };
  for (const auto& [key, value] : node.members) {
    if (value.is_null() || (value.is_sequence() && value.items.empty()))
      problems.push_back({ErrorCode::kInvalidArgument,
                          fmt::format("'{}' has no value: write one, or leave the key out", key.scalar), value.where});
    if (std::ranges::find(as_given, key.scalar) == as_given.end()) look_into(value);
  }
  std::ranges::for_each(node.items, look_into);
  return problems;
}

MapReader::MapReader(const ConfigNode& node, std::string_view what) : node_(node), what_(what) {
  if (!node.is_map()) problem(node, fmt::format("expected {} as a map, found {}", what_, node.describe()));
}

const ConfigNode* MapReader::node(std::string_view key) {
  known_.emplace_back(key);
  const ConfigNode* found = node_.find(key);
  return found && !found->is_null() ? found : nullptr;
}

const ConfigNode* MapReader::required_node(std::string_view key, ConfigNode::Kind kind) {
  const ConfigNode* found = node(key);
  ConfigNode wanted;
  wanted.kind = kind;
  if (!found) {
    if (node_.is_map()) problem(node_, fmt::format("{} needs '{}' ({})", what_, key, wanted.describe()));
    return nullptr;
  }
  if (found->kind != kind) {
    problem(*found, fmt::format("'{}' must be {}, found {}", key, wanted.describe(), found->describe()));
    return nullptr;
  }
  return found;
}

const ConfigNode* MapReader::scalar(std::string_view key) {
  const ConfigNode* found = node(key);
  if (found && !found->is_scalar()) {
    problem(*found, fmt::format("'{}' must be a single value, found {}", key, found->describe()));
    return nullptr;
  }
  return found;
}

const ConfigNode& MapReader::at(std::string_view key) const {
  const ConfigNode* found = node_.find(key);
  return found ? *found : node_;
}

std::string MapReader::required_string(std::string_view key) {
  const ConfigNode* found = scalar(key);
  if (found) {
    if (found->scalar.empty()) problem(*found, fmt::format("'{}' must not be empty", key));
    return found->scalar;
  }
  if (node_.is_map() && at(key).is_null()) problem(at(key), fmt::format("'{}' must not be empty", key));
  if (node_.is_map() && !has(key)) problem(node_, fmt::format("{} needs '{}'", what_, key));
  return {};
}

std::string MapReader::string_or(std::string_view key, std::string_view otherwise) {
  const ConfigNode* found = scalar(key);
  return found ? found->scalar : std::string(otherwise);
}

bool MapReader::bool_or(std::string_view key, bool otherwise) {
  const ConfigNode* found = scalar(key);
  if (!found) return otherwise;
  const Json value = found->to_json();
  if (!value.is_bool()) problem(*found, fmt::format("'{}' must be true or false, found '{}'", key, found->scalar));
  return value.bool_or(otherwise);
}

int64_t MapReader::int_or(std::string_view key, int64_t otherwise, int64_t least, int64_t most) {
  const ConfigNode* found = scalar(key);
  if (!found) return otherwise;
  const Json value = found->to_json();
  if (!value.is_int() || value.int_or(0) < least || value.int_or(0) > most) {
    problem(*found,
            fmt::format("'{}' must be a whole number from {} to {}, found '{}'", key, least, most, found->scalar));
    return otherwise;
  }
  return value.int_or(otherwise);
}

double MapReader::number_or(std::string_view key, double otherwise) {
  const ConfigNode* found = scalar(key);
  if (!found) return otherwise;
  const Json value = found->to_json();
  if (!value.is_number()) problem(*found, fmt::format("'{}' must be a number, found '{}'", key, found->scalar));
  return value.number_or(otherwise);
}

Duration MapReader::duration_or(std::string_view key, Duration otherwise) {
  const ConfigNode* found = scalar(key);
  if (!found) return otherwise;
  const Result<Duration> value = parse_duration(found->scalar);
  if (!value) problem(*found, fmt::format("'{}': {}", key, value.error().message));
  return value.value_or(otherwise);
}

std::vector<std::string> MapReader::strings(std::string_view key) {
  const ConfigNode* found = node(key);
  std::vector<std::string> values;
  if (!found) return values;
  if (found->is_scalar()) return {found->scalar};
  if (!found->is_sequence()) {
    problem(*found, fmt::format("'{}' must be a value or a list of values, found {}", key, found->describe()));
    return values;
  }
  for (const ConfigNode& item : found->items) {
    if (item.is_scalar()) {
      values.push_back(item.scalar);
    } else {
      problem(item, fmt::format("each of '{}' must be a single value, found {}", key, item.describe()));
    }
  }
  return values;
}

std::vector<std::pair<std::string, std::string>> MapReader::string_map(std::string_view key) {
  const ConfigNode* found = node(key);
  std::vector<std::pair<std::string, std::string>> values;
  if (!found) return values;
  if (!found->is_map()) {
    problem(*found, fmt::format("'{}' must be a map, found {}", key, found->describe()));
    return values;
  }
  for (const auto& [name, value] : found->members) {
    if (value.is_scalar() || value.is_null()) {
      values.emplace_back(name.scalar, value.scalar);
    } else {
      problem(value, fmt::format("'{}.{}' must be a single value, found {}", key, name.scalar, value.describe()));
    }
  }
  return values;
}

std::string MapReader::one_of(std::string_view key, std::initializer_list<std::string_view> words,
                              std::string_view otherwise) {
  const ConfigNode* found = scalar(key);
  if (!found) return std::string(otherwise);
  if (std::ranges::find(words, found->scalar) == words.end()) {
    problem(*found, fmt::format("'{}' must be one of {}, found '{}'{}", key, fmt::join(words, ", "), found->scalar,
                                did_you_mean(found->scalar, std::span(words.begin(), words.size()))));
    return std::string(otherwise);
  }
  return found->scalar;
}

void MapReader::problem(const ConfigNode& at, std::string message) {
  problems_.push_back({ErrorCode::kInvalidArgument, std::move(message), at.where});
}

void MapReader::problem(Error error) { problems_.push_back(std::move(error)); }

std::vector<Error> MapReader::problems() {
  std::vector<std::string_view> known(known_.begin(), known_.end());
  std::ranges::sort(known);
  known.erase(std::ranges::unique(known).begin(), known.end());  // A key may be read twice.
  for (const auto& [key, value] : node_.members) {
    if (std::ranges::binary_search(known, std::string_view(key.scalar))) continue;
    std::string expected = did_you_mean(key.scalar, known);
    if (expected.empty()) expected = fmt::format("; expected one of: {}", fmt::join(known, ", "));
    problem(key, fmt::format("unknown key '{}' in {}{}", key.scalar, what_, expected));
  }
  std::vector<Error> sorted = std::exchange(problems_, {});
  std::ranges::stable_sort(sorted, [](const Error& a, const Error& b) {
    return std::pair(a.where.line, a.where.column) < std::pair(b.where.line, b.where.column);
  });
  return sorted;
}

Status MapReader::finish() {
  std::vector<Error> all = problems();
  if (all.empty()) return {};
  Error first = std::move(all.front());
  if (all.size() > 1) first.message += fmt::format(" (and {} more)", all.size() - 1);
  return fail(std::move(first));
}

}  // namespace capstan
