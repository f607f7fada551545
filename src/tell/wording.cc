#include "tell/wording.h"

namespace capstan::tell {

Message word(const Draft& draft, Language language) {
  Message message{.id = draft.id, .thread = draft.thread, .severity = draft.severity};
  message.title = say(draft.title, language);
  for (const auto& [name, value] : draft.fields) message.fields.emplace_back(say(name, language), say(value, language));
  for (const Words& line : draft.lines) message.text += (message.text.empty() ? "" : "\n") + say(line, language);
  message.code_lines = draft.code_lines;
  for (const Draft::Button& button : draft.buttons) {
    message.buttons.push_back({say(button.label, language), button.url, button.action, button.value});
  }
  message.url = draft.url;
  message.cause = draft.cause;
  return message;
}

}  // namespace capstan::tell
