#include "base/config.h"
#include "decide/verb_effects.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::vector<capstan::KindSpec> kinds = {
      {.name = "vm", .title = "", .help = "", .columns = {{.name = "state", .help = ""}}}};
  if (const auto documents = capstan::parse_yaml(text, "fuzz.yaml"))
    (void)capstan::decide::read_effects(*documents, kinds);
  return 0;
}
