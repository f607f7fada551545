// Messages to Slack: by an incoming webhook, or by the Web API (chat.postMessage, chat.update), which can answer in
// threads and put one message in the place of another.
// Source: Slack API documentation, "Sending messages using incoming webhooks", "chat.postMessage", "chat.update", "Rate
// limits".
#pragma once

#include <memory>
#include <string>

#include "base/http_client.h"
#include "connect/slack/blocks.h"
#include "model/message.h"
#include "model/secret.h"

namespace capstan::slack {

class WebhookChannel final : public Channel {
 public:
  // `url` is a secret: who has it can post.
  WebhookChannel(std::string name, Secret url, HttpClient& http)
      : name_(std::move(name)), url_(std::move(url)), http_(http) {}

  std::string_view name() const override { return name_; }
  Delivery send(const Message& message, const std::string& thread_reference, const std::stop_token& stop) override;

 private:
  std::string name_;
  Secret url_;
  HttpClient& http_;
};

class ApiChannel final : public Channel {
 public:
  struct Options {
    std::string name;
    Secret token;
    std::string channel;   // "#ops" or a channel id.
    std::string base_url;  // https://slack.com/api but for tests.
    Answers answers = Answers::kUnheard;
  };
  ApiChannel(Options options, HttpClient& http) : options_(std::move(options)), http_(http) {}

  std::string_view name() const override { return options_.name; }
  bool can_revise() const override { return true; }
  // The reference is "<channel id>/<ts>" of the message.
  Delivery send(const Message& message, const std::string& thread_reference, const std::stop_token& stop) override;

 private:
  Options options_;
  HttpClient& http_;
};

// What a Slack error means and what a person has to do; `channel` is named where it matters.
std::string explain_error(std::string_view error, std::string_view channel);

}  // namespace capstan::slack
