#include <string_view>

#include "connect/slack/interaction.h"

using capstan::slack::Door;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const Door door : {Door::kInteractive, Door::kCommand}) {
    if (const auto payload = capstan::slack::payload_of_form(door, text)) {
      (void)capstan::slack::read_interaction(door, *payload);
    }
    const auto json = capstan::Json::parse(text);
    if (!json) continue;
    const auto read = capstan::slack::read_interaction(door, *json);
    if (read) (void)capstan::slack::settled_blocks(read->blocks, read->text).dump();
  }
  return 0;
}
