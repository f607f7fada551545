// The ways to people that `notify:` of the settings names, made ready to send.
#pragma once

#include <vector>

#include "base/clock.h"
#include "base/http_client.h"
#include "base/result.h"
#include "loop/settings.h"
#include "model/secret.h"
#include "tell/outbox.h"

namespace capstan::loop {

// All outlive the routes.
struct NotifyParts {
  const SecretStore& secrets;
  HttpClient& http;
  const Clock& clock;
};

// A route for each entry; the terminal where there are none. What is wrong is added to `problems`. A channel whose
// secret cannot be had now (a Vault that is down, a password not written yet) has its route all the same: it asks for
// the secret again with every message.
std::vector<tell::Route> make_notify_routes(const Settings& settings, const NotifyParts& parts,
                                            std::vector<Error>& problems);

}  // namespace capstan::loop
