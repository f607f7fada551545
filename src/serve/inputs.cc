#include "serve/inputs.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "base/suggest.h"

namespace capstan::serve {
namespace {

template <class Names>
std::string unknown(std::string_view what, std::string_view name, const Names& known) {
  const std::vector<std::string_view> candidates(known.begin(), known.end());
  if (candidates.empty()) return fmt::format("unknown {} '{}': none is expected here", what, name);
  return fmt::format("unknown {} '{}'{}: expected {}", what, name, did_you_mean(name, candidates),
                     fmt::join(candidates, ", "));
}

Status first_of(const std::vector<std::string>& problems) {
  if (problems.empty()) return {};
  return fail(ErrorCode::kInvalidArgument, problems.front());
}

}  // namespace

const std::string* QueryReader::find(std::string_view name) {
  known_.push_back(name);
  const auto found = std::ranges::find(parameters_, name, &QueryParameters::value_type::first);
  return found == parameters_.end() ? nullptr : &found->second;
}

void QueryReader::problem(std::string message) { problems_.push_back(std::move(message)); }

std::string QueryReader::text(std::string_view name, std::string_view otherwise) {
  const std::string* value = find(name);
  return value ? *value : std::string(otherwise);
}

std::string QueryReader::required_text(std::string_view name) {
  const std::string* value = find(name);
  if (!value || value->empty()) problem(fmt::format("the parameter '{}' is missing", name));
  return value ? *value : "";
}

uint64_t QueryReader::number(std::string_view name, uint64_t otherwise, uint64_t least, uint64_t most) {
  const std::string* value = find(name);
  if (!value) return otherwise;
  uint64_t number = 0;
  const char* end = value->data() + value->size();
  const auto [stop, error] = std::from_chars(value->data(), end, number);
  if (error != std::errc() || stop != end || number < least || number > most) {
    problem(fmt::format("{}={}: expected a whole number from {} to {}", name, *value, least, most));
    return otherwise;
  }
  return number;
}

std::optional<Time> QueryReader::time(std::string_view name) {
  const std::string* value = find(name);
  if (!value || value->empty()) return std::nullopt;
  const Result<Time> time = parse_time(*value);
  if (time) return *time;
  problem(fmt::format("{}={}: {}", name, *value, time.error().message));
  return std::nullopt;
}

std::string QueryReader::one_of(std::string_view name, std::initializer_list<std::string_view> words,
                                std::string_view otherwise) {
  const std::string* value = find(name);
  if (!value || value->empty()) return std::string(otherwise);
  if (std::ranges::find(words, *value) == words.end()) {
    problem(fmt::format("{}={}: expected one of {}", name, *value, fmt::join(words, ", ")));
  }
  return *value;
}

Status QueryReader::finish() {
  for (size_t i = 0; i < parameters_.size(); ++i) {
    const std::string& name = parameters_[i].first;
    if (std::ranges::find(known_, name) == known_.end()) problem(unknown("parameter", name, known_));
    const auto before = parameters_.begin() + static_cast<std::ptrdiff_t>(i);
    if (std::find_if(parameters_.begin(), before, [&](const auto& other) { return other.first == name; }) != before) {
      problem(fmt::format("the parameter '{}' is given twice", name));
    }
  }
  return first_of(problems_);
}

Result<BodyReader> BodyReader::parse(std::string_view body) {
  if (body.empty()) return BodyReader(Json::object());
  Json json = TRY(Json::parse(body));
  if (!json.is_object()) return fail(ErrorCode::kInvalidArgument, "expected a JSON object");
  return BodyReader(std::move(json));
}

std::string BodyReader::text(std::string_view name, std::string_view otherwise) {
  known_.emplace_back(name);
  const Json& value = body_[name];
  if (value.is_null()) return std::string(otherwise);
  if (!value.is_string()) problems_.push_back(fmt::format("'{}' must be text", name));
  return value.string_or_empty();
}

std::string BodyReader::required_text(std::string_view name) {
  std::string value = text(name);
  if (value.empty()) problems_.push_back(fmt::format("'{}' is missing", name));
  return value;
}

Status BodyReader::finish() {
  for (const auto& [name, value] : body_.members()) {
    if (std::ranges::find(known_, name) == known_.end()) problems_.push_back(unknown("member", name, known_));
  }
  return first_of(problems_);
}

}  // namespace capstan::serve
