#include "model/message.h"

namespace capstan {

Json Message::to_json() const {
  Json::Array pairs;
  for (const auto& [name, value] : fields) pairs.push_back(Json::array({name, value}));
  Json::Array links;
  for (const Button& button : buttons) links.push_back(Json::object({{"label", button.label}, {"url", button.url}}));
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

Message Message::from_json(const Json& json) {
  Message message;
  message.id = json["id"].string_or_empty();
  message.thread = json["thread"].string_or_empty();
  message.severity = parse_severity(json["severity"].string_or_empty()).value_or(Severity::kInfo);
  message.title = json["title"].string_or_empty();
  for (const Json& pair : json["fields"].items()) {
    if (pair.items().size() != 2) continue;
    message.fields.emplace_back(pair.items()[0].string_or_empty(), pair.items()[1].string_or_empty());
  }
  message.text = json["text"].string_or_empty();
  for (const Json& line : json["code_lines"].items()) message.code_lines.push_back(line.string_or_empty());
  for (const Json& link : json["buttons"].items()) {
    message.buttons.push_back({link["label"].string_or_empty(), link["url"].string_or_empty()});
  }
  message.url = json["url"].string_or_empty();
  return message;
}

}  // namespace capstan
