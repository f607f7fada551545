// The thread that keeps the picture (catalog/picture.h): follows what changes, derives relations at once, asks the
// rules about configuration that a change can affect, and checks changes that are not made yet.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/bounded_queue.h"
#include "base/clock.h"
#include "catalog/catalog_reader.h"
#include "catalog/picture.h"
#include "detect/picture_rules.h"
#include "foresee/check.h"
#include "loop/messages.h"

namespace capstan::loop {

// The scope of the relations that the picture derives.
inline constexpr std::string_view kPictureScope = "derived:picture";

// What has changed in the catalog. Of a resource that is gone there is only the id.
struct PictureUpdate {
  std::vector<Resource> resources;
  std::vector<ResourceId> gone;
  std::vector<catalog::RelationChange> relations;  // Those that the picture does not derive itself.
};

// The public functions are thread-safe.
class Foresight {
 public:
  struct Parts {
    const Clock& clock;
    // Hands a message to the loop, waiting for room; false when the loop is stopping.
    std::function<bool(LoopMessage)> post;
  };
  explicit Foresight(Parts parts);
  ~Foresight();

  struct Knowledge {
    std::vector<KindSpec> kinds;
    std::vector<catalog::RelationSpec> relations;
    std::vector<detect::SqlRule> rules;
  };
  // Begins anew with what the catalog holds. False when too much waits: try again later.
  bool begin(Knowledge knowledge, catalog::CatalogReader catalog);
  // False when too much waits: the picture then has to begin anew.
  bool follow(PictureUpdate update);

  // kUnavailable until the picture has begun, kDeadlineExceeded after ten seconds.
  Result<foresee::CheckReport> check(std::vector<foresee::ObjectDocument> documents, foresee::CheckOptions options);

  // Ends the thread; what waits is dropped.
  void stop();

 private:
  struct Standing {
    std::string source;
    Duration hold{0};
    std::vector<Finding> findings;  // With `since`.
  };

  void run(const std::stop_token& stop);
  Status start(Knowledge knowledge, const catalog::CatalogReader& catalog);
  Status load(const catalog::CatalogReader& catalog);
  Status take(const PictureUpdate& update);
  // Gives on what the picture derived and what the rules said.
  void tell(detect::VerdictChange verdicts, Observation relations, const Status& status);
  void note(const detect::VerdictChange& verdicts, std::set<std::string>& rules);
  Findings holding_of(const std::string& rule, Time now);

  Parts parts_;
  BoundedQueue<std::function<void()>> tasks_{1'000};

  // Of the thread.
  std::unique_ptr<catalog::Picture> picture_;
  std::unique_ptr<detect::PictureRules> rules_;
  std::unique_ptr<foresee::Checker> checker_;
  std::set<std::string> derived_kinds_;       // Of the relations that the picture derives.
  std::map<std::string, Standing> standing_;  // By rule.
  std::set<std::string> waiting_;             // Rules with findings that do not hold for long enough yet.
  std::jthread thread_;
};

}  // namespace capstan::loop
