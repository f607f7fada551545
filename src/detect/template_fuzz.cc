#include <cstdint>

#include "detect/fake_sources.h"
#include "detect/template.h"

// Any text is a template or is refused with a position; any template ends, with a text.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace capstan;
  if (size > 4096) return 0;
  const auto parsed = detect::Template::parse({reinterpret_cast<const char*>(data), size});
  if (!parsed) {
    if (parsed.error().where.line < 1) __builtin_trap();
    return 0;
  }
  detect::FakeSignals signals;
  signals.set("up", {Labels{{"instance", "a"}}, Labels{{"instance", "b"}}});
  const detect::TemplateData values{Labels{{"a", "b"}, {"c", "d"}}, 1.5, Labels{{"e", "f"}}, "http://x/y"};
  (void)parsed->expand_or_say(values, {&signals, from_unix_ms(0)});
  return 0;
}
