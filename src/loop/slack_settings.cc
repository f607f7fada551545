#include "loop/slack_settings.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/secret.h"

namespace capstan::loop {
namespace {

// A secret is referred to, so that it is in no file that people share.
std::string reference(MapReader& reader, std::string_view key) {
  std::string value = reader.string_or(key, "");
  if (!value.empty() && !is_secret_reference(value)) {
    reader.problem(reader.at(key),
                   fmt::format("'{}' must refer to a secret: env:NAME, file:/path or secret:PATH#FIELD", key));
  }
  return value;
}

// "U012AB3CD"; W where a person belongs to a whole organisation.
bool is_member_id(std::string_view text) {
  return text.size() > 2 && (text.front() == 'U' || text.front() == 'W') &&
         std::ranges::all_of(text, [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); });
}

void read_users(MapReader& reader, SlackSettings& settings) {
  for (auto& [account, user] : reader.string_map("users")) {
    if (!is_member_id(account)) {
      reader.problem(reader.at("users"), fmt::format("'users' has '{}': expected the member ID that Slack shows in a "
                                                     "person's profile, such as U012AB3CD",
                                                     account));
    } else if (user.empty()) {
      reader.problem(reader.at("users"), fmt::format("'users' links {} to nobody: expected a Capstan user", account));
    }
    settings.users.emplace(account, user);
  }
}

}  // namespace

Language read_language(MapReader& reader) {
  return parse_language(reader.one_of("language", {"en", "ko"}, "en")).value_or(Language::kEnglish);
}

Result<SlackSettings> read_slack_settings(const ConfigNode& node) {
  SlackSettings settings{.at = node.where};
  MapReader reader(node, "slack");
  settings.app_token = reference(reader, "app_token");
  settings.signing_secret = reference(reader, "signing_secret");
  settings.bot_token = reference(reader, "bot_token");
  settings.language = read_language(reader);
  settings.api_url = reader.string_or("api_url", settings.api_url);
  while (settings.api_url.ends_with('/')) settings.api_url.pop_back();
  read_users(reader, settings);
  if (!settings.listens() && !settings.users.empty()) {
    reader.problem(node, "slack needs 'app_token' (socket mode) or 'signing_secret' (HTTP) for its users to decide");
  }
  if (settings.listens() && settings.bot_token.empty()) {
    reader.problem(node, "slack needs 'bot_token' beside it: forms are opened with it");
  }
  TRY(reader.finish());
  return settings;
}

}  // namespace capstan::loop
