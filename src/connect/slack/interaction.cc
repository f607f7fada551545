#include "connect/slack/interaction.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/url.h"
#include "connect/slack/blocks.h"

namespace capstan::slack {
namespace {

constexpr size_t kLongestText = 3000;  // Of what a person types; Slack's own limit for an input is the same.
constexpr size_t kShortLabel = 24;
constexpr std::string_view kReasonForm = "capstan-reason";

Error invalid(std::string_view what) {
  return {ErrorCode::kInvalidArgument, fmt::format("Slack's payload: expected {}", what)};
}

Result<std::string> required(const Json& value, std::string_view what) {
  if (!value.is_string() || value.string_or_empty().empty()) return fail(invalid(what));
  return value.string_or_empty();
}

Result<Interaction> read_command(const Json& payload) {
  Interaction read{.kind = Interaction::Kind::kCommand};
  read.user = TRY(required(payload["user_id"], "user_id, who typed the command"));
  read.text = cut(payload["text"].string_or_empty(), kLongestText);
  read.response_url = TRY(required(payload["response_url"], "response_url, where the answer goes"));
  read.trigger = payload["trigger_id"].string_or_empty();
  return read;
}

Result<Interaction> read_press(const Json& payload) {
  Interaction read{.kind = Interaction::Kind::kPress};
  read.user = TRY(required(payload["user"]["id"], "user.id, who pressed"));
  if (payload["actions"].items().empty()) return fail(invalid("actions, what was pressed"));
  const Json& pressed = payload["actions"].items().front();
  const std::string action = TRY(required(pressed["action_id"], "actions[0].action_id"));
  if (action.starts_with(kDecisionPrefix)) {
    read.action = action.substr(kDecisionPrefix.size());
    read.value = pressed["value"].string_or_empty();
  }
  read.response_url = payload["response_url"].string_or_empty();
  read.trigger = payload["trigger_id"].string_or_empty();
  if (payload["message"]["blocks"].is_array()) read.blocks = payload["message"]["blocks"];
  return read;
}

Result<Interaction> read_form(const Json& payload) {
  Interaction read{.kind = Interaction::Kind::kForm};
  read.user = TRY(required(payload["user"]["id"], "user.id, who sent the form"));
  const Json& view = payload["view"];
  if (view["callback_id"].string_or_empty() != kReasonForm) return read;
  read.action = "reject";
  read.memo = view["private_metadata"].string_or_empty();
  read.trigger = payload["trigger_id"].string_or_empty();
  read.text = cut(view["state"]["values"]["reason"]["reason"]["value"].string_or_empty(), kLongestText);
  return read;
}

bool is_decision(const Json& element) { return element["action_id"].string_or_empty().starts_with(kDecisionPrefix); }

Json plain_text(std::string_view text, size_t limit) {
  return Json::object({{"type", "plain_text"}, {"text", cut(text, limit)}, {"emoji", false}});
}

}  // namespace

Result<Interaction> read_interaction(Door door, const Json& payload) {
  if (!payload.is_object()) return fail(invalid("an object"));
  if (door == Door::kCommand) return read_command(payload);
  const std::string& type = payload["type"].string_or_empty();
  if (type == "block_actions") return read_press(payload);
  if (type == "view_submission") return read_form(payload);
  return fail(invalid("the type block_actions or view_submission"));
}

Result<Json> payload_of_form(Door door, std::string_view body) {
  const QueryParameters fields = TRY(parse_query(body));
  if (door == Door::kInteractive) {
    for (const auto& [name, value] : fields) {
      if (name == "payload") return Json::parse(value, "payload");
    }
    return fail(invalid("the field payload"));
  }
  Json payload = Json::object();
  for (const auto& [name, value] : fields) payload.set(name, value);
  return payload;
}

Json settled_blocks(const Json& blocks, const std::string& says) {
  Json settled = Json::array();
  for (const Json& block : blocks.items()) {
    if (block["type"].string_or_empty() != "actions") {
      settled.push_back(block);
      continue;
    }
    Json::Array links;
    for (const Json& element : block["elements"].items()) {
      if (!is_decision(element)) links.push_back(element);
    }
    if (links.empty()) continue;
    Json kept = block;
    kept.set("elements", std::move(links));
    settled.push_back(std::move(kept));
  }
  constexpr size_t kMostBlocks = 50;
  constexpr size_t kContextLimit = 2000;
  if (settled.items().size() == kMostBlocks) settled.mutable_items().pop_back();
  const Json line = plain_text(says, kContextLimit);
  settled.push_back(Json::object({{"type", "context"}, {"elements", Json::array({line})}}));
  return settled;
}

Json reason_view(const ReasonForm& form) {
  const Json input =
      Json::object({{"type", "plain_text_input"}, {"action_id", "reason"}, {"multiline", true}, {"max_length", 1000}});
  constexpr size_t kLabelLimit = 2000;
  const Json block = Json::object(
      {{"type", "input"}, {"block_id", "reason"}, {"label", plain_text(form.label, kLabelLimit)}, {"element", input}});
  return Json::object({{"type", "modal"},
                       {"callback_id", kReasonForm},
                       {"private_metadata", form.memo},
                       {"title", plain_text(form.title, kShortLabel)},
                       {"submit", plain_text(form.submit, kShortLabel)},
                       {"close", plain_text(form.close, kShortLabel)},
                       {"blocks", Json::array({block})}});
}

}  // namespace capstan::slack
