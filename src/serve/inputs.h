// Reads what a request asks with, and says what was expected where it asks wrongly: like base/config's MapReader, for
// queries and JSON bodies.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "base/url.h"

namespace capstan::serve {

// The parameters of a query. Unknown and repeated ones are mistakes. Lives no longer than the query.
class QueryReader {
 public:
  explicit QueryReader(const QueryParameters& parameters) : parameters_(parameters) {}

  std::string text(std::string_view name, std::string_view otherwise = "");
  std::string required_text(std::string_view name);
  uint64_t number(std::string_view name, uint64_t otherwise, uint64_t least, uint64_t most);
  std::optional<Time> time(std::string_view name);
  std::string one_of(std::string_view name, std::initializer_list<std::string_view> words, std::string_view otherwise);

  // The first mistake. Call last.
  Status finish();

 private:
  const std::string* find(std::string_view name);
  void problem(std::string message);

  const QueryParameters& parameters_;
  std::vector<std::string_view> known_;
  std::vector<std::string> problems_;
};

// The members of a JSON object, all of them text. Unknown ones are mistakes.
class BodyReader {
 public:
  // Takes an empty body for an empty object.
  static Result<BodyReader> parse(std::string_view body);

  std::string text(std::string_view name, std::string_view otherwise = "");
  std::string required_text(std::string_view name);
  Status finish();

 private:
  explicit BodyReader(Json body) : body_(std::move(body)) {}

  Json body_;
  std::vector<std::string> known_;
  std::vector<std::string> problems_;
};

}  // namespace capstan::serve
