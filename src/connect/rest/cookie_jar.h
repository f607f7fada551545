// The cookies of one session with one server (RFC 6265).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/http_client.h"
#include "base/time.h"

namespace capstan::rest {

// Not thread-safe. URLs are those of the requests; the session has one origin, so cookies of other hosts are not kept.
class CookieJar {
 public:
  // Takes every Set-Cookie of an answer; one that is expired takes the cookie away. Those beyond 50 are not kept.
  void take(const HttpHeaders& headers, std::string_view url, Time now);
  // The value of a Cookie header for a request; "" for none. What is "Secure" goes by https alone.
  std::string header(std::string_view url, Time now) const;

 private:
  struct Cookie {
    std::string name;
    std::string value;
    std::string path;
    bool secure = false;
    Time expires;  // Time() for the end of the session.
  };
  void keep(Cookie cookie, Time now);

  std::vector<Cookie> cookies_;  // In the order in which they came.
};

}  // namespace capstan::rest
