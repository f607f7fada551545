// The cookies of one session with one server (RFC 6265, without domains: a session speaks to one origin).
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/http_client.h"
#include "base/time.h"

namespace capstan::rest {

// Not thread-safe.
class CookieJar {
 public:
  // Takes every Set-Cookie of an answer; one that is expired takes the cookie away. Those beyond 50 are not kept.
  void take(const HttpHeaders& headers, Time now);
  // The value of a Cookie header for a path; "" for none.
  std::string header(std::string_view path, Time now) const;

 private:
  struct Cookie {
    std::string value;
    std::string path = "/";
    Time expires;  // Time() for the end of the session.
  };
  std::map<std::string, Cookie, std::less<>> cookies_;
};

}  // namespace capstan::rest
