// The thread that keeps the picture (catalog/picture.h): follows what changes, derives relations at once, asks the
// rules about configuration that a change can affect, and checks changes that are not made yet.
#pragma once

#include <atomic>
#include <functional>
#include <future>
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
  std::vector<catalog::KeptResource> resources;
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
    std::vector<catalog::KeptResource> resources;
    std::vector<KindSpec> kinds;
    std::vector<catalog::RelationSpec> relations;
    std::vector<detect::SqlRule> rules;
  };
  // Begins anew with what the catalog holds. False when too much waits: try again later.
  bool begin(Knowledge knowledge, catalog::CatalogReader catalog);
  // False when too much waits: the picture then has to begin anew.
  bool follow(PictureUpdate update);

  // While a fleet is seen for the first time, half of it is missing everywhere: findings wait until all has been seen,
  // five minutes at most. False when too much waits: try again later.
  bool hold_findings_back(bool on);

  // Says once more all that holds, where it was told and could not be kept. False when too much waits.
  bool tell_anew();

  // What a question is asked of; it leaves all as it was.
  struct Bench {
    catalog::Picture& picture;
    detect::PictureRules& rules;
    foresee::Checker& checker;
  };
  static constexpr Duration kPatience{10'000};
  // Asks on the thread, after the changes that are known by now, and waits. kUnavailable until the picture has begun,
  // kDeadlineExceeded when there is no answer in time.
  template <class T>
  Result<T> ask(std::function<Result<T>(const Bench&)> question, Duration patience = kPatience);
  Result<foresee::CheckReport> check(std::vector<foresee::ObjectDocument> documents, foresee::CheckOptions options);

  // Ends the thread; what waits is dropped.
  void stop();

 private:
  struct Standing {
    std::string source;
    Duration hold{0};
    std::map<std::string, Finding> findings;  // By id; with `since`.
    bool is_told = false;                     // All of it once; after that only what differs:
    std::set<std::string> untold;             // new ones and those of which other things are said,
    std::set<std::string> ended;              // and those that no longer hold.
  };

  void run(const std::stop_token& stop);
  Status start(Knowledge knowledge, const catalog::CatalogReader& catalog);
  Status load(std::vector<catalog::KeptResource> resources);
  Status take(const PictureUpdate& update);
  // Gives on what the picture derived and what the rules said.
  void tell(detect::VerdictChange verdicts, Observation relations, const Status& status);
  void note(const detect::VerdictChange& verdicts, std::set<std::string>& rules);
  Findings news_of(const std::string& rule, Time now);
  Findings all_of(const std::string& rule, Time now);
  // kResourceExhausted when too much waits.
  Status enqueue(std::function<void(const Bench*)> task);

  Parts parts_;
  BoundedQueue<std::function<void()>> tasks_{1'000};

  // Of the thread.
  std::unique_ptr<catalog::Picture> picture_;
  std::unique_ptr<detect::PictureRules> rules_;
  std::unique_ptr<foresee::Checker> checker_;
  std::set<std::string> derived_kinds_;       // Of the relations that the picture derives.
  std::map<std::string, Standing> standing_;  // By rule.
  std::set<std::string> waiting_;             // Rules with findings that do not hold for long enough yet.
  std::optional<Time> held_back_since_;       // Nothing: findings are told.
  std::jthread thread_;
};

template <class T>
Result<T> Foresight::ask(std::function<Result<T>(const Bench&)> question, Duration patience) {
  auto promise = std::make_shared<std::promise<Result<T>>>();
  std::future<Result<T>> answer = promise->get_future();
  const std::shared_ptr<std::atomic<bool>> given_up = std::make_shared<std::atomic<bool>>(false);
  TRY(enqueue([promise, given_up, question = std::move(question)](const Bench* bench) {
    if (*given_up) return;
    promise->set_value(bench ? question(*bench)
                             : fail(ErrorCode::kUnavailable, "the picture of the system is not ready yet"));
  }));
  // Waits for the promise to be dropped, too, as happens when the thread ends.
  promise.reset();
  if (answer.wait_for(patience) != std::future_status::ready) {
    *given_up = true;
    return fail(ErrorCode::kDeadlineExceeded, "no answer within " + format_duration(patience));
  }
  try {
    return answer.get();
  } catch (const std::future_error&) {
    return fail(ErrorCode::kUnavailable, "Capstan is stopping");
  }
}

}  // namespace capstan::loop
