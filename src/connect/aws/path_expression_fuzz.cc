#include <cstdint>

#include "connect/aws/path_expression.h"

// Whatever is called an expression is read or refused, and what is read can be asked of anything.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace capstan;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto expression = aws::PathExpression::parse(text);
  if (!expression) return 0;
  static const Json value = *Json::parse(R"({"a": [{"b": 1, "c": [[2], 3]}, {"b": "x"}], "d": {"e": {"b": null}}})");
  (void)expression->evaluate(value);
  (void)expression->plain_names();
  return 0;
}
