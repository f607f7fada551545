// A mailbox as a service that steps can ask, by IMAP (RFC 9051):
//
//   - find: { to: "{{mail}}", subject: "confirm your account {{name}}", after: "{{account.created_at}}" }
//     service: trial_mailbox
//     until: { $.found: true }
//     take: { token: { text: 'token=([\w-]+)' } }
//
// An address must be the mail's own; a subject, and what is no whole address, may be a part of it.
//
// The answer's body is {"found": true, "from", "to", "subject", "date", "text", "html"} of the newest mail that fits,
// or
// {"found": false}; its text is that of the mail.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "model/secret.h"
#include "model/service_call.h"

namespace capstan::mail {

// Thread-safe. One connection a look: looks are few.
class Mailbox final : public ServiceCaller {
 public:
  // `settings`: url (imaps://host, or imap://host:port with STARTTLS), user, password (a reference), mailbox (INBOX
  // unless said), ca_file, and tls: none for a server on this machine that has no TLS. `secrets` must outlive it.
  static Result<std::unique_ptr<Mailbox>> create(std::string name, const Json& settings, const SecretStore& secrets);

  Status check(const Json& request) const override;
  bool changes(const Json&) const override { return false; }
  bool repeatable(const Json&) const override { return true; }
  bool encodes(std::string_view) const override { return false; }
  std::string describe(const Json&) const override { return "find a mail"; }
  Result<ServiceAnswer> call(const ServiceCall& call, const std::stop_token& stop) override;
  std::string explain(const ServiceAnswer& answer) const override;

 private:
  class Connection;
  Mailbox(std::string name, Json settings, const SecretStore& secrets)
      : name_(std::move(name)), settings_(std::move(settings)), secrets_(secrets) {}

  std::string name_;
  Json settings_;
  const SecretStore& secrets_;
};

// Whether `request` is one of a mailbox.
Status check_mail_request(const Json& request);

}  // namespace capstan::mail
