#include "connect/slack/slack_channel.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "connect/slack/blocks.h"

namespace capstan::slack {
namespace {

struct KnownError {
  std::string_view name;
  std::string_view meaning;
  bool retry;
};
constexpr std::array<KnownError, 31> kErrors = {{
    {"channel_not_found",
     "the channel does not exist, or it is private and the bot was not invited; check the name or run /invite in it",
     true},
    {"not_in_channel", "the bot is not a member of the channel; run /invite @<bot> in it", true},
    {"is_archived", "the channel is archived; unarchive it or choose another one", true},
    {"channel_is_archived", "the channel is archived; unarchive it or choose another one", true},
    {"invalid_blocks", "Slack does not accept the message's form", false},
    {"invalid_blocks_format", "Slack does not accept the message's form", false},
    {"invalid_payload", "Slack does not accept the message's form", false},
    {"invalid_arguments", "Slack does not accept the request", false},
    {"message_not_found", "the message was deleted; it is not revised any more", false},
    {"cant_update_message", "the message is not the bot's own; it is not revised", false},
    {"edit_window_closed", "the workspace does not let messages be changed so late; it is not revised", false},
    {"no_text", "Slack found no text in the message", false},
    {"msg_too_long", "the message is too long for Slack", false},
    {"too_many_attachments", "the message has too many attachments for Slack", false},
    {"restricted_action", "a preference of the workspace forbids the bot to post there; ask its administrator", true},
    {"posting_to_general_channel_denied",
     "the workspace does not let this app post to #general; choose another channel", true},
    {"action_prohibited", "an administrator of the workspace forbids this app to post there", true},
    {"not_authed", "no token was sent; set the token in the configuration", true},
    {"invalid_auth", "the token is not valid; issue a new one and set it in the configuration", true},
    {"token_revoked", "the token was revoked; issue a new one and set it in the configuration", true},
    {"token_expired", "the token expired; issue a new one and set it in the configuration", true},
    {"account_inactive", "the bot's account was deactivated; install the app again", true},
    {"missing_scope", "the token lacks a scope; the bot needs chat:write, and the app-level token connections:write",
     true},
    {"not_allowed_token_type",
     "this is the other sort of token: app_token begins with xapp-, and token and bot_token with xoxb-", true},
    {"no_permission", "the token lacks a permission; the bot needs chat:write", true},
    {"ratelimited", "Slack asks to slow down", true},
    {"rate_limited", "Slack asks to slow down", true},
    {"no_service", "the webhook was removed or disabled; make a new one and set its URL in the configuration", true},
    {"no_active_hooks", "the webhook was removed or disabled; make a new one and set its URL in the configuration",
     true},
    {"fatal_error", "Slack had a problem of its own", true},
    {"internal_error", "Slack had a problem of its own", true},
}};

const KnownError* find_error(std::string_view name) {
  for (const KnownError& error : kErrors) {
    if (error.name == name) return &error;
  }
  return nullptr;
}

Duration retry_after(const HttpResponse& response) {
  const std::string_view text = response.header("Retry-After");
  int seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  constexpr int kLongest = 3600;
  return error == std::errc() && seconds > 0 ? std::chrono::seconds(std::min(seconds, kLongest)) : Duration(0);
}

Delivery failed(std::string_view error, std::string_view channel, Duration after) {
  const KnownError* known = find_error(error);
  return {.status = fail(ErrorCode::kFailedPrecondition, explain_error(error, channel)),
          .retry = known ? known->retry : true,  // What is new to us may pass.
          .retry_after = after};
}

// The request did not get an answer of Slack's own.
std::optional<Delivery> transport_failure(const Result<HttpResponse>& response) {
  if (!response) return Delivery{.status = fail(response.error()), .retry = true};
  if (response->status == 429) {
    return Delivery{.status = fail(ErrorCode::kResourceExhausted, "Slack asks to slow down"),
                    .retry = true,
                    .retry_after = retry_after(*response)};
  }
  if (response->status >= 500) {
    return Delivery{
        .status = fail(ErrorCode::kUnavailable, fmt::format("Slack answers with status {}", response->status)),
        .retry = true};
  }
  return std::nullopt;
}

HttpRequest post_json(std::string url, const Json& body) {
  HttpRequest request;
  request.method = "POST";
  request.url = std::move(url);
  request.headers = {{"Content-Type", "application/json; charset=utf-8"}};
  request.body = body.dump();
  request.max_response_bytes = 1 << 20;
  return request;
}

}  // namespace

std::string explain_error(std::string_view error, std::string_view channel) {
  const KnownError* known = find_error(error);
  const std::string where = channel.empty() ? "" : fmt::format(" ({})", channel);
  if (known) return fmt::format("Slack{}: {}: {}", where, known->name, known->meaning);
  return fmt::format("Slack{}: {}", where, cut(error, 200));
}

Delivery WebhookChannel::send(const Message& message, const std::string&, const std::stop_token& stop) {
  const auto response = http_.send(post_json(url_.reveal(), render(message)), stop);
  if (auto failure = transport_failure(response)) return *std::move(failure);
  if (response->status == 200 && response->body == "ok") return {};
  // A webhook answers with the bare name of the error.
  return failed(response->body.empty() ? fmt::format("status {}", response->status) : response->body, "", Duration(0));
}

Delivery ApiChannel::send(const Message& message, const std::string& thread_reference, const std::stop_token& stop) {
  Json body = render(message, options_.answers);
  const bool revises = !message.replaces.empty();
  if (revises) {
    const size_t slash = message.replaces.find('/');
    if (slash == std::string::npos) return {.status = fail(ErrorCode::kInternal, "no message of Slack's is named so")};
    body.set("channel", message.replaces.substr(0, slash));
    body.set("ts", message.replaces.substr(slash + 1));
  } else {
    body.set("channel", options_.channel);
    body.set("unfurl_links", false);
    if (const size_t slash = thread_reference.find('/'); slash != std::string::npos)
      body.set("thread_ts", thread_reference.substr(slash + 1));
  }
  HttpRequest request = post_json(options_.base_url + (revises ? "/chat.update" : "/chat.postMessage"), body);
  request.bearer_token = options_.token.reveal();
  const auto response = http_.send(request, stop);
  if (auto failure = transport_failure(response)) return *std::move(failure);
  const auto answer = Json::parse(response->body);
  if (!answer || !answer->is_object()) {
    return {.status = fail(ErrorCode::kUnavailable, "Slack's answer is not JSON"), .retry = true};
  }
  if (!(*answer)["ok"].bool_or(false)) {
    Delivery delivery = failed((*answer)["error"].string_or_empty(), options_.channel, retry_after(*response));
    const Json& details = (*answer)["response_metadata"]["messages"];
    for (const Json& detail : details.items())
      delivery.status.error().message += "; " + cut(detail.string_or_empty(), 200);
    return delivery;
  }
  return {.reference = (*answer)["channel"].string_or_empty() + "/" + (*answer)["ts"].string_or_empty()};
}

}  // namespace capstan::slack
