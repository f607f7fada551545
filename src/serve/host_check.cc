#include "serve/host_check.h"

#include <algorithm>

namespace capstan::serve {
namespace {

constexpr std::string_view kLoopbackNames[] = {"localhost", "127.0.0.1", "[::1]"};

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return result;
}

bool all_digits(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

HostCheck::HostCheck(std::vector<std::string> names) : names_(std::move(names)) {
  for (std::string& name : names_) name = lower(name);
}

bool HostCheck::accepts(std::string_view host, bool from_loopback) const {
  if (!from_loopback && names_.empty()) return true;
  const size_t colon = host.rfind(':');
  const bool has_port = colon != std::string_view::npos && all_digits(host.substr(colon + 1));
  const std::string name = lower(has_port ? host.substr(0, colon) : host);
  if (from_loopback && std::ranges::find(kLoopbackNames, name) != std::end(kLoopbackNames)) return true;
  return std::ranges::find(names_, name) != names_.end();
}

}  // namespace capstan::serve
