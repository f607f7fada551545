// What people are to be told, before it is known in which language and by which channel. Messages wait in this form.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "model/fact.h"
#include "model/finding.h"
#include "model/words.h"

namespace capstan {

struct Draft {
  struct Button {
    Words label;
    std::string url;     // The page that does it; "" for a button that does it itself.
    std::string action;  // As MessageButton's.
    std::string value;
  };
  std::string id;      // One a message for all time: the same id is never sent twice to a channel.
  std::string thread;  // Messages of one incident share it; channels that know threads keep them together.
  Severity severity = Severity::kInfo;
  Words title;  // One line.
  std::vector<std::pair<Words, Words>> fields;
  std::vector<Words> lines;             // The text.
  std::vector<std::string> code_lines;  // Log lines and such, shown as they are.
  std::vector<Button> buttons;
  std::string url;  // Where more is.
  // The title of many such messages told as one, but for its place "count"; nothing for what is told on its own.
  Words alike;
  // The id of the message whose place it takes, in the channels that can revise; the others do not get it. "" for one
  // of its own.
  std::string revises = {};
  Seq cause = 0;

  // Whether people decide by its buttons: then it is revised when somebody has.
  bool has_decisions() const;

  // Without the cause, which the fact that holds it has.
  Json to_json() const;
  // Takes the messages of older versions too, whose texts were worded already.
  static Draft from_json(const Json& json);
};

}  // namespace capstan
