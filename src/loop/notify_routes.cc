#include "loop/notify_routes.h"

#include <cstdio>
#include <functional>
#include <memory>
#include <mutex>

#include "connect/mail/mail_channel.h"
#include "connect/slack/slack_channel.h"
#include "connect/webhook/webhook_channel.h"
#include "tell/console_channel.h"

namespace capstan::loop {
namespace {

using MadeChannel = Result<std::shared_ptr<Channel>>;

MadeChannel make_slack_channel(const NotifySettings& wanted, const SlackSettings& slack, const NotifyParts& parts) {
  const std::string& token = wanted.token_reference.empty() ? slack.bot_token : wanted.token_reference;
  return std::make_shared<slack::ApiChannel>(
      slack::ApiChannel::Options{.name = wanted.name,
                                 .token = TRY(parts.secrets.get(token)),
                                 .channel = wanted.channel,
                                 .base_url = wanted.api_url,
                                 .answers = slack.listens() ? slack::Answers::kHeard : slack::Answers::kUnheard},
      parts.http);
}

MadeChannel make_mail_channel(const NotifySettings& wanted, const NotifyParts& parts) {
  return std::make_shared<mail::MailChannel>(
      mail::MailChannel::Options{
          .name = wanted.name,
          .server = wanted.server,
          .plain = wanted.plain,
          .ca_file = wanted.ca_file,
          .user = wanted.user,
          .password = wanted.token_reference.empty() ? Secret() : TRY(parts.secrets.get(wanted.token_reference)),
          .from = wanted.from,
          .to = wanted.to},
      parts.clock);
}

MadeChannel make_webhook_channel(const NotifySettings& wanted, const NotifyParts& parts) {
  const std::string& url = wanted.url_reference;
  return std::make_shared<webhook::WebhookChannel>(
      wanted.name, is_secret_reference(url) ? TRY(parts.secrets.get(url)) : Secret(url),
      wanted.key_reference.empty() ? Secret() : TRY(parts.secrets.get(wanted.key_reference)), parts.http, parts.clock);
}

MadeChannel make_channel(const NotifySettings& wanted, const SlackSettings& slack, const NotifyParts& parts) {
  switch (wanted.kind) {
    case NotifySettings::Kind::kConsole: return std::make_shared<tell::ConsoleChannel>(stdout);
    case NotifySettings::Kind::kSlackWebhook:
      return std::make_shared<slack::WebhookChannel>(wanted.name, TRY(parts.secrets.get(wanted.url_reference)),
                                                     parts.http);
    case NotifySettings::Kind::kSlackApi: return make_slack_channel(wanted, slack, parts);
    case NotifySettings::Kind::kMail: return make_mail_channel(wanted, parts);
    case NotifySettings::Kind::kWebhook: return make_webhook_channel(wanted, parts);
  }
  return fail(ErrorCode::kInternal, "a channel of no kind");
}

// A channel whose secret was not to be had: every message asks for it again, until one gets it.
class LateChannel final : public Channel {
 public:
  using Make = std::function<MadeChannel()>;
  LateChannel(std::string name, Make make) : name_(std::move(name)), make_(std::move(make)) {}

  std::string_view name() const override { return name_; }

  Delivery send(const Message& message, const std::string& thread_reference, const std::stop_token& stop) override {
    const MadeChannel channel = made();
    if (!channel) return {.status = fail(channel.error()), .retry = true, .retry_after = Duration(0), .reference = ""};
    return (*channel)->send(message, thread_reference, stop);
  }

 private:
  MadeChannel made() {
    const std::scoped_lock lock(mutex_);
    if (!channel_) channel_ = TRY(make_());
    return channel_;
  }

  std::string name_;
  Make make_;
  std::mutex mutex_;
  std::shared_ptr<Channel> channel_;
};

}  // namespace

std::vector<tell::Route> make_notify_routes(const Settings& settings, const NotifyParts& parts,
                                            std::vector<Error>& problems) {
  std::vector<tell::Route> routes;
  if (settings.notify.empty()) {
    // Whoever configures nothing looks at the terminal.
    routes.push_back({.channel = std::make_shared<tell::ConsoleChannel>(stdout), .least = Severity::kInfo});
  }
  for (const NotifySettings& wanted : settings.notify) {
    const auto refuse = [&](Error problem) {
      problem.where = wanted.at;
      problems.push_back(std::move(problem));
    };
    const bool is_slack = wanted.kind == NotifySettings::Kind::kSlackApi;
    if (is_slack && wanted.token_reference.empty() && settings.slack.bot_token.empty()) {
      refuse({ErrorCode::kInvalidArgument, "a slack channel needs 'token' here, or 'bot_token' under 'slack'", {}});
      continue;
    }
    MadeChannel channel = make_channel(wanted, settings.slack, parts);
    if (!channel) {
      refuse(channel.error());
      channel = std::make_shared<LateChannel>(
          wanted.name, [wanted, slack = settings.slack, parts] { return make_channel(wanted, slack, parts); });
    }
    routes.push_back(
        {.channel = std::move(*channel), .least = wanted.least, .language = wanted.language, .digest = wanted.digest});
  }
  return routes;
}

}  // namespace capstan::loop
