#include "connect/kubernetes/reflector.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/url.h"
#include "connect/kubernetes/secret_values.h"

namespace capstan::kubernetes {
namespace {

constexpr size_t kMaxErrorBytes = 64 << 10;
constexpr int kFruitlessBeforeList = 4;
constexpr int kExpiredBeforeUnpaged = 2;
constexpr Duration kSoon{100};  // At most: many watches end together when a server goes.
constexpr Duration kBrief{1'000};

// Messages differ in milliseconds and ports from one try to the next.
bool same(const Status& a, const Status& b) {
  if (a.has_value() || b.has_value()) return a.has_value() == b.has_value();
  return a.error().code == b.error().code;
}

}  // namespace

Reflector::Reflector(Parts parts, ResourceType type, ReflectorOptions options)
    : parts_(std::move(parts)), type_(std::move(type)), options_(options) {
  due_ms_ = parts_.clock.monotonic().count();
}

std::optional<Duration> Reflector::tick(bool may_list) {
  if (unposted_.exchange(false)) {
    schedule();
    return Duration(0);
  }
  if (phase_ != Phase::kWaiting) {
    if (parts_.clock.monotonic().count() >= head_due_ms_) schedule();
    return std::nullopt;
  }
  const Duration left = Duration(due_ms_) - parts_.clock.monotonic();
  if (left.count() > 0) return left;
  if (may_list || has_version_) schedule();
  return Duration(0);
}

void Reflector::stop() {
  std::lock_guard lock(turn_);
  phase_ = Phase::kStopped;
  close();
}

// A turn is posted by whoever gives the first reason for it, and posts itself again for those that came meanwhile; so
// there is never more than one.
void Reflector::schedule() {
  if (pending_.fetch_add(1) != 0) return;
  if (parts_.executor([self = shared_from_this()] { self->run(); })) return;
  pending_ = 0;
  unposted_ = true;  // The next tick tries again.
}

void Reflector::run() {
  const size_t seen = pending_;
  turn();
  if (pending_.fetch_sub(seen) == seen) return;
  if (parts_.executor([self = shared_from_this()] { self->run(); })) return;
  pending_ = 0;
  unposted_ = true;
}

void Reflector::turn() {
  std::lock_guard lock(turn_);
  if (phase_ == Phase::kListing || phase_ == Phase::kWatching) {
    take_arrived();
  } else if (phase_ == Phase::kWaiting && parts_.clock.monotonic() >= Duration(due_ms_)) {
    begin();
  }
}

void Reflector::begin() {
  if (resource_version_.empty()) {
    begin_list();
  } else {
    begin_watch();
  }
}

void Reflector::begin_list() {
  phase_ = Phase::kListing;
  fresh_ = continue_.empty();
  splitter_.emplace(JsonSplitter::Shape::kList, options_.max_object_bytes);
  // Without a resource version: the most recent state. What comes after the first page is of the same one.
  std::string query;
  if (!not_older_than_.empty()) {
    query = fmt::format("resourceVersion={}&resourceVersionMatch=NotOlderThan", percent_encode(not_older_than_));
  } else if (expired_ < kExpiredBeforeUnpaged) {
    query = fmt::format("limit={}", options_.page_limit);
  }
  if (!continue_.empty()) query += "&continue=" + percent_encode(continue_);
  open(parts_.lists, query, Duration(0), options_.answer_limit);
}

void Reflector::begin_watch() {
  phase_ = Phase::kWatching;
  progressed_ = false;
  watch_began_ = parts_.clock.monotonic();
  splitter_.emplace(JsonSplitter::Shape::kStream, options_.max_object_bytes);
  const Duration length = options_.least_watch + by_chance(options_.least_watch);
  const std::string query =
      fmt::format("watch=1&allowWatchBookmarks=true&timeoutSeconds={}&resourceVersion={}",
                  std::chrono::duration_cast<std::chrono::seconds>(length).count(), percent_encode(resource_version_));
  // The server ends it; the limits are for one that does not.
  open(parts_.watches, query, length + options_.answer_limit, has_bookmarks_ ? options_.bookmark_limit : Duration(0));
}

void Reflector::open(HttpStreamer& streamer, const std::string& query, Duration limit, Duration idle_limit) {
  HttpRequest request;
  const Result<std::string> path = resource_path(type_, {});
  if (!path) return failed(path.error());
  request.url = parts_.credentials.access().server + *path + (query.empty() ? "" : "?" + query);
  request.headers = {{"Accept", "application/json"}};
  request.timeout = limit;
  request.idle_limit = idle_limit;
  const Result<uint64_t> proof = parts_.credentials.sign(request);
  if (!proof) return failed(proof.error());
  proof_ = *proof;
  head_.reset();
  refusal_.reset();
  error_body_.clear();
  const size_t room = phase_ == Phase::kListing ? options_.buffer_bytes : options_.watch_bytes;
  intake_ = std::make_shared<AnswerIntake>(room, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->schedule();
  });
  head_due_ms_ = (parts_.clock.monotonic() + options_.answer_limit).count();
  stream_ = streamer.open(std::move(request), intake_);
}

void Reflector::take_arrived() {
  AnswerIntake::Arrived arrived = intake_->take();
  if (arrived.head) {
    head_ = std::move(arrived.head);
    head_due_ms_ = kNever;
    if (phase_ == Phase::kListing && head_->ok() && std::exchange(fresh_, false)) parts_.sink.listing(type_);
  }
  if (!arrived.bytes.empty()) {
    const Status taken = take_bytes(arrived.bytes);
    if (refusal_) return refused(ApiStatus(*refusal_));
    if (!taken) return take_end(taken);
  } else if (head_ && head_->ok() && phase_ == Phase::kWatching && !arrived.end) {
    tell({});
  }
  if (arrived.end) return take_end(*arrived.end);
  if (arrived.was_full) stream_->resume();
  if (!head_ && parts_.clock.monotonic().count() >= head_due_ms_) {
    take_end(
        fail(ErrorCode::kDeadlineExceeded, fmt::format("no answer within {}", format_duration(options_.answer_limit))));
  }
}

Status Reflector::take_bytes(std::string_view bytes) {
  if (!head_ || !head_->ok()) {
    error_body_.append(bytes.substr(0, kMaxErrorBytes - std::min(kMaxErrorBytes, error_body_.size())));
    return {};
  }
  const bool lists = phase_ == Phase::kListing;
  ObjectReader reader;
  const Status fed = splitter_->feed(
      bytes, [&](std::string& text) { return lists ? take_item(reader, text) : take_event(reader, text); });
  if (lists) give_batch();
  return fed;
}

void Reflector::take_end(const Status& end) {
  if (head_ && !head_->ok()) {
    HttpResponse response = std::move(*head_);
    response.body = std::move(error_body_);
    return refused(read_api_status(response));
  }
  if (phase_ == Phase::kListing) return end_page(end);
  end_watch(end);
}

Status Reflector::take_item(ObjectReader& reader, std::string& text) {
  Json object = TRY(reader.read(text));
  complete(object);
  batch_.push_back(std::move(object));
  batch_bytes_ += text.size();
  if (batch_.size() >= options_.batch_objects || batch_bytes_ >= options_.batch_bytes) give_batch();
  return {};
}

void Reflector::give_batch() {
  batch_bytes_ = 0;
  if (!batch_.empty()) parts_.sink.page(type_, std::exchange(batch_, {}));
}

void Reflector::end_page(const Status& end) {
  if (!end) return failed(end.error());
  if (const Status ended = end_complete_page(); !ended) failed(ended.error());
}

Status Reflector::end_complete_page() {
  if (!splitter_->is_complete()) return fail(ErrorCode::kCorrupt, "the list ended before it was complete");
  const Json list = TRY(Json::parse(splitter_->rest()));
  const std::string& next = list["metadata"]["continue"].string_or_empty();
  authenticated_anew_ = false;
  if (next.empty()) {
    end_list(list["metadata"]["resourceVersion"].string_or_empty());
    return {};
  }
  if (next == continue_) return fail(ErrorCode::kCorrupt, "the list has a page that is followed by itself");
  continue_ = next;
  close();
  begin_list();
  return {};
}

void Reflector::end_list(const std::string& version) {
  close();
  continue_.clear();
  not_older_than_.clear();
  expired_ = 0;
  fruitless_ = 0;
  watched_ = false;
  parts_.sink.listed(type_);
  tell({});
  if (version.empty() || !type_.can("watch")) {
    failures_ = 0;
    return wait(options_.poll_interval + by_chance(Duration(1'000)));
  }
  set_version(version);
  begin_watch();
}

Status Reflector::take_event(ObjectReader& reader, std::string& text) {
  WatchEvent event = TRY(reader.read_event(text));
  if (event.type == "ERROR") return take_error_event(event.object);
  std::string version = event.object["metadata"]["resourceVersion"].string_or_empty();
  if (version.empty()) return fail(ErrorCode::kCorrupt, "an object of the watch has no resource version");
  if (event.type == "BOOKMARK") {
    has_bookmarks_ = true;
  } else if (event.type == "DELETED") {
    complete(event.object);
    parts_.sink.deleted(type_, std::move(event.object));
  } else if (event.type == "ADDED" || event.type == "MODIFIED") {
    complete(event.object);
    parts_.sink.changed(type_, std::move(event.object));
  }
  resource_version_ = std::move(version);
  if (!std::exchange(progressed_, true)) tell({});
  watched_ = true;
  failures_ = 0;
  fruitless_ = 0;
  return {};
}

Status Reflector::take_error_event(const Json& object) {
  refusal_ = read_api_status(object);
  return fail(to_error(*refusal_));
}

// A watch that was cut off, or came too fast, is as good as one that ended: the next goes on where it was.
void Reflector::end_watch(const Status& end) {
  if (!head_) return failed(end ? Error{ErrorCode::kCorrupt, "the watch ended before it began"} : end.error());
  const bool broken = !end && end.error().code != ErrorCode::kDeadlineExceeded && !progressed_;
  const bool brief = !progressed_ && parts_.clock.monotonic() - watch_began_ < kBrief;
  if (broken && ++fruitless_ >= kFruitlessBeforeList) return list_anew();
  if (broken) return failed(end.error());
  if (brief) return wait(backoff());  // As servers do that are about to stop.
  failures_ = 0;
  authenticated_anew_ = false;
  wait(by_chance(kSoon));
}

void Reflector::refused(const ApiStatus& status) {
  if (phase_ == Phase::kListing) not_older_than_.clear();
  Error error = to_error(status);
  if (status.is_expired()) return refused_expired();
  if (status.code == 401 && parts_.credentials.refused(proof_) && !std::exchange(authenticated_anew_, true)) {
    return wait(Duration(0));
  }
  if (status.code == 403 || status.code == 404 || status.code == 405) return refused_for_long(std::move(error));
  if (phase_ == Phase::kWatching && (status.code == 400 || ++fruitless_ >= kFruitlessBeforeList)) {
    set_version("");  // It may be one that this server does not know, or not yet.
  }
  failed(std::move(error), status.retry_after);
}

void Reflector::refused_expired() {
  if (phase_ == Phase::kWatching) {
    // While the list was read page by page, more happened than the server remembers. It can give its own memory at
    // once, which is nearer to now.
    if (!watched_) not_older_than_ = resource_version_;
    return list_anew();
  }
  if (!continue_.empty() && ++expired_ <= kExpiredBeforeUnpaged) return list_anew();
  continue_.clear();
  failed({ErrorCode::kFailedPrecondition, "the list expires before it can be read"});
}

// Another try is of use when somebody has changed what is allowed or served; until then everything may have changed.
void Reflector::refused_for_long(Error error) {
  tell(fail(std::move(error)));
  set_version("");
  continue_.clear();
  wait(options_.refused_interval + by_chance(options_.refused_interval));
}

void Reflector::failed(Error error, std::optional<Duration> least) {
  tell(fail(std::move(error)));
  wait(std::max(backoff(), least.value_or(Duration(0))));
}

void Reflector::list_anew() {
  set_version("");
  continue_.clear();
  fruitless_ = 0;
  wait(by_chance(kSoon));
}

void Reflector::set_version(std::string version) {
  resource_version_ = std::move(version);
  has_version_ = !resource_version_.empty();
}

void Reflector::wait(Duration time) {
  close();
  due_ms_ = (parts_.clock.monotonic() + time).count();
  phase_ = Phase::kWaiting;
}

void Reflector::close() {
  stream_.reset();
  intake_.reset();
  splitter_.reset();
  batch_.clear();
  batch_bytes_ = 0;
}

void Reflector::tell(Status state) {
  if (told_ && same(*told_, state)) return;
  told_ = state;
  parts_.sink.state(type_, std::move(state));
}

// The items of typed lists do not say what they are; those of some say too much.
void Reflector::complete(Json& object) const {
  if (!object.contains("apiVersion")) object.set("apiVersion", type_.api_version());
  if (!object.contains("kind")) object.set("kind", type_.kind);
  if (keeps_secrets(type_)) {
    hide_values(object);
  } else {
    mask_values(object);
  }
}

Duration Reflector::by_chance(Duration most) {
  return Duration(parts_.random.below(static_cast<uint64_t>(most.count()) + 1));
}

Duration Reflector::backoff() {
  const int doublings = std::min(failures_++, 16);
  const Duration base = std::min(options_.least_backoff * (1 << doublings), options_.most_backoff);
  return base + by_chance(base);
}

}  // namespace capstan::kubernetes
