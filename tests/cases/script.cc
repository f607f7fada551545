#include "cases/script.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <sstream>

#include "cases/site.h"
#include "decide/period.h"

namespace capstan::cases {
namespace {

// The words of a line; "…" keeps blanks together and loses its quotes.
std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  bool quoted = false;
  bool any = false;
  for (char c : line) {
    if (c == '"') {
      quoted = !quoted;
      any = true;
    } else if (c == ' ' && !quoted) {
      if (any) words.push_back(std::exchange(word, {}));
      any = false;
    } else {
      word += c;
      any = true;
    }
  }
  if (any) words.push_back(word);
  return words;
}

struct Expected {
  std::string text;
  std::string because;
};

// "stop ec2/i-1 because \"outside\", ask stop ec2/i-2": split at commas outside of quotes.
std::vector<Expected> read_expected(std::string_view text) {
  std::vector<Expected> all;
  bool quoted = false;
  std::string piece;
  const auto flush = [&] {
    const size_t because = piece.find(" because \"");
    Expected expected{piece.substr(0, because), ""};
    if (because != std::string::npos) expected.because = piece.substr(because + 10, piece.rfind('"') - because - 10);
    while (expected.text.starts_with(' ')) expected.text.erase(0, 1);
    while (expected.text.ends_with(' ')) expected.text.pop_back();
    all.push_back(std::move(expected));
    piece.clear();
  };
  for (char c : text) {
    if (c == '"') quoted = !quoted;
    if (c == ',' && !quoted)
      flush();
    else
      piece += c;
  }
  flush();
  return all;
}

bool contains_any(const std::vector<std::string>& texts, const std::string& part) {
  return std::ranges::any_of(texts, [&](const std::string& text) { return text.find(part) != std::string::npos; });
}

std::string join(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : " | ") + text;
  return all;
}

class Runner {
 public:
  Runner(const std::string& text, std::string file) : file_(std::move(file)) {
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines_.push_back(line);
  }

  Outcome run() {
    for (; at_ < lines_.size(); ++at_) {
      std::string line = lines_[at_];
      const size_t first = at_;
      if (const Status done = run_line(line); !done) {
        outcome_.failures.push_back(
            {file_, static_cast<int>(first) + 1, line, "a line that can be run", done.error().to_string()});
        skip_case();
      }
    }
    end_case();
    for (const std::string& line : lines_) outcome_.rewritten += line + "\n";
    return std::move(outcome_);
  }

 private:
  Status run_line(const std::string& line) {
    const std::vector<std::string> words = words_of(line);
    if (words.empty() || words[0].starts_with('#')) return {};
    if (words[0] == "case:") {
      end_case();
      ++outcome_.cases;
      site_ = std::make_unique<Site>(std::vector<std::string>{"ec2", "db", "web", "host", "process", "service"});
      zone_ = decide::Zone();
      return {};
    }
    if (!site_) return fail(ErrorCode::kInvalidArgument, "a script begins with 'case: what it shows'");
    if (words[0] == "zone" && words.size() == 2) {
      zone_ = TRY(decide::Zone::find(words[1]));
      return {};
    }
    if (words[0] == "now" && words.size() == 2) return move_to(words[1]);
    if (words[0] == "policy" || words[0] == "calendar" || words[0] == "freeze") return read_block(words);
    if (words[0] == "resource") return put(words);
    if (words[0] == "price") return set_price(words);
    if (words[0] == "relation" && words.size() == 4) {
      site_->add_relation({words[1], words[2], words[3]});
      return {};
    }
    if (words[0] == "at" && words.size() >= 3) return step(line, words);
    return fail(ErrorCode::kInvalidArgument, "unknown line; see tests/cases/README.md");
  }

  Result<Time> time_of(const std::string& text) const {
    if (text.starts_with('+')) return site_->clock().now() + TRY(decide::parse_period(text.substr(1)));
    // A date and time of the case's zone; parse_time reads it as UTC.
    const Time as_utc = TRY(parse_time(text.size() == 16 ? text + ":00" : text));
    return zone_.instant(decide::LocalTime(as_utc.time_since_epoch()));
  }

  Status move_to(const std::string& text) {
    const Time time = TRY(time_of(text));
    if (site_->clock().now() != Time() && time < site_->clock().now()) {
      return fail(ErrorCode::kInvalidArgument, "time does not run backwards in a case");
    }
    site_->clock().advance_to(time);
    return {};
  }

  // policy << … >>,   freeze << … >>   and   calendar kr << … >>
  Status read_block(const std::vector<std::string>& words) {
    std::string block;
    const int first = static_cast<int>(at_);
    for (++at_; at_ < lines_.size() && lines_[at_] != ">>"; ++at_) block += lines_[at_] + "\n";
    if (words[0] == "calendar") return site_->add_calendar(words[1], block);
    const Status added = words[0] == "freeze" ? site_->add_freezes(block, file_) : site_->add_policies(block, file_);
    const bool wants_error = words.size() > 2 && words[1] == "refused";
    if (!wants_error) return added;
    // policy refused "part of the message" <<
    const std::string got =
        added ? "accepted" : fmt::format("line {}: {}", added.error().where.line, added.error().message);
    if (got.find(words[2]) == std::string::npos) {
      outcome_.failures.push_back({file_, first + 1, lines_[static_cast<size_t>(first)], words[2], got});
    }
    return {};
  }

  Status put(const std::vector<std::string>& words) {
    Resource resource{.id = words[1],
                      .kind = words[1].substr(0, words[1].find('/')),
                      .name = words[1],
                      .labels = {},
                      .fields = Json::object()};
    for (size_t i = 2; i < words.size(); ++i) {
      if (words[i] == "labels" && i + 1 < words.size()) {
        std::istringstream list(words[++i]);
        for (std::string pair; std::getline(list, pair, ',');) {
          resource.labels.insert_or_assign(pair.substr(0, pair.find('=')), pair.substr(pair.find('=') + 1));
        }
        continue;
      }
      const size_t equals = words[i].find('=');
      if (equals == std::string::npos)
        return fail(ErrorCode::kInvalidArgument, "expected field=value, found " + words[i]);
      const std::string value = words[i].substr(equals + 1);
      const Result<Json> number = Json::parse(value);
      resource.fields.set(words[i].substr(0, equals), number && number->is_number() ? *number : Json(value));
    }
    site_->world().put(std::move(resource));
    return {};
  }

  // price ID 2.40 USD [spent 10]
  Status set_price(const std::vector<std::string>& words) {
    if (words.size() < 4) return fail(ErrorCode::kInvalidArgument, "expected: price ID 2.40 USD [spent 10]");
    const std::string spent = after(words, "spent");
    site_->set_price(
        words[1],
        {.per_hour = std::stod(words[2]), .currency = words[3], .spent = spent.empty() ? 0 : std::stod(spent)});
    return {};
  }

  // at TIME COMMAND… [expect …]
  Status step(const std::string& line, const std::vector<std::string>& words) {
    TRY(move_to(words[1]));
    const size_t expect = line.find(" expect ");
    const std::vector<std::string> command = words_of(line.substr(0, expect));
    site_->take_events();
    std::optional<std::string> answer;
    const Status done = run_command({command.begin() + 2, command.end()}, answer);
    if (!done && done.error().code == ErrorCode::kInternal) return done;
    if (expect == std::string::npos) {
      if (!done) return done;
      return {};
    }
    judge(line, expect, done, answer);
    return {};
  }

  void judge(const std::string& line, size_t expect, const Status& done, const std::optional<std::string>& answer) {
    const std::string wanted = line.substr(expect + 8);
    std::vector<Event> events = site_->take_events();
    std::string got;
    bool right = false;
    if (!done) {
      got = fmt::format("error \"{}\"", done.error().message);
      const std::vector<std::string> parts = words_of(wanted);
      right = parts.size() == 2 && parts[0] == "error" && done.error().message.find(parts[1]) != std::string::npos;
    } else if (answer) {
      got = fmt::format("\"{}\"", *answer);
      const std::vector<std::string> parts = words_of(wanted);
      right = parts.size() == 1 && answer->find(parts[0]) != std::string::npos;
    } else {
      right = matches(read_expected(wanted), events, got);
    }
    if (right) return;
    outcome_.failures.push_back({file_, static_cast<int>(at_) + 1, line, wanted, got});
    lines_[at_] = line.substr(0, expect) + " expect " + got;
  }

  bool matches(const std::vector<Expected>& expected, const std::vector<Event>& events, std::string& got) const {
    for (const Event& event : events) {
      got += (got.empty() ? "" : ", ") + event.text;
      if (!event.reason.empty()) got += fmt::format(" because \"{}\"", event.reason);
    }
    if (events.empty()) {
      std::vector<std::string> reasons = site_->reasons();
      std::ranges::copy(site_->waiting(), std::back_inserter(reasons));
      got = "no action" + (reasons.empty() ? "" : fmt::format(" because \"{}\"", join(reasons)));
      return expected.size() == 1 && expected[0].text == "no action" &&
             (expected[0].because.empty() || contains_any(reasons, expected[0].because));
    }
    if (events.size() != expected.size()) return false;
    for (size_t i = 0; i < events.size(); ++i) {
      constexpr std::string_view kOnce = " performed once";
      std::string text = expected[i].text;
      const bool once = text.ends_with(kOnce);
      if (once) text.resize(text.size() - kOnce.size());
      if (text != events[i].text || events[i].reason.find(expected[i].because) == std::string::npos) return false;
      if (once && performed(text) != 1) return false;
    }
    return true;
  }

  int performed(const std::string& text) const {
    return static_cast<int>(std::ranges::count_if(site_->world().effects(), [&](const sim::Effect& effect) {
      return text == effect.verb.substr(effect.verb.rfind('.') + 1) + " " + effect.target && !effect.undo;
    }));
  }

  // The value after a word ("by alice"), or "".
  static std::string after(const std::vector<std::string>& words, std::string_view key) {
    const auto found = std::ranges::find(words, key);
    return found == words.end() || found + 1 == words.end() ? "" : *(found + 1);
  }

  Status run_command(const std::vector<std::string>& words, std::optional<std::string>& answer) {
    const std::string& verb = words[0];
    const std::string by = after(words, "by");
    const std::string first = words.size() > 1 ? words[1] : "";
    if (verb == "tick") return site_->decide_all(), Status();
    if (verb == "start") return site_->start(), site_->settle(), Status();
    if (verb == "crash") {
      if (after(words, "after") == "intent")
        site_->die_at("perform", false);
      else if (after(words, "after") == "effect")
        site_->die_at("perform", true);
      else if (after(words, "after") == "undo")
        site_->die_at("undo", true);
      else
        return fail(ErrorCode::kInternal, "crash after intent, effect or undo");
      site_->decide_all();
      return site_->dead() ? Status() : fail(ErrorCode::kInternal, "nothing was performed, so nothing crashed");
    }
    if (verb == "finding" || verb == "quiet") return change_finding(words);
    if (verb == "incident") return open_incident(words);
    if (verb == "close") return site_->close_incident(first), Status();
    if (verb == "set" || verb == "remove" || verb == "signal" || verb == "fault" || verb == "blind" || verb == "disk") {
      return change_world(words);
    }
    if (verb == "price") return set_price(words);
    if (verb == "touch") return site_->touch({first, site_->clock().now(), by}), Status();
    if (verb == "override") {
      decide::Override wanted{.id = "",
                              .policy = after(words, "policy"),
                              .resource = first == "all" ? "" : first,
                              .state = after(words, "keep"),
                              .from = {},
                              .until = TRY(time_of(after(words, "until"))),
                              .by = by};
      return site_->set_override(std::move(wanted));
    }
    if (verb == "why") {
      answer = join(site_->reasons(first));
    } else if (verb == "waiting") {
      answer = join(site_->waiting());
    } else if (verb == "plan") {
      answer = site_->plan_state();
    } else if (verb == "frozen") {
      answer = site_->frozen();
    } else if (verb == "state") {
      answer = site_->world().state(first);
    } else {
      TRY(run_person(words, by));
      site_->settle();
    }
    return {};
  }

  Status run_person(const std::vector<std::string>& words, const std::string& by) {
    const std::string& verb = words[0];
    const std::string first = words.size() > 1 ? words[1] : "";
    if (verb == "approve") return site_->approve(first != "wrong", by);
    if (verb == "reject") return site_->reject(by, after(words, "because"));
    if (verb == "cancel") return site_->cancel(first == "undo", by);
    if (verb == "undo") return site_->undo(by);
    if (verb == "lift") return site_->lift(first, by, after(words, "because"));
    if (verb == "resolve") return site_->resolve(first, words.size() > 2 ? words[2] : "", by);
    if (verb == "pause") return site_->pause(first == "policy" ? "policy:" + words[2] : "capstan", by);
    if (verb == "resume") return site_->resume(first == "policy" ? "policy:" + words[2] : "capstan", by);
    return fail(ErrorCode::kInternal, "unknown command " + verb);
  }

  Status change_finding(const std::vector<std::string>& words) {
    if (words[0] == "quiet") return site_->resolve_finding(words[1], after(words, "on")), Status();
    Finding finding;
    finding.rule = words[1];
    finding.resource = after(words, "on");
    finding.severity = parse_severity(after(words, "severity")).value_or(Severity::kMedium);
    finding.since = site_->clock().now();
    return site_->open_finding(std::move(finding)), Status();
  }

  Status open_incident(const std::vector<std::string>& words) {
    Incident incident;
    incident.id = words[1];
    incident.severity = parse_severity(after(words, "severity")).value_or(Severity::kMedium);
    incident.findings.push_back({.rule = after(words, "of")});
    Cause cause;
    cause.score = Json::parse(after(words, "score")).value_or(Json(0.9)).number_or(0.9);
    std::istringstream list(after(words, "cause"));
    for (std::string id; std::getline(list, id, ',');) cause.group.push_back(id);
    if (!cause.group.empty()) cause.resource = cause.group.front();
    incident.causes.push_back(std::move(cause));
    return site_->open_incident(std::move(incident)), Status();
  }

  Status change_world(const std::vector<std::string>& words) {
    sim::World& world = site_->world();
    if (words[0] == "disk") return site_->fill_disk(words[1] == "full"), Status();
    if (words[0] == "blind") return world.blind_probes(words[1] == "on"), Status();
    if (words[0] == "remove") return world.remove(words[1]), Status();
    if (words[0] == "signal") return world.set_signal(words[1], TRY(Json::parse(words[2])).number_or(0)), Status();
    if (words[0] == "set") {
      const size_t equals = words[2].find('=');
      world.set_field(words[1], words[2].substr(0, equals), words[2].substr(equals + 1));
      return {};
    }
    constexpr std::array<std::string_view, 5> kFaults = {"none", "refuse", "timeout-before", "timeout-after", "lie"};
    const auto found = std::ranges::find(kFaults, words[2]);
    if (found == kFaults.end()) return fail(ErrorCode::kInternal, "unknown fault " + words[2]);
    world.inject(words[1], static_cast<sim::Fault>(found - kFaults.begin()));
    return {};
  }

  void skip_case() {
    while (at_ + 1 < lines_.size() && !lines_[at_ + 1].starts_with("case:")) ++at_;
  }

  void end_case() {
    if (!site_) return;
    for (const std::string& law : site_->broken_laws()) {
      outcome_.failures.push_back(
          {file_, static_cast<int>(at_), "the end of the case", "every law of the world to hold", law});
    }
    site_.reset();
  }

  std::string file_;
  std::vector<std::string> lines_;
  size_t at_ = 0;
  std::unique_ptr<Site> site_;
  decide::Zone zone_;
  Outcome outcome_;
};

}  // namespace

std::string Failure::to_string() const {
  return fmt::format("{}:{}: {}\n  expected: {}\n  got:      {}", file, line, text, expected, got);
}

Outcome run_script(const std::string& text, const std::string& file) { return Runner(text, file).run(); }

}  // namespace capstan::cases
