#include "decide/freeze_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/suggest.h"

namespace capstan::decide {
namespace {

constexpr size_t kMostTimes = 100;  // Of one freeze.

std::string name_of_place(const Where& at) { return fmt::format("{}:{}", at.file, at.line); }

// What a person decides is not held up for ever by a file.
void hold_always(Freeze& freeze) {
  freeze.zone = Zone();
  freeze.windows = {Window::parse("daily 00:00-24:00", Zone()).value()};
  if (freeze.only.policies.empty()) freeze.only.policies = {"*"};
}

// Reads one freeze: its keys in the order in which people write them.
class FreezeReader {
 public:
  FreezeReader(const ConfigNode& document, const Vocabulary& vocabulary)
      : vocabulary_(vocabulary), document_(document), map_(document, "a freeze") {
    freeze_.at = document.where;
  }

  // The mistakes; without any the freeze is as it was written, else it is at its widest.
  std::vector<Error> read() {
    freeze_.name = map_.required_string("freeze");
    freeze_.help = map_.string_or("help", "");
    if (freeze_.name.size() > 100) map_.problem(map_.at("freeze"), "a freeze's name has at most 100 characters");
    part_ = &times_are_read_;
    read_zone();
    read_times();
    part_ = &scope_is_read_;
    read_scope();
    part_ = &exceptions_are_read_;
    read_exceptions();
    for (Error& error : keys_without_value(document_)) map_.problem(std::move(error));
    std::vector<Error> problems = map_.problems();
    if (!problems.empty()) widen(problems.front());
    return problems;
  }
  Freeze take() { return std::move(freeze_); }

 private:
  struct Text {
    const ConfigNode* at;
    std::string text;
  };
  // One text or a list of texts, with their positions.
  std::vector<Text> texts(MapReader& map, std::string_view key) {
    std::vector<Text> found;
    const ConfigNode* node = map.node(key);
    if (!node) return found;
    const auto add = [&](const ConfigNode& each) {
      if (each.is_scalar() && !each.scalar.empty())
        found.push_back({&each, each.scalar});
      else
        wrong(map, each, fmt::format("'{}' must be a text or a list of texts, found {}", key, each.describe()));
    };
    if (node->is_sequence())
      std::ranges::for_each(node->items, add);
    else
      add(*node);
    if (found.size() > kMostTimes) wrong(map, *node, fmt::format("'{}' has more than {} entries", key, kMostTimes));
    return found;
  }

  // What is wrong with a part is wrong with all of that part.
  void wrong(MapReader& map, const ConfigNode& at, std::string message) {
    *part_ = false;
    map.problem(at, std::move(message));
  }
  void take_problems(MapReader& map) {
    for (Error& error : map.problems()) {
      *part_ = false;
      map_.problem(std::move(error));
    }
  }

  void widen(const Error& mistake) {
    freeze_.mistake = mistake.to_string();
    if (freeze_.name.empty()) freeze_.name = name_of_place(freeze_.at);
    if (!exceptions_are_read_) {
      freeze_.except_policies.clear();
      freeze_.people.clear();
      freeze_.roles.clear();
    }
    if (!scope_is_read_) freeze_.only = {};
    if (!times_are_read_) {
      freeze_.spans.clear();
      freeze_.calendars.clear();
      hold_always(freeze_);
    }
  }

  std::vector<std::string> names(MapReader& map, std::string_view key) {
    std::vector<std::string> names;
    for (Text& each : texts(map, key)) names.push_back(std::move(each.text));
    return names;
  }

  void read_zone() {
    const ConfigNode* node = map_.node("zone");
    if (!node) return;
    Result<Zone> found = Zone::find(node->scalar);
    if (!found) wrong(map_, *node, found.error().message);
    zone_ = found.value_or(Zone());  // So that windows do not complain again.
  }

  void read_times() {
    for (const Text& each : texts(map_, "during")) {
      if (each.text.starts_with("calendar/"))
        wrong(map_, *each.at, fmt::format("'{}' is a calendar: it belongs under 'calendar'", each.text));
      else if (DatedSpan::is_dated(each.text))
        take(each, DatedSpan::parse(each.text, zone_), freeze_.spans);
      else
        take(each, Window::parse(each.text, zone_), freeze_.windows);
    }
    for (const Text& each : texts(map_, "calendar")) read_calendar(each);
    const bool is_empty = freeze_.windows.empty() && freeze_.spans.empty() && freeze_.calendars.empty();
    if (is_empty && times_are_read_) {
      wrong(map_, map_.at("freeze"),
            "a freeze needs 'during' (like '2026-12-24 18:00 to 2027-01-02 09:00') or 'calendar'");
    }
    if (zone_)
      freeze_.zone = *zone_;
    else if (!freeze_.spans.empty())
      freeze_.zone = freeze_.spans.front().zone();
    else if (!freeze_.windows.empty())
      freeze_.zone = freeze_.windows.front().zone();
    else if (!freeze_.calendars.empty())
      wrong(map_, map_.at("calendar"), "'calendar' needs a 'zone': whose days they are");
  }

  template <class T>
  void take(const Text& from, Result<T> read, std::vector<T>& into) {
    if (read)
      into.push_back(std::move(*read));
    else
      wrong(map_, *from.at, read.error().message);
  }

  void read_calendar(const Text& named) {
    constexpr std::string_view kPrefix = "calendar/";
    const std::string name = named.text.starts_with(kPrefix) ? named.text.substr(kPrefix.size()) : named.text;
    if (!vocabulary_.calendars) {
      freeze_.calendars.push_back({fmt::format("calendar/{}", name), std::make_shared<const Calendar>()});
      return;
    }
    Result<std::shared_ptr<const Calendar>> found = find_calendar(*vocabulary_.calendars, name);
    if (!found) return wrong(map_, *named.at, found.error().to_string());
    freeze_.calendars.push_back({fmt::format("calendar/{}", name), std::move(*found)});
  }

  void read_scope() {
    const ConfigNode* only = map_.node("only");
    if (!only) return;
    MapReader map(*only, "'only'");
    freeze_.only.policies = names(map, "policies");
    freeze_.only.kinds = names(map, "kinds");
    freeze_.only.verbs = names(map, "verbs");
    check_kinds(map);
    check_verbs(map);
    if (const ConfigNode* labels = map.node("labels")) {
      Result<LabelSelector> parsed = LabelSelector::parse(labels->scalar);
      if (parsed)
        freeze_.only.labels = std::move(*parsed);
      else
        wrong(map, *labels, parsed.error().message);
    }
    if (map.node("danger")) {
      const std::string danger = map.one_of("danger", {"disruptive", "destructive"}, "destructive");
      freeze_.only.danger = danger == "disruptive" ? Danger::kDisruptive : Danger::kDestructive;
    }
    const bool names_nothing = only->is_map() && freeze_.only.covers_all();
    take_problems(map);
    if (names_nothing)
      wrong(map_, *only, "'only' names nothing: policies, kinds, verbs, labels or danger; leave it out for everything");
  }

  // A name without * that nothing has is a slip of the finger, and would leave unfrozen what was meant.
  void check_kinds(MapReader& map) {
    if (vocabulary_.kinds.empty()) return;
    const std::vector<std::string_view> known(vocabulary_.kinds.begin(), vocabulary_.kinds.end());
    for (const std::string& kind : freeze_.only.kinds) {
      if (std::ranges::any_of(known, [&](std::string_view each) { return matches_pattern(kind, each); })) continue;
      wrong(map, map.at("kinds"), fmt::format("no pack declares the kind '{}'{}", kind, did_you_mean(kind, known)));
    }
  }

  void check_verbs(MapReader& map) {
    if (vocabulary_.verbs.empty()) return;
    std::vector<std::string_view> known;
    for (const VerbSpec* verb : vocabulary_.verbs) known.push_back(verb->name);
    for (const std::string& verb : freeze_.only.verbs) {
      const auto is_it = [&](std::string_view each) {
        return matches_pattern(verb, each) || matches_pattern(verb, each.substr(each.rfind('.') + 1));
      };
      if (std::ranges::any_of(known, is_it)) continue;
      wrong(map, map.at("verbs"), fmt::format("no verb is named '{}'{}", verb, did_you_mean(verb, known)));
    }
  }

  void read_exceptions() {
    const ConfigNode* except = map_.node("except");
    if (!except) return;
    MapReader map(*except, "'except'");
    freeze_.except_policies = names(map, "policies");
    freeze_.people = names(map, "people");
    for (const Text& role : texts(map, "roles")) {
      if (role.text == "operator" || role.text == "admin")
        freeze_.roles.push_back(role.text);
      else
        wrong(map, *role.at, fmt::format("'{}' is no role that acts: operator or admin", role.text));
    }
    take_problems(map);
  }

  const Vocabulary& vocabulary_;
  const ConfigNode& document_;
  MapReader map_;
  std::optional<Zone> zone_;
  bool times_are_read_ = true;
  bool scope_is_read_ = true;
  bool exceptions_are_read_ = true;
  bool* part_ = &times_are_read_;  // That is being read.
  Freeze freeze_;
};

}  // namespace

Freeze unread_freeze(std::string name, std::string mistake, Where at) {
  Freeze freeze{.name = std::move(name), .at = std::move(at), .mistake = std::move(mistake)};
  hold_always(freeze);
  return freeze;
}

ReadFreezes read_freezes(std::span<const ConfigNode> documents, const Vocabulary& vocabulary) {
  ReadFreezes result;
  std::map<std::string, Where> seen;
  for (const ConfigNode& document : documents) {
    if (!document.find("freeze")) continue;
    FreezeReader reader(document, vocabulary);
    std::vector<Error> problems = reader.read();
    Freeze freeze = reader.take();
    if (!problems.empty()) {
      std::ranges::move(problems, std::back_inserter(result.problems));
      result.doubtful.push_back(std::move(freeze));
      continue;
    }
    const auto [earlier, is_new] = seen.emplace(freeze.name, freeze.at);
    if (is_new) {
      result.freezes.push_back(std::move(freeze));
      continue;
    }
    result.problems.push_back(
        {ErrorCode::kAlreadyExists,
         fmt::format("the freeze '{}' is already at {}:{}", freeze.name, earlier->second.file, earlier->second.line),
         freeze.at});
    freeze.mistake = result.problems.back().to_string();
    freeze.name = name_of_place(freeze.at);
    result.doubtful.push_back(std::move(freeze));
  }
  return result;
}

}  // namespace capstan::decide
