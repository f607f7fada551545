#include "decide/freeze_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto documents = capstan::parse_yaml(text, "fuzz.yaml");
  if (!documents) return 0;
  const capstan::Time now = capstan::from_unix_ms(1'800'000'000'000);
  for (const auto& freeze : capstan::decide::read_freezes(*documents, {}).freezes) (void)freeze.at_time(now);
  return 0;
}
