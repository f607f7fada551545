#include "serve/language.h"

#include <algorithm>
#include <string>

#include "base/json.h"

namespace capstan::serve {
namespace {

bool is_json(const HttpServerResponse& response) {
  return std::ranges::any_of(response.headers, [](const auto& header) {
    return header.first == "Content-Type" && header.second.starts_with("application/json");
  });
}

}  // namespace

Language wanted_language(std::string_view accepted) {
  while (!accepted.empty()) {
    const size_t end = std::min(accepted.find(','), accepted.size());
    std::string_view tag = accepted.substr(0, end);
    tag.remove_prefix(std::min(tag.find_first_not_of(' '), tag.size()));
    tag = tag.substr(0, tag.find_first_of("-; "));
    if (const auto language = parse_language(tag)) return *language;
    accepted.remove_prefix(std::min(end + 1, accepted.size()));
  }
  return Language::kEnglish;
}

void localize_answer(const HttpServerRequest& request, HttpServerResponse& response) {
  const std::string_view accepted = request.header("Accept-Language");
  if (accepted.empty() || !is_json(response)) return;
  if (response.body.find("\"words\":{") == std::string::npos) return;
  auto body = Json::parse(response.body);
  if (!body) return;
  localize(*body, wanted_language(accepted));
  response.body = body->dump();
}

}  // namespace capstan::serve
