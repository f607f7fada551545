#include "loop/slack_desk.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/crypto.h"
#include "base/log.h"
#include "connect/slack/blocks.h"
#include "connect/slack/web_api.h"
#include "tell/wording.h"

namespace capstan::loop {
namespace {

constexpr size_t kWorkers = 2;
constexpr size_t kMostWaiting = 100;
constexpr size_t kMostRefusals = 1'000;
constexpr size_t kMostAsked = 200;
constexpr auto kTriggersRemembered = std::chrono::minutes(30);
constexpr int kTries = 3;

Result<Secret> get_if_named(const SecretStore& secrets, const std::string& reference) {
  return reference.empty() ? Result<Secret>(Secret()) : secrets.get(reference);
}

std::optional<slack::Door> parse_door(std::string_view text) {
  if (text == "interactive") return slack::Door::kInteractive;
  if (text == "command") return slack::Door::kCommand;
  return std::nullopt;
}

ChatRequest request_of(const slack::Interaction& interaction, const SlackSettings& settings) {
  using From = slack::Interaction::Kind;
  ChatRequest request{.account = interaction.user};
  request.kind = interaction.kind == From::kCommand ? ChatRequest::Kind::kCommand
                 : interaction.kind == From::kPress ? ChatRequest::Kind::kPress
                                                    : ChatRequest::Kind::kForm;
  const auto linked = settings.users.find(interaction.user);
  if (linked != settings.users.end()) request.user = linked->second;
  request.text = interaction.text;
  request.action = interaction.action;
  request.value = interaction.value;
  return request;
}

}  // namespace

SlackDesk::SlackDesk(Parts parts)
    : parts_(std::move(parts)),
      check_(parts_.clock),
      triggers_(parts_.clock, kTriggersRemembered, 10'000),
      workers_(std::make_unique<WorkerPool>(kWorkers, kMostWaiting)),
      refusals_(std::make_unique<WorkerPool>(1, kMostRefusals)) {}

SlackDesk::~SlackDesk() { stop(); }

void SlackDesk::set_handler(ChatHandler handler) {
  const std::lock_guard lock(mutex_);
  handler_ = std::move(handler);
}

void SlackDesk::stop() {
  socket_.reset();
  stop_.request_stop();
  workers_.reset();
  refusals_.reset();
}

std::shared_ptr<const SlackDesk::Active> SlackDesk::active() const {
  const std::lock_guard lock(mutex_);
  return active_;
}

Status SlackDesk::apply(const SlackSettings& settings) {
  auto next = std::make_shared<Active>(Active{.settings = settings});
  next->app_token = TRY(get_if_named(parts_.secrets, settings.app_token));
  next->signing_secret = TRY(get_if_named(parts_.secrets, settings.signing_secret));
  next->bot_token = TRY(get_if_named(parts_.secrets, settings.bot_token));
  const std::shared_ptr<const Active> before = active();
  const bool same_socket =
      before && before->app_token.reveal() == next->app_token.reveal() && before->settings.api_url == settings.api_url;
  {
    const std::lock_guard lock(mutex_);
    active_ = next;
  }
  if (same_socket) return {};
  socket_.reset();
  if (next->app_token.empty()) {
    if (before && !before->app_token.empty()) parts_.report("");
    return {};
  }
  socket_ = std::make_unique<slack::SocketMode>(
      slack::SocketMode::Parts{
          .http = parts_.http,
          .clock = parts_.clock,
          .random = parts_.random,
          .take = [this](slack::Door door, Json payload) { return take(door, std::move(payload)); },
          .report = parts_.report},
      slack::SocketMode::Options{.app_token = next->app_token, .base_url = settings.api_url});
  return {};
}

Status SlackDesk::deliver(std::string_view door_name, std::string_view timestamp, std::string_view signature,
                          std::string_view body) {
  const std::optional<slack::Door> door = parse_door(door_name);
  const std::shared_ptr<const Active> now = active();
  if (!door || !now || now->signing_secret.empty()) {
    return fail(ErrorCode::kNotFound, "Slack delivers nothing here: 'slack.signing_secret' is not set");
  }
  TRY(check_.check(now->signing_secret, timestamp, signature, body));
  if (!take(*door, TRY(slack::payload_of_form(*door, body)))) {
    return fail(ErrorCode::kResourceExhausted, "too much is being asked at once");
  }
  return {};
}

bool SlackDesk::take(slack::Door door, Json payload) {
  Result<slack::Interaction> read = slack::read_interaction(door, payload);
  if (!read) {
    log::warning("slack", read.error().message);
    return true;  // It will be the same when it comes again.
  }
  // By which way ever it comes: what a person does once happens once.
  if (!read->trigger.empty() && !triggers_.first_time(read->trigger)) return true;
  if (workers_->try_run([this, interaction = *read] { answer(interaction); })) return true;
  // Who has read that it was not taken may have decided otherwise: then it is not taken when it comes again, either.
  const std::string trigger = read->trigger;
  if (!refuse(*std::move(read)) && !trigger.empty()) triggers_.take_back(trigger);
  return false;
}

bool SlackDesk::refuse(slack::Interaction interaction) {
  return refusals_->try_run([this, to = std::move(interaction)]() mutable {
    const std::shared_ptr<const Active> now = active();
    if (!now || (to.kind == slack::Interaction::Kind::kForm && !recall(to))) return;
    ChatAnswer busy;
    busy.says.title = Words::phrase("chat.busy");
    reply(*now, to, busy);
  });
}

void SlackDesk::answer(const slack::Interaction& received) {
  const std::shared_ptr<const Active> now = active();
  ChatHandler handler;
  {
    const std::lock_guard lock(mutex_);
    handler = handler_;
  }
  slack::Interaction interaction = received;
  const bool is_link = interaction.kind != slack::Interaction::Kind::kCommand && interaction.action.empty();
  if (!now || !handler || is_link) return;
  if (interaction.kind == slack::Interaction::Kind::kForm && !recall(interaction)) return;
  const ChatAnswer says = handler(request_of(interaction, now->settings));
  if (says.kind == ChatAnswer::Kind::kAskReason) return ask_reason(*now, interaction);
  reply(*now, interaction, says);
}

void SlackDesk::reply(const Active& active, const slack::Interaction& to, const ChatAnswer& answer) {
  const Message message = tell::word(answer.says, active.settings.language);
  if (answer.kind == ChatAnswer::Kind::kDecided && to.blocks.is_array()) {
    std::string says = message.title;
    if (!message.text.empty() && message.buttons.empty()) says += "\n" + message.text;
    const Json settled = Json::object({{"replace_original", true},
                                       {"text", slack::escape(message.title)},
                                       {"blocks", slack::settled_blocks(to.blocks, says)}});
    send(active, to.response_url, settled);
    if (message.buttons.empty()) return;  // Everybody in the channel has read the answer.
  }
  Json body = slack::render(message, slack::Answers::kHeard);
  // An answer that only its reader sees takes the place of the one whose button was pressed.
  const bool replaces = answer.kind == ChatAnswer::Kind::kDecided && !to.blocks.is_array() &&
                        to.kind != slack::Interaction::Kind::kCommand;
  body.set("replace_original", replaces);
  body.set("response_type", "ephemeral");
  send(active, to.response_url, body);
}

void SlackDesk::ask_reason(const Active& active, const slack::Interaction& pressed) {
  const Asked asked{.id = random_token(parts_.random, 12), .blocks = pressed.blocks};
  {
    const std::lock_guard lock(mutex_);
    asked_.push_back(asked);
    if (asked_.size() > kMostAsked) asked_.pop_front();
  }
  const auto say = [&](std::string_view key) { return capstan::say(Words::phrase(key), active.settings.language); };
  const Json memo =
      Json::object({{"value", pressed.value}, {"response_url", pressed.response_url}, {"message", asked.id}});
  const Json view = slack::reason_view({.title = say("form.reject"),
                                        .label = say("form.reason"),
                                        .submit = say("form.reject"),
                                        .close = say("form.close"),
                                        .memo = memo.dump()});
  const auto opened =
      slack::call_api(parts_.http, active.settings.api_url, active.bot_token, "views.open",
                      Json::object({{"trigger_id", pressed.trigger}, {"view", view}}), stop_.get_token());
  if (opened) return;
  log::warning("slack", opened.error().message);
  ChatAnswer failed;
  failed.says.title = Words::phrase("chat.failed", {{"error", opened.error().message}});
  reply(active, pressed, failed);
}

bool SlackDesk::recall(slack::Interaction& form) {
  const auto memo = Json::parse(form.memo);
  if (!memo || !memo->is_object()) return false;
  form.value = (*memo)["value"].string_or_empty();
  form.response_url = (*memo)["response_url"].string_or_empty();
  const std::lock_guard lock(mutex_);
  const auto asked = std::ranges::find(asked_, (*memo)["message"].string_or_empty(), &Asked::id);
  // After a restart the message is not known any more: then only who rejected reads the answer.
  if (asked != asked_.end()) form.blocks = asked->blocks;
  return true;
}

void SlackDesk::send(const Active& active, const std::string& url, const Json& body) {
  if (!slack::is_response_url(url, active.settings.api_url)) {
    return log::warning("slack", "an answer was to go elsewhere than to Slack: it is not sent");
  }
  Status sent;
  for (int tries = 0; tries < kTries && !stop_.stop_requested(); ++tries) {
    sent = slack::respond(parts_.http, url, body, stop_.get_token());
    if (sent || sent.error().code == ErrorCode::kResourceExhausted) break;
  }
  if (!sent) log::warning("slack", "an answer did not arrive: " + sent.error().message);
}

}  // namespace capstan::loop
