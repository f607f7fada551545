// Compares manifests of git repositories with their clusters again and again, and reports what differs as findings.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "drift/drift_report.h"
#include "loop/drift_finder.h"
#include "loop/manifest_settings.h"
#include "model/finding.h"
#include "model/secret.h"

namespace capstan::loop {

// Thread-safe.
class ManifestWatch {
 public:
  struct Parts {
    const Clock& clock;
    const SecretStore& secrets;
    DriftFinder finder;
    std::function<Result<catalog::CatalogReader>()> catalog;
    std::filesystem::path directory;  // For checkouts.
    // One round of what a source says; may wait for room.
    std::function<void(Findings)> found;
    // How a source is doing; "" when all is well.
    std::function<void(std::string source, std::string error)> report;
  };
  explicit ManifestWatch(Parts parts);
  ~ManifestWatch();

  void apply(std::vector<ManifestSettings> sources);
  // What each source last said: its commit, its report, what is wrong with it.
  Json state() const;
  // All are looked at at once, whenever it would be time.
  void look();
  void stop();

 private:
  class Source;
  void run(const std::stop_token& stop);
  void tend(Source& source, const std::stop_token& stop);
  Result<std::filesystem::path> bring(Source& source, const std::stop_token& stop);
  Status compare(Source& source, const std::filesystem::path& root, const std::stop_token& stop);

  const Parts parts_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::map<std::string, std::shared_ptr<Source>> sources_;  // By name.
  std::vector<std::string> ended_;                          // Their findings are to be resolved.
  bool hurry_ = false;                                      // All are to be looked at now.
  std::jthread thread_;
};

}  // namespace capstan::loop
