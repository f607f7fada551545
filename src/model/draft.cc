#include "model/draft.h"

#include <algorithm>

namespace capstan {
namespace {

Json buttons_to_json(const std::vector<Draft::Button>& buttons) {
  Json::Array all;
  for (const Draft::Button& button : buttons) {
    Json json = Json::object({{"label", button.label.to_json()}, {"url", button.url}});
    if (!button.action.empty()) {
      json.set("action", button.action);
      json.set("value", button.value);
    }
    all.push_back(std::move(json));
  }
  return all;
}

}  // namespace

bool Draft::has_decisions() const {
  return std::ranges::any_of(buttons, [](const Button& button) { return !button.action.empty(); });
}

Json Draft::to_json() const {
  Json::Array pairs;
  for (const auto& [name, value] : fields) pairs.push_back(Json::array({name.to_json(), value.to_json()}));
  Json::Array texts;
  for (const Words& line : lines) texts.push_back(line.to_json());
  Json json = Json::object({{"id", id},
                            {"thread", thread},
                            {"severity", to_string(severity)},
                            {"title", title.to_json()},
                            {"fields", std::move(pairs)},
                            {"lines", std::move(texts)},
                            {"code_lines", Json::Array(code_lines.begin(), code_lines.end())},
                            {"buttons", buttons_to_json(buttons)},
                            {"alike", alike.to_json()},
                            {"url", url}});
  if (!revises.empty()) json.set("revises", revises);
  return json;
}

Draft Draft::from_json(const Json& json) {
  Draft draft;
  draft.id = json["id"].string_or_empty();
  draft.thread = json["thread"].string_or_empty();
  draft.severity = parse_severity(json["severity"].string_or_empty()).value_or(Severity::kInfo);
  draft.title = Words::from_json(json["title"]);
  for (const Json& pair : json["fields"].items()) {
    if (pair.items().size() != 2) continue;
    draft.fields.emplace_back(Words::from_json(pair.items()[0]), Words::from_json(pair.items()[1]));
  }
  if (const std::string& text = json["text"].string_or_empty(); !text.empty()) draft.lines.emplace_back(text);
  for (const Json& line : json["lines"].items()) draft.lines.push_back(Words::from_json(line));
  for (const Json& line : json["code_lines"].items()) draft.code_lines.push_back(line.string_or_empty());
  for (const Json& button : json["buttons"].items()) {
    draft.buttons.push_back({Words::from_json(button["label"]), button["url"].string_or_empty(),
                             button["action"].string_or_empty(), button["value"].string_or_empty()});
  }
  draft.url = json["url"].string_or_empty();
  draft.alike = Words::from_json(json["alike"]);
  draft.revises = json["revises"].string_or_empty();
  return draft;
}

}  // namespace capstan
