// What people do in Slack, from its arrival (socket or HTTP) to the answer they see. What may be done is for the
// handler to say; here is who asks, in which language they are answered, and that nothing is taken twice.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "base/http_client.h"
#include "base/random.h"
#include "base/worker_pool.h"
#include "connect/slack/interaction.h"
#include "connect/slack/request_check.h"
#include "connect/slack/socket_mode.h"
#include "loop/slack_settings.h"
#include "model/chat.h"
#include "model/secret.h"

namespace capstan::loop {

// Thread-safe.
class SlackDesk {
 public:
  struct Parts {
    HttpClient& http;
    const Clock& clock;
    Random& random;
    const SecretStore& secrets;
    std::function<void(std::string error)> report;  // How socket mode is doing; "" when all is well.
  };
  explicit SlackDesk(Parts parts);
  ~SlackDesk();

  // Until then nothing is answered.
  void set_handler(ChatHandler handler);
  // Error when a secret is not there; what was set before then holds on.
  Status apply(const SlackSettings& settings);
  // Ends the socket and what is being answered. Nothing calls the handler afterwards.
  void stop();

  // What Slack delivered by HTTP; returns at once. Errors are serve::SlackDelivery's.
  Status deliver(std::string_view door, std::string_view timestamp, std::string_view signature, std::string_view body);

 private:
  struct Active {
    SlackSettings settings;
    Secret app_token;
    Secret signing_secret;
    Secret bot_token;
  };
  // The message whose button led to a form: it is settled when the form is sent.
  struct Asked {
    std::string id;
    Json blocks;
  };

  std::shared_ptr<const Active> active() const;
  bool take(slack::Door door, Json payload);
  // Tells who asks for more than can be done now that it was not taken. False when even that is too much.
  bool refuse(slack::Interaction interaction);
  void answer(const slack::Interaction& interaction);
  void reply(const Active& active, const slack::Interaction& to, const ChatAnswer& answer);
  void ask_reason(const Active& active, const slack::Interaction& pressed);
  // Puts back what the form was opened with: the button, where answers go, the message. False when it is not ours.
  bool recall(slack::Interaction& form);
  void send(const Active& active, const std::string& url, const Json& body);

  const Parts parts_;
  slack::RequestCheck check_;
  slack::SeenBefore triggers_;
  mutable std::mutex mutex_;
  ChatHandler handler_;
  std::shared_ptr<const Active> active_;
  std::deque<Asked> asked_;  // The oldest first.
  std::stop_source stop_;
  std::unique_ptr<WorkerPool> workers_;
  std::unique_ptr<WorkerPool> refusals_;       // Of its own: the others are busy then.
  std::unique_ptr<slack::SocketMode> socket_;  // The last: it puts work into the others.
};

}  // namespace capstan::loop
