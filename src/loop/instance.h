// One running Capstan: everything opened, wired and started in order, and stopped in reverse.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "ledger/data_directory.h"
#include "loop/control.h"
#include "loop/lead.h"
#include "loop/settings.h"
#include "model/chat.h"
#include "telemetry/promql/api.h"

namespace capstan::loop {

struct InstanceOptions {
  std::vector<std::filesystem::path> packs;
  std::filesystem::path config_directory;
  std::string version;
  std::vector<std::pair<std::string, std::string>>
      environment;           // Of the process: where kubeconfigs are, what their plugins inherit.
  std::optional<Lead> lead;  // Where several nodes share the ledger.
};

class Instance {
 public:
  // Opens the stores in `directory`, brings back the state, reads the configuration. Nothing is sensed or done yet.
  static Result<std::unique_ptr<Instance>> open(const ledger::DataDirectory& directory, InstanceOptions options,
                                                const Clock& clock, Random& random);
  virtual ~Instance() = default;

  // `page` is where links in messages point to unless the configuration says otherwise.
  virtual void start(const std::string& page) = 0;
  virtual void stop() = 0;
  // Tells what touches the outside to end, and how much of it has not yet. Thread-safe; for a node that may not act any
  // more and has no time to stop in order.
  virtual void cancel_work() = 0;
  virtual int work_under_way() const = 0;

  virtual Control& control() = 0;
  // Prometheus' query API; thread-safe.
  virtual telemetry::ApiAnswer prometheus(std::string_view path, const telemetry::ApiParameters& parameters) = 0;
  // Takes a remote write request; thread-safe.
  virtual Status remote_write(std::string_view body) = 0;
  // Who answers what people ask in a chat; set before `start`. Not called any more when `stop` has returned.
  virtual void on_chat(ChatHandler handler) = 0;
  // What Slack delivered by HTTP; thread-safe, and returns at once.
  virtual Status slack_delivery(std::string_view door, std::string_view timestamp, std::string_view signature,
                                std::string_view body) = 0;
  // Names that the settings let the page be reached by.
  virtual std::vector<std::string> allowed_hosts() const = 0;
  virtual bool secure_cookie() const = 0;
  // Where Kubernetes asks before it takes a change.
  virtual const AdmissionSettings& admission() const = 0;
};

}  // namespace capstan::loop
