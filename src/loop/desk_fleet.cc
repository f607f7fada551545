// The part of the desk that knows a fleet: lists, versions, violations, mutes, and how everything hangs together.
#include <fmt/format.h>

#include <algorithm>

#include "base/suggest.h"
#include "loop/answers.h"
#include "loop/checks.h"
#include "loop/desk.h"
#include "loop/fleet_map.h"
#include "loop/resource_list.h"
#include "loop/versions.h"

namespace capstan::loop {
namespace {

constexpr size_t kMostMutes = 1'000;  // In force at a time.

Json mute_json(const catalog::KnownMute& known, Time now) {
  Json json = known.mute.to_json();
  json.set("active", !known.ended && known.mute.active(now));
  json.set("ended", known.ended ? Json(format_time(*known.ended)) : Json());
  json.set("ended_by", known.ended_by);
  return json;
}

Json rule_json(const detect::SqlRule& rule) {
  Json json = Json::object({{"group", rule.group},
                            {"sql", rule.question.empty() ? rule.sql : rule.question},
                            {"file", rule.where.file},
                            {"line", rule.where.line}});
  set_words(json, "why", Words::in_both(rule.why, rule.why_ko));
  return json;
}

// Of rules that nobody knows nothing would ever be muted.
Status check_names(const Mute& wanted, const catalog::CatalogReader& catalog, const SqlSource& sql, Loop& loop,
                   Time now) {
  if (!wanted.finding.empty() && !TRY(catalog.finding(wanted.finding)))
    return fail(ErrorCode::kNotFound, fmt::format("there is no finding '{}'", wanted.finding));
  if (wanted.rule.empty()) return {};
  std::vector<std::string> names;
  for (const detect::SqlRule& rule : loop.configuration_rules()) names.push_back(rule.name);
  for (const auto& row : TRY(sql.query("SELECT DISTINCT rule FROM finding", now, {})).rows)
    names.push_back(to_text(row[0]));
  if (std::ranges::find(names, wanted.rule) != names.end()) return {};
  const std::vector<std::string_view> candidates(names.begin(), names.end());
  return fail(ErrorCode::kNotFound,
              fmt::format("no rule '{}' is known{}", wanted.rule, did_you_mean(wanted.rule, candidates)));
}

Result<Json> write_mute(Loop& loop, Mute wanted) {
  const Time now = loop.parts().clock.now();
  const catalog::CatalogReader catalog = TRY(loop.parts().catalog.reader());
  if (TRY(catalog.mutes(now)).size() >= kMostMutes) {
    return fail(ErrorCode::kResourceExhausted,
                fmt::format("{} mutes are in force, the most there may be; end some", kMostMutes));
  }
  TRY(check_names(wanted, catalog, loop.parts().sql, loop, now));
  wanted.id = fmt::format("mute-{}", loop.facts().next_seq());
  wanted.at = now;
  TRY(loop.facts().append_one(TRY(mute_fact(wanted, now))));
  return mute_json({.mute = wanted, .ended = {}, .ended_by = {}}, now);
}

Result<Json> write_unmute(Loop& loop, const std::string& id, const std::string& by) {
  const Time now = loop.parts().clock.now();
  for (catalog::KnownMute& known : TRY(TRY(loop.parts().catalog.reader()).mutes(now))) {
    if (known.mute.id != id) continue;
    TRY(loop.facts().append_one(unmute_fact(id, by, now)));
    known.ended = now;
    known.ended_by = by;
    return mute_json(known, now);
  }
  return fail(ErrorCode::kNotFound, fmt::format("no mute '{}' is in force", id));
}

}  // namespace

Result<Json> Desk::resources(const ResourceQuery& query) const {
  return resource_list(TRY(catalog()), parts_.loop.parts().sql, query, now());
}

Result<Json> Desk::difference(std::string_view id, Seq before, Seq after) const {
  return version_difference(TRY(catalog()), id, before, after);
}

Result<Json> Desk::map(const MapQuery& query) const {
  const catalog::CatalogReader reader = TRY(catalog());
  return fleet_map(reader, TRY(MuteList::read(reader, now())), query);
}

Result<Json> Desk::savings(const SavingsQuery& query) const {
  if (parts_.money == nullptr) return fail(ErrorCode::kUnavailable, "nothing has a price here");
  return parts_.money->savings(query);
}

Result<Json> Desk::service_graph(const ServiceGraphQuery& query) const {
  if (parts_.services == nullptr) return fail(ErrorCode::kUnavailable, "no calls are known here");
  return parts_.services->service_graph(query);
}

Result<Json> Desk::checks(const ChecksQuery& query) const {
  ChecksContext context = TRY(parts_.loop.ask([&loop = parts_.loop] {
    ChecksContext known{.rules = {}, .owner_labels = loop.owner_labels(), .now = loop.parts().clock.now()};
    for (const detect::SqlRule& rule : loop.configuration_rules()) known.rules.emplace(rule.name, rule_json(rule));
    return known;
  }));
  return checks_answer(TRY(catalog()), context, query);
}

Result<Json> Desk::mutes(bool all) const {
  Json list = Json::array();
  for (const catalog::KnownMute& known : TRY(TRY(catalog()).mutes(all ? std::nullopt : std::optional(now()))))
    list.push_back(mute_json(known, now()));
  return Json::object({{"mutes", std::move(list)}});
}

Result<Json> Desk::mute(Mute wanted, std::string_view by) {
  wanted.by = by;
  return TRY(parts_.loop.ask([&loop = parts_.loop, wanted = std::move(wanted)] { return write_mute(loop, wanted); }));
}

Result<Json> Desk::unmute(std::string_view id, std::string_view by) {
  return TRY(parts_.loop.ask(
      [&loop = parts_.loop, id = std::string(id), by = std::string(by)] { return write_unmute(loop, id, by); }));
}

}  // namespace capstan::loop
