// What people may decide from Slack, and who they are: the settings' `slack:`.
#pragma once

#include <map>
#include <string>

#include "base/config.h"
#include "model/words.h"

namespace capstan::loop {

struct SlackSettings {
  std::string app_token;       // References to secrets: for socket mode,
  std::string signing_secret;  // for what Slack delivers by HTTP,
  std::string bot_token;       // and for forms; channels without a token of their own use it too.
  std::map<std::string, std::string, std::less<>> users;  // Slack's id of a person -> the Capstan user.
  Language language = Language::kEnglish;                 // Of answers.
  std::string api_url = "https://slack.com/api";
  Where at;

  // Whether anybody hears what people press.
  bool listens() const { return !app_token.empty() || !signing_secret.empty(); }
  bool operator==(const SlackSettings&) const = default;
};

Result<SlackSettings> read_slack_settings(const ConfigNode& node);

// "en" or "ko", with what is wrong with it told to the reader.
Language read_language(MapReader& reader);

}  // namespace capstan::loop
