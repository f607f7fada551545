#include "connect/rest/cookie_jar.h"

#include <algorithm>
#include <charconv>

#include "base/trim.h"

namespace capstan::rest {
namespace {

constexpr size_t kMostCookies = 50;
constexpr size_t kMostBytes = 4'096;

bool same_word(std::string_view a, std::string_view b) {
  return std::ranges::equal(
      a, b, [](char x, char y) { return (x >= 'A' && x <= 'Z' ? x + 32 : x) == (y >= 'A' && y <= 'Z' ? y + 32 : y); });
}

bool matches(std::string_view path, std::string_view of_cookie) {
  if (!path.starts_with(of_cookie)) return false;
  return of_cookie.ends_with('/') || path.size() == of_cookie.size() || path[of_cookie.size()] == '/';
}

}  // namespace

void CookieJar::take(const HttpHeaders& headers, Time now) {
  for (const auto& [name, line] : headers) {
    if (!same_word(name, "set-cookie") || line.size() > kMostBytes) continue;
    std::string_view rest = line;
    const size_t end = rest.find(';');
    const std::string_view pair = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    const size_t equals = pair.find('=');
    if (equals == std::string_view::npos || equals == 0) continue;
    const std::string key(trim(pair.substr(0, equals)));
    Cookie cookie{.value = std::string(trim(pair.substr(equals + 1))), .path = "/", .expires = {}};
    bool gone = false;
    while (!rest.empty()) {
      const size_t next = rest.find(';');
      const std::string_view attribute = trim(rest.substr(0, next));
      rest = next == std::string_view::npos ? std::string_view() : rest.substr(next + 1);
      const size_t is = attribute.find('=');
      const std::string_view what = trim(attribute.substr(0, is));
      const std::string_view value = is == std::string_view::npos ? std::string_view() : trim(attribute.substr(is + 1));
      if (same_word(what, "path") && value.starts_with('/')) cookie.path = std::string(value);
      if (same_word(what, "max-age")) {
        int64_t seconds = 0;
        const auto [last, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
        if (error != std::errc() || last != value.data() + value.size()) continue;
        gone = seconds <= 0;
        cookie.expires = now + Duration(std::clamp<int64_t>(seconds, 0, 10'000'000) * 1000);
      }
    }
    if (gone)
      cookies_.erase(key);
    else if (cookies_.size() < kMostCookies || cookies_.contains(key))
      cookies_[key] = std::move(cookie);
  }
}

std::string CookieJar::header(std::string_view path, Time now) const {
  std::string text;
  for (const auto& [name, cookie] : cookies_) {
    if (!matches(path, cookie.path) || (cookie.expires != Time() && cookie.expires <= now)) continue;
    text += (text.empty() ? "" : "; ") + name + "=" + cookie.value;
  }
  return text;
}

}  // namespace capstan::rest
