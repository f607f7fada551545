// Any bytes as the answer of a service: its body, its cookies, its links.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "connect/rest/cookie_jar.h"
#include "connect/rest/exchange.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace capstan;
  const std::string text(reinterpret_cast<const char*>(data), size);
  rest::CookieJar jar;
  jar.take({{"Set-Cookie", text}}, "http://service/a/b", from_unix_ms(0));
  (void)jar.header("http://service/a/b", from_unix_ms(0));
  HttpResponse response{.status = 200, .headers = {{"Content-Type", "application/json"}, {"Link", text}}, .body = text};
  const rest::Endpoint endpoint{.url = "http://service"};
  if (const auto answer = rest::read_answer({}, std::move(response))) {
    (void)rest::explain({}, *answer);
    (void)rest::is_html(*answer);
    (void)rest::next_link(answer->headers, "next", endpoint, "/a");
  }
  return 0;
}
