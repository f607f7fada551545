// Every format of configuration texts, the values in them, and arguments. The first byte chooses.
#include <cstdint>
#include <string_view>

#include "product/config_text.h"
#include "product/configuration.h"
#include "product/entry_path.h"
#include "product/setting_value.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace capstan::product;
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const int chosen = data[0] % 8;
  if (chosen < 7) {
    const auto entries = read_config_text(static_cast<TextFormat>(chosen), text, "f");
    if (!entries) return 0;
    for (const FoundEntry& one : find_entries(*entries, "**/*")) {
      // A line beyond the text cannot be.
      if (one.entry->where.line < 0 || one.entry->where.line > static_cast<int>(size) + 1) __builtin_trap();
      (void)one.place();
    }
    return 0;
  }
  for (const SettingType type : {SettingType::kText, SettingType::kInteger, SettingType::kNumber, SettingType::kBoolean,
                                 SettingType::kBytes, SettingType::kSeconds}) {
    (void)typed_value(type, std::string(text), "8kB");
  }
  if (const auto address = parse_address(text); address && (address->port < 0 || address->port > 65535))
    __builtin_trap();
  (void)without_secrets(text);
  (void)argument_value(split_arguments(text), "-p VALUE");
  (void)matches_name(text.substr(0, text.size() / 2), text.substr(text.size() / 2));
  return 0;
}
