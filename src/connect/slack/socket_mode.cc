#include "connect/slack/socket_mode.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <optional>

#include "connect/slack/web_api.h"

namespace capstan::slack {
namespace {

constexpr size_t kMostEnvelopes = 10'000;
constexpr auto kRemembered = std::chrono::minutes(10);

std::optional<Door> door_of(std::string_view type) {
  if (type == "interactive") return Door::kInteractive;
  if (type == "slash_commands") return Door::kCommand;
  return std::nullopt;
}

}  // namespace

SocketMode::SocketMode(Parts parts, Options options)
    : parts_(std::move(parts)),
      options_(std::move(options)),
      seen_(parts_.clock, kRemembered, kMostEnvelopes),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

void SocketMode::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const Result<bool> ended = serve(stop);
    if (stop.stop_requested()) return;
    if (!ended) parts_.report(ended.error().message);
    if (ended && *ended) continue;  // Slack refreshes connections every few hours.
    wait(stop);
  }
}

Result<bool> SocketMode::serve(const std::stop_token& stop) {
  const std::unique_ptr<WebSocket> socket = TRY(connect(stop));
  while (true) {
    const std::string text = TRY(socket->read(stop));
    const Result<Json> envelope = Json::parse(text);
    if (!envelope || !envelope->is_object()) return fail(ErrorCode::kCorrupt, "Slack's socket says what is not JSON");
    const std::string& type = (*envelope)["type"].string_or_empty();
    if (type == "hello") {
      wait_ = Duration(0);
      parts_.report("");
    } else if (type == "disconnect") {
      socket->close();
      const std::string& reason = (*envelope)["reason"].string_or_empty();
      if (reason != "link_disabled") return true;
      return fail(ErrorCode::kFailedPrecondition,
                  "socket mode was turned off for the app; turn it on at api.slack.com/apps, under Socket Mode");
    } else {
      TRY(handle(*socket, *envelope, stop));
    }
  }
}

Result<std::unique_ptr<WebSocket>> SocketMode::connect(const std::stop_token& stop) {
  const Json answer =
      TRY(call_api(parts_.http, options_.base_url, options_.app_token, "apps.connections.open", Json::object(), stop));
  const std::string& url = answer["url"].string_or_empty();
  // What people decide must not travel in the clear, whatever the answer says.
  const bool secure = url.starts_with("wss://") || options_.base_url.starts_with("http://");
  if (!secure) return fail(ErrorCode::kFailedPrecondition, "Slack names a socket that is not encrypted");
  return WebSocket::connect(url, options_.socket, stop);
}

// The acknowledgement comes first: Slack waits for three seconds, and a decision may take longer. A person sees by the
// answer whether it was done.
Status SocketMode::handle(WebSocket& socket, const Json& envelope, const std::stop_token& stop) {
  const std::string& id = envelope["envelope_id"].string_or_empty();
  if (id.empty()) return {};
  const auto acknowledge = [&] { return socket.write(Json::object({{"envelope_id", id}}).dump(), stop); };
  const std::optional<Door> door = door_of(envelope["type"].string_or_empty());
  if (!door || !seen_.first_time(id)) return acknowledge();
  if (parts_.take(*door, envelope["payload"])) return acknowledge();
  seen_.take_back(id);
  return {};
}

// Growing, and never the same for two: many must not come back at one moment.
void SocketMode::wait(const std::stop_token& stop) {
  wait_ = std::clamp(wait_ * 2, options_.first_wait, options_.longest_wait);
  const auto spread = Duration(static_cast<int64_t>(parts_.random.below(static_cast<uint64_t>(wait_.count()) / 4 + 1)));
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, wait_ + spread, [] { return false; });
}

}  // namespace capstan::slack
