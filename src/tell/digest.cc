#include "tell/digest.h"

#include <fmt/format.h>

#include <algorithm>

namespace capstan::tell {
namespace {

constexpr size_t kMostListed = 10;
constexpr size_t kMostFloods = 1'000;

// "http://host/incidents" of "http://host/incidents/inc-3".
std::string list_url(const std::string& url) { return url.substr(0, std::min(url.rfind('/'), url.size())); }

}  // namespace

std::string Digest::group_of(const Draft& draft) { return draft.alike.empty() ? "" : draft.alike.to_json().dump(); }

Digest::Verdict Digest::judge(const std::string& group, Time oldest, Time now) const {
  const auto found = floods_.find(group);
  if (within_ == Duration(0) || group.empty() || found == floods_.end()) return Verdict::kAlone;
  const Flood& flood = found->second;
  // Most of a flood waits already when the first of it has been told.
  const bool came_later = oldest >= flood.begun && is_over(flood, oldest);
  if (flood.told < kAlone || now < flood.begun || came_later) return Verdict::kAlone;
  return is_over(flood, now) ? Verdict::kFold : Verdict::kHold;
}

void Digest::note_told(const std::string& group, bool folded, Time now) {
  if (within_ == Duration(0) || group.empty()) return;
  Flood& flood = floods_[group];
  if (folded) {
    flood = {.begun = now, .told = kAlone};  // It goes on: what follows is held at once.
  } else if (flood.told == 0 || is_over(flood, now)) {
    flood = {.begun = now, .told = 1};
  } else {
    ++flood.told;
  }
  if (floods_.size() > kMostFloods) forget(now);
}

void Digest::forget(Time now) {
  std::erase_if(floods_, [&](const auto& one) { return is_over(one.second, now); });
  if (floods_.size() > kMostFloods) floods_.clear();  // Then a few more are told on their own.
}

Draft fold(std::span<const Draft* const> drafts) {
  const Draft& first = *drafts.front();
  Draft digest;
  digest.id = fmt::format("{}:with:{}", first.id, drafts.size() - 1);
  digest.title = first.alike.with("count", std::to_string(drafts.size()));
  digest.cause = first.cause;
  for (const Draft* draft : drafts) {
    digest.severity = std::max(digest.severity, draft->severity);
    if (digest.lines.size() < kMostListed) digest.lines.push_back(draft->title);
  }
  if (drafts.size() > kMostListed) {
    digest.lines.push_back(Words::phrase("list.more", {{"count", std::to_string(drafts.size() - kMostListed)}}));
  }
  digest.url = list_url(first.url);
  if (!digest.url.empty()) digest.buttons.push_back({Words::phrase("button.look"), digest.url});
  return digest;
}

}  // namespace capstan::tell
