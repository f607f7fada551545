// Messages by mail: submission to an SMTP server, with TLS from the beginning (smtps://) or by STARTTLS (smtp://).
// Sources: RFC 6409 (submission), RFC 3207 (STARTTLS), RFC 4954 (AUTH), RFC 5321 section 4.2.1 (what 4yz and 5yz mean).
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "model/message.h"
#include "model/secret.h"

namespace capstan::mail {

class MailChannel final : public Channel {
 public:
  struct Options {
    std::string name;
    std::string server;  // smtp://mail.example.com:587 or smtps://mail.example.com:465
    bool plain = false;  // smtp:// without STARTTLS: for a relay on this machine.
    std::string ca_file;
    std::string user;
    Secret password;
    std::string from;
    std::vector<std::string> to;
  };
  MailChannel(Options options, const Clock& clock) : options_(std::move(options)), clock_(clock) {}

  std::string_view name() const override { return options_.name; }
  // The reference is the Message-ID, without its brackets. Recipients that the server refuses are left out where it
  // takes others.
  Delivery send(const Message& message, const std::string& thread_reference, const std::stop_token& stop) override;

 private:
  Options options_;
  const Clock& clock_;
};

}  // namespace capstan::mail
