#include "connect/rest/cookie_jar.h"

#include <strings.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/http_date.h"
#include "base/trim.h"

namespace capstan::rest {
namespace {

constexpr size_t kMostCookies = 50;
constexpr size_t kMostBytes = 4'096;
constexpr int64_t kLongestSeconds = 400LL * 24 * 3600;

bool same_word(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

struct Place {
  bool secure = false;
  std::string_view host;
  std::string_view path;
};

Place place_of(std::string_view url) {
  Place place;
  place.secure = same_word(url.substr(0, 8), "https://");
  url.remove_prefix(std::min(url.size(), url.find("://") + 3));
  const std::string_view authority = url.substr(0, url.find_first_of("/?#"));
  url.remove_prefix(authority.size());
  place.path = url.substr(0, url.find_first_of("?#"));
  if (place.path.empty()) place.path = "/";
  place.host = authority.substr(authority.rfind('@') + 1);
  const size_t colon = place.host.rfind(':');
  if (colon != std::string_view::npos && place.host.find(']', colon) == std::string_view::npos)
    place.host = place.host.substr(0, colon);
  return place;
}

// Section 5.1.4: up to the last slash, but not that of the root.
std::string default_path(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == 0 || slash == std::string_view::npos ? "/" : std::string(path.substr(0, slash));
}

bool is_below(std::string_view path, std::string_view of_cookie) {
  if (!path.starts_with(of_cookie)) return false;
  return of_cookie.ends_with('/') || path.size() == of_cookie.size() || path[of_cookie.size()] == '/';
}

bool is_host_within(std::string_view host, std::string_view domain) {
  if (domain.starts_with('.')) domain.remove_prefix(1);
  if (same_word(host, domain)) return true;
  return host.size() > domain.size() && same_word(host.substr(host.size() - domain.size()), domain) &&
         host[host.size() - domain.size() - 1] == '.';
}

std::string_view take_part(std::string_view& rest) {
  const size_t end = std::min(rest.find(';'), rest.size());
  const std::string_view part = trim(rest.substr(0, end));
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return part;
}

std::optional<Duration> read_max_age(std::string_view text) {
  int64_t seconds = 0;
  const auto [last, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || last != text.data() + text.size()) return std::nullopt;
  return Duration(std::clamp<int64_t>(seconds, 0, kLongestSeconds) * 1000);
}

}  // namespace

void CookieJar::keep(Cookie cookie, Time now) {
  std::erase_if(cookies_, [&](const Cookie& old) { return old.name == cookie.name && old.path == cookie.path; });
  const bool is_over = cookie.expires != Time() && cookie.expires <= now;
  if (!is_over && cookies_.size() < kMostCookies) cookies_.push_back(std::move(cookie));
}

void CookieJar::take(const HttpHeaders& headers, std::string_view url, Time now) {
  const Place place = place_of(url);
  for (const auto& [header_name, line] : headers) {
    if (!same_word(header_name, "set-cookie") || line.size() > kMostBytes) continue;
    std::string_view rest = line;
    const std::string_view pair = take_part(rest);
    const size_t equals = pair.find('=');
    if (equals == std::string_view::npos || equals == 0) continue;
    Cookie cookie{.name = std::string(trim(pair.substr(0, equals))),
                  .value = std::string(trim(pair.substr(equals + 1))),
                  .path = default_path(place.path)};
    bool is_foreign = false;
    std::optional<Duration> age;  // Comes before Expires, wherever it stands.
    while (!rest.empty()) {
      const std::string_view attribute = take_part(rest);
      const size_t is = std::min(attribute.find('='), attribute.size());
      const std::string_view what = trim(attribute.substr(0, is));
      const std::string_view value = trim(attribute.substr(std::min(is + 1, attribute.size())));
      if (same_word(what, "path")) cookie.path = value.starts_with('/') ? std::string(value) : default_path(place.path);
      if (same_word(what, "secure")) cookie.secure = true;
      if (same_word(what, "domain") && !value.empty()) is_foreign = !is_host_within(place.host, value);
      if (same_word(what, "max-age")) age = read_max_age(value);
      // Time() is the end of the session: 1970, by which servers take cookies away, is a little later.
      if (same_word(what, "expires")) {
        if (const auto time = read_http_date(value)) cookie.expires = std::max(*time, from_unix_ms(1));
      }
    }
    if (age) cookie.expires = now + *age;
    if (!is_foreign) keep(std::move(cookie), now);
  }
}

std::string CookieJar::header(std::string_view url, Time now) const {
  const Place place = place_of(url);
  std::vector<const Cookie*> sent;
  for (const Cookie& cookie : cookies_) {
    const bool is_over = cookie.expires != Time() && cookie.expires <= now;
    if (!is_over && is_below(place.path, cookie.path) && (place.secure || !cookie.secure)) sent.push_back(&cookie);
  }
  // Longer paths first: of two with one name, servers take the first.
  std::ranges::stable_sort(sent, std::ranges::greater(), [](const Cookie* cookie) { return cookie->path.size(); });
  std::string text;
  for (const Cookie* cookie : sent) text += (text.empty() ? "" : "; ") + cookie->name + "=" + cookie->value;
  return text;
}

}  // namespace capstan::rest
