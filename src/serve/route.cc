#include "serve/route.h"

namespace capstan::serve {
namespace {

std::vector<std::string_view> split_pattern(std::string_view pattern) {
  std::vector<std::string_view> parts;
  pattern.remove_prefix(1);
  while (!pattern.empty()) {
    const size_t end = pattern.find('/');
    parts.push_back(pattern.substr(0, end));
    pattern.remove_prefix(end == std::string_view::npos ? pattern.size() : end + 1);
  }
  return parts;
}

std::optional<std::vector<std::string>> match(const std::vector<std::string_view>& pattern,
                                              const std::vector<std::string>& segments) {
  std::vector<std::string> captures;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == "{*}") return captures;
    if (i == segments.size()) return std::nullopt;
    if (pattern[i] == "{}") {
      if (segments[i].empty()) return std::nullopt;
      captures.push_back(segments[i]);
    } else if (pattern[i] != segments[i]) {
      return std::nullopt;
    }
  }
  if (segments.size() != pattern.size()) return std::nullopt;
  return captures;
}

}  // namespace

Router::Router(std::vector<Route> routes) : routes_(std::move(routes)) {
  for (const Route& route : routes_) patterns_.push_back(split_pattern(route.pattern));
}

Router::Match Router::find(std::string_view method, const std::vector<std::string>& segments) const {
  const std::string_view wanted = method == "HEAD" ? "GET" : method;
  Match result;
  for (size_t i = 0; i < routes_.size(); ++i) {
    // The page's files answer to every path that is nobody else's.
    if (patterns_[i].front() == "{*}" && !result.allowed.empty()) continue;
    auto captures = match(patterns_[i], segments);
    if (!captures) continue;
    if (routes_[i].method == wanted) return {&routes_[i], std::move(*captures), ""};
    if (patterns_[i].front() == "{*}") continue;
    if (!result.allowed.empty()) result.allowed += ", ";
    result.allowed += routes_[i].method;
  }
  return result;
}

}  // namespace capstan::serve
