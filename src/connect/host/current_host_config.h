// The host's part of the settings as it is now: verbs that were made at the start follow a change of the files.
#pragma once

#include <memory>
#include <utility>

#include "base/guarded.h"
#include "connect/host/host_config.h"

namespace capstan::host {

// Thread-safe.
class CurrentHostConfig {
 public:
  explicit CurrentHostConfig(HostConfig config) : config_(std::make_shared<const HostConfig>(std::move(config))) {}

  void set(HostConfig config) {
    auto fresh = std::make_shared<const HostConfig>(std::move(config));
    config_.write([&](std::shared_ptr<const HostConfig>& held) { held = std::move(fresh); });
  }
  std::shared_ptr<const HostConfig> get() const {
    return config_.read([](const std::shared_ptr<const HostConfig>& held) { return held; });
  }

 private:
  Guarded<std::shared_ptr<const HostConfig>> config_;
};

}  // namespace capstan::host
