// Keeps a sink up to date about all objects of one type: lists them, watches from there, and lists again when it must.
// Source: kubernetes.io, "Kubernetes API Concepts": efficient detection of changes, resource versions, bookmarks.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/http_stream.h"
#include "base/json.h"
#include "base/random.h"
#include "base/result.h"
#include "connect/kubernetes/answer_intake.h"
#include "connect/kubernetes/api_status.h"
#include "connect/kubernetes/credentials.h"
#include "connect/kubernetes/json_splitter.h"
#include "connect/kubernetes/object_reader.h"
#include "connect/kubernetes/resource_type.h"

namespace capstan::kubernetes {

// Who is told. Of one type by one worker at a time and in order; of several types at once. May block while there is no
// room: less is read then. Objects come without metadata.managedFields and without what Secrets keep, and always with
// apiVersion and kind.
class ReflectorSink {
 public:
  virtual ~ReflectorSink() = default;
  // A fresh list begins. What an earlier one said is void, should it not have come to its end.
  virtual void listing(const ResourceType& type) = 0;
  // A part of the list; the same object may come twice.
  virtual void page(const ResourceType& type, std::vector<Json> objects) = 0;
  // The list is complete: what was not in its pages is gone.
  virtual void listed(const ResourceType& type) = 0;
  virtual void changed(const ResourceType& type, Json object) = 0;
  // With the object as it was at its end.
  virtual void deleted(const ResourceType& type, Json object) = 0;
  // Told when the code differs from before: all is well, or why the type is not up to date: kPermissionDenied and
  // kUnauthenticated, kNotFound when it is not served, kUnavailable and others when the API server cannot be reached.
  virtual void state(const ResourceType& type, Status state) = 0;
};

struct ReflectorOptions {
  size_t page_limit = 500;             // Objects of a page.
  size_t buffer_bytes = 256 << 10;     // Of a page, waiting to be read; beyond it the server has to wait.
  size_t watch_bytes = 1 << 20;        // Of a watch; beyond it the watch ends.
  size_t batch_bytes = 2 << 20;        // Of the text of objects given to the sink at once,
  size_t batch_objects = 400;          // and their number: each batch is a commit.
  size_t max_object_bytes = 32 << 20;  // One larger than this stops its type.
  Duration least_backoff{500};         // After a failure; doubled with each, up to the most, plus as much by chance.
  Duration most_backoff{30'000};       //
  Duration refused_interval{180'000};  // Between tries of what is forbidden or not served.
  Duration poll_interval{60'000};      // Between lists of what cannot be watched.
  Duration least_watch{240'000};       // Half of the longest: watches of many types do not end together.
  Duration answer_limit{120'000};      // For one page, and for the head of a watch.
  Duration bookmark_limit{180'000};    // Silence of a watch whose server is known to send a bookmark a minute.
};

// Posts work to a thread; false when there is no room for it now.
using Executor = std::function<bool(std::function<void()>)>;

class Reflector : public std::enable_shared_from_this<Reflector> {
 public:
  struct Parts {
    HttpStreamer& lists;    // On connections of their own: a list waits in the server while there is no room.
    HttpStreamer& watches;  // On shared ones: one that comes faster than it is read ends, and goes on where it was.
    Executor executor;
    Credentials& credentials;
    const Clock& clock;
    Random& random;
    ReflectorSink& sink;
  };
  Reflector(Parts parts, ResourceType type, ReflectorOptions options);

  const ResourceType& type() const { return type_; }

  // Starts what is due. Gives the time until something is, or nothing while an answer is awaited. Thread-safe.
  // Without `may_list`, only a watch is started.
  std::optional<Duration> tick(bool may_list = true);
  // A list is under way.
  bool is_listing() const { return phase_ == Phase::kListing; }

  // No call of the sink runs, or will, when it returns. Not from the sink.
  void stop();

 private:
  enum class Phase {
    kWaiting,   // Nothing is under way until `due_`.
    kListing,   // A page is asked for, or coming.
    kWatching,  // A watch is asked for, or under way; `resource_version_` is what the sink knows.
    kStopped,
  };

  static constexpr int64_t kNever = INT64_MAX;

  void schedule();
  void run();
  void turn();

  // Everything below runs on a worker, with the turn's lock held.
  void begin();
  void begin_list();
  void begin_watch();
  void open(HttpStreamer& streamer, const std::string& query, Duration limit, Duration idle_limit);
  void take_arrived();
  Status take_bytes(std::string_view bytes);
  void take_end(const Status& end);

  Status take_item(ObjectReader& reader, std::string& text);
  void give_batch();
  void end_page(const Status& end);
  Status end_complete_page();
  void end_list(const std::string& version);

  Status take_event(ObjectReader& reader, std::string& text);
  Status take_error_event(const Json& object);
  void end_watch(const Status& end);

  void refused(const ApiStatus& status);
  void refused_expired();
  void refused_for_long(Error error);
  void failed(Error error, std::optional<Duration> wait = {});
  void list_anew();
  void set_version(std::string version);
  void wait(Duration time);
  void close();
  void tell(Status state);
  void complete(Json& object) const;
  Duration by_chance(Duration most);
  Duration backoff();

  const Parts parts_;
  const ResourceType type_;
  const ReflectorOptions options_;

  std::atomic<Phase> phase_{Phase::kWaiting};
  std::atomic<int64_t> due_ms_{0};  // By the monotonic clock.
  std::atomic<size_t> pending_{0};  // Reasons for a turn that no turn has seen.
  std::atomic<bool> unposted_{false};
  std::atomic<int64_t> head_due_ms_{kNever};  // When the head of an answer must be there, by the monotonic clock.

  std::mutex turn_;  // Held by the worker whose turn it is, and by `stop`.
  std::shared_ptr<AnswerIntake> intake_;
  std::unique_ptr<HttpStream> stream_;
  std::optional<HttpResponse> head_;
  std::optional<JsonSplitter> splitter_;
  std::optional<ApiStatus> refusal_;  // An ERROR event.
  std::string error_body_;
  uint64_t proof_ = 0;
  bool authenticated_anew_ = false;

  std::string continue_;        // Where the next page begins; "" for the first.
  bool fresh_ = false;          // The sink has yet to be told that a list begins.
  std::string not_older_than_;  // The list is to be of the server's cache, but not before this version; "" for neither.
  int expired_ = 0;             // Lists in a row whose pages expired before the last was read.
  std::vector<Json> batch_;
  size_t batch_bytes_ = 0;

  std::string resource_version_;  // "" until a list is complete.
  std::atomic<bool> has_version_{false};
  bool has_bookmarks_ = false;
  bool watched_ = false;     // A watch has told something since the last list.
  bool progressed_ = false;  // The watch under way has told something.
  int fruitless_ = 0;        // Watches in a row that were refused or broken before they told anything.
  Duration watch_began_{0};

  int failures_ = 0;  // In a row.
  std::optional<Status> told_;
};

}  // namespace capstan::kubernetes
