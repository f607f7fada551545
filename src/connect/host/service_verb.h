// host.start_service, host.stop_service and host.restart_service: of systemd, or as the configuration declares.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "connect/host/current_host_config.h"
#include "connect/host/service_table.h"
#include "model/verb.h"

namespace capstan::host {

enum class ServiceAction { kStart, kStop, kRestart };

class ServiceVerb final : public Verb {
 public:
  // `config` and `clock` must outlive this. Output of programs started here goes to NAME.stdout.log and NAME.stderr.log
  // in `output_directory`, where the log follower finds it; "" drops it.
  ServiceVerb(ServiceAction action, const CurrentHostConfig& config, std::string output_directory, const Clock& clock);

  const VerbSpec& spec() const override { return spec_; }
  Status check(const Resource& target, const Json& parameters) const override;
  Result<Json> state_before(const Resource& target, const Json& parameters) override;
  Performed perform(const Action& action, const Resource& target, const Json& before,
                    const std::stop_token& stop) override;
  ProbeAnswer probe(const Action& action, const Resource& target, const Json& before) override;
  Performed undo(const Action& action, const Resource& target, const Json& before,
                 const std::stop_token& stop) override;

 private:
  // What a service is now. `main` is the main process' id with its start time, so that a restart can be told.
  struct Now {
    bool running = false;
    ProcessKey main;
    std::vector<ProcessKey> processes;
    std::string state;
  };
  std::string name_of(const Resource& target) const;
  std::optional<DeclaredService> declared(const std::string& name) const;
  Result<Now> look(const std::string& name, const std::stop_token& stop) const;
  Performed start(const std::string& name, const std::stop_token& stop) const;
  Performed stop(const std::string& name, const std::stop_token& stop) const;
  Performed start_declared(const DeclaredService& service, const std::stop_token& stop) const;
  Performed stop_declared(const DeclaredService& service, const std::stop_token& stop) const;
  ProbeAnswer probe_restart(const std::string& name, const Json& before) const;
  // False when systemd has still something to do with it, or cannot be asked.
  bool wait_until_idle(const std::string& name) const;
  Performed systemctl(std::string_view what, const std::string& name, const std::stop_token& stop) const;
  bool wait_until(const std::string& name, bool running, Duration limit, const std::stop_token& stop) const;

  ServiceAction action_;
  const CurrentHostConfig& config_;
  std::string output_directory_;
  const Clock& clock_;
  VerbSpec spec_;
};

}  // namespace capstan::host
