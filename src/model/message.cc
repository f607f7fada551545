#include "model/message.h"

namespace capstan {

Json Message::to_json() const {
  Json::Array pairs;
  for (const auto& [name, value] : fields) pairs.push_back(Json::array({name, value}));
  Json::Array links;
  for (const Button& button : buttons) {
    if (!button.url.empty()) links.push_back(Json::object({{"label", button.label}, {"url", button.url}}));
  }
  return Json::object({{"id", id},
                       {"thread", thread},
                       {"severity", to_string(severity)},
                       {"title", title},
                       {"fields", std::move(pairs)},
                       {"text", text},
                       {"code_lines", Json::Array(code_lines.begin(), code_lines.end())},
                       {"buttons", std::move(links)},
                       {"url", url}});
}

}  // namespace capstan
