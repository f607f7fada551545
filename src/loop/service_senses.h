// The services that packs describe: set up from the settings, asked for what they have, and changed by their verbs.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/http_client.h"
#include "base/random.h"
#include "connect/rest/rest_spec.h"
#include "decide/policy.h"
#include "loop/config_tree.h"
#include "loop/service_settings.h"
#include "model/secret.h"
#include "model/verb.h"
#include "model/words.h"
#include "service/description.h"
#include "service/runner.h"

namespace capstan::loop {

class ServiceSenses {
 public:
  struct Parts {
    const Clock& clock;
    Random& random;
    const SecretStore& secrets;
    PasswordChanger& passwords;
    std::vector<std::pair<std::string, std::string>> environment;  // Of the process: AWS' credentials may be there.
    std::shared_ptr<ServiceCaller> stored_secrets;                 // The service "secrets", which is always there.
    VerbRegistry& verbs;
    // Takes a look, and how a service is doing. Called from the threads here.
    std::function<void(Observation)> observed;
    std::function<void(std::string source, std::string error)> report;
  };
  explicit ServiceSenses(Parts parts);
  ~ServiceSenses();

  // Puts descriptions and settings in force, also while running; from the loop's thread. What is the same stays as it
  // is. Gives what is wrong.
  std::vector<Error> apply(const ConfigTree& config, const std::vector<ServiceSettings>& settings,
                           const std::vector<KindSpec>& kinds);
  void start();
  void stop();

  // What a policy has to wait for: a kind that it reads and that has not been looked at since the start, or not for too
  // long; "" for nothing. Without this, what a service has would count as missing before it was first listed.
  Words waits_for(const decide::Policy& policy) const;

  // Something was done at a service: what it has is looked at now, and once more when it has had time to show it.
  void note_action(std::string_view verb);

 private:
  struct World;    // What is in force.
  struct Watcher;  // The thread of one service.

  std::shared_ptr<const World> world() const;
  void watch(const std::stop_token& stop, Watcher& watcher);
  void restart_watchers();
  void forget_looks(std::string_view service);

  Parts parts_;
  // A service by its protocol, with what its settings say.
  Result<std::shared_ptr<ServiceCaller>> make(const std::string& protocol, const rest::RestSpec& spec,
                                              const ServiceSettings& settings);

  CurlHttpClient http_;
  service::Outside outside_;
  mutable std::mutex mutex_;
  std::shared_ptr<const World> world_;
  std::map<std::string, Duration, std::less<>> looked_;  // By service and kind: the last good look, monotonic.
  std::vector<std::unique_ptr<Watcher>> watchers_;
  bool started_ = false;
};

}  // namespace capstan::loop
