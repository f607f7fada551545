// Whatever a client asks with: readers and checks end with a value or an error, never with a crash.
#include <cstdint>

#include "base/url.h"
#include "serve/host_check.h"
#include "serve/inputs.h"
#include "serve/password_rules.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace capstan;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto query = parse_query(text)) {
    serve::QueryReader reader(*query);
    (void)reader.text("kind");
    (void)reader.required_text("id");
    (void)reader.number("limit", 1, 1, 100);
    (void)reader.time("at");
    (void)reader.one_of("state", {"open", "all"}, "open");
    (void)reader.finish();
  }
  if (auto body = serve::BodyReader::parse(text)) {
    (void)body->text("reason");
    (void)body->required_text("hash");
    (void)body->finish();
  }
  (void)serve::HostCheck({"capstan.example"}).accepts(text, true);
  (void)serve::check_password(text.substr(0, size / 2), text);
  (void)serve::check_name("user", text);
  return 0;
}
