#include "model/label_selector.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto selector = capstan::LabelSelector::parse(std::string_view(reinterpret_cast<const char*>(data), size));
  if (selector) {
    (void)selector->matches({{"env", "dev"}});
    (void)selector->to_sql("id");
  }
  return 0;
}
