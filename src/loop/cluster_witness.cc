#include "loop/cluster_witness.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/fit.h"
#include "base/mask_secrets.h"

namespace capstan::loop {
namespace {

constexpr int kMostEvents = 500;  // Of one namespace.
constexpr size_t kMostSpaces = 3;
constexpr int64_t kMostLines = 50;
constexpr int64_t kMostLogBytes = 64 << 10;
constexpr size_t kLongestLine = 500;

const kubernetes::ResourceType& events() {
  static const kubernetes::ResourceType type{.group = "", .version = "v1", .plural = "events", .kind = "Event"};
  return type;
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

void ask_events(const kubernetes::ClusterContact& contact, const WitnessRequest& request,
                diagnose::Testimony& testimony) {
  size_t asked = 0;
  for (const std::string& space : request.spaces) {
    if (asked++ >= kMostSpaces) break;
    const auto page =
        contact.client.list(events(), {.name_space = space, .field_selector = "type=Warning", .limit = kMostEvents});
    if (!page) {
      testimony.problems.push_back({page.error().code, "the warnings of " + space + ": " + page.error().message, {}});
      continue;
    }
    testimony.is_live = true;
    for (const Json& item : page->items) {
      const Json& about = item["involvedObject"];
      const auto known =
          request.named.find(fmt::format("{}/{}/{}", about["namespace"].string_or_empty(),
                                         lower(about["kind"].string_or_empty()), about["name"].string_or_empty()));
      if (known == request.named.end()) continue;
      diagnose::Event event = read_event(item);
      event.resource = known->second;
      testimony.events.push_back(std::move(event));
    }
  }
  std::ranges::stable_sort(testimony.events, std::greater(), &diagnose::Event::last);
}

// An id of a pod is k8s_pod/<cluster>/<namespace>/<name>.
kubernetes::ObjectName pod_of(const ResourceId& id) {
  const size_t end = id.rfind('/');
  const size_t begin = id.rfind('/', end - 1);
  return {.name_space = id.substr(begin + 1, end - begin - 1), .name = id.substr(end + 1)};
}

void ask_logs(const kubernetes::ClusterContact& contact, const WitnessRequest& request,
              diagnose::Testimony& testimony) {
  for (const diagnose::LogRequest& wanted : request.logs) {
    kubernetes::LogOptions options{.container = wanted.container,
                                   .tail_lines = kMostLines,
                                   .previous = wanted.previous,
                                   .limit_bytes = kMostLogBytes};
    auto text = contact.pods.logs(pod_of(wanted.resource), options);
    if (!text && wanted.previous) {
      options.previous = false;  // The one before is gone from its node.
      text = contact.pods.logs(pod_of(wanted.resource), options);
    }
    if (!text) {
      testimony.problems.push_back(
          {text.error().code, fmt::format("the log of {}: {}", wanted.resource, text.error().message), {}});
      continue;
    }
    diagnose::LogTail tail{.request = wanted, .lines = {}};
    std::string_view rest = *text;
    while (!rest.empty()) {
      const size_t end = std::min(rest.find('\n'), rest.size());
      if (end > 0) tail.lines.push_back(without_secrets(rest.substr(0, end)));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    testimony.logs.push_back(std::move(tail));
  }
}

}  // namespace

std::string without_secrets(std::string_view line) {
  std::string out;
  bool is_secret = false;  // What comes next, after "password:".
  while (!line.empty()) {
    const size_t end = std::min(line.find(' '), line.size());
    const std::string_view word = line.substr(0, end);
    line.remove_prefix(end);
    if (is_secret && !word.empty()) {
      out += kMask;
      is_secret = false;
    } else {
      out += mask_argument(std::string(word));
      const bool names = word.ends_with(':') || word.ends_with('=');
      is_secret = names && word.size() > 1 && speaks_of_secret(word.substr(0, word.size() - 1));
    }
    while (line.starts_with(' ')) {
      out += ' ';
      line.remove_prefix(1);
    }
  }
  return fit_text(out, kLongestLine);
}

diagnose::Event read_event(const Json& object) {
  diagnose::Event event;
  event.reason = object["reason"].string_or_empty();
  event.message = without_secrets(object["message"].string_or_empty());
  event.count = std::max(object["count"].int_or(1), object["series"]["count"].int_or(1));
  for (const Json* at : {&object["series"]["lastObservedTime"], &object["lastTimestamp"], &object["eventTime"],
                         &object["metadata"]["creationTimestamp"]}) {
    if (const auto time = parse_time(at->string_or_empty())) {
      event.last = *time;
      break;
    }
  }
  return event;
}

diagnose::Testimony ask_cluster(const kubernetes::ClusterContact& contact, const WitnessRequest& request, Time now) {
  diagnose::Testimony testimony;
  testimony.now = now;
  ask_events(contact, request, testimony);
  ask_logs(contact, request, testimony);
  return testimony;
}

}  // namespace capstan::loop
