// The part of the projection that keeps findings, incidents, plans, actions, messages and what was configured.
#include <array>

#include "catalog/projection.h"
#include "model/mute.h"

namespace capstan::catalog {

Status Projection::apply_work(const Fact& fact) {
  using Step = Status (Projection::*)(const Fact&);
  struct Rule {
    std::string_view kind;
    Step step;
  };
  static constexpr std::array kRules = {
      Rule{fact_kind::kFindingOpened, &Projection::finding_holds},
      Rule{fact_kind::kFindingChanged, &Projection::finding_holds},
      Rule{fact_kind::kFindingMuted, &Projection::finding_muted},
      Rule{fact_kind::kFindingUnmuted, &Projection::finding_unmuted},
      Rule{fact_kind::kIncidentOpened, &Projection::incident_is},
      Rule{fact_kind::kIncidentChanged, &Projection::incident_is},
      Rule{fact_kind::kIncidentClosed, &Projection::incident_is},
      Rule{fact_kind::kPlanProposed, &Projection::plan_proposed},
      Rule{fact_kind::kPlanFinished, &Projection::plan_finished},
      Rule{fact_kind::kActionIntended, &Projection::action_intended},
      Rule{fact_kind::kActionFinished, &Projection::action_ended},
      Rule{fact_kind::kActionResolved, &Projection::action_ended},
      Rule{fact_kind::kMessageQueued, &Projection::message_queued},
      Rule{fact_kind::kMessageSent, &Projection::message_ended},
      Rule{fact_kind::kMessageFailed, &Projection::message_ended},
      Rule{fact_kind::kConfigLoaded, &Projection::config_read},
      Rule{fact_kind::kConfigRejected, &Projection::config_read},
  };
  for (const Rule& rule : kRules) {
    if (rule.kind == fact.kind) return (this->*rule.step)(fact);
  }
  if (fact.kind == fact_kind::kFindingResolved) {
    return run("UPDATE finding SET state = 'resolved', resolved = ?, seq = ? WHERE id = ?", format_time(fact.at),
               fact.seq, fact.subject);
  }
  if (fact.kind == fact_kind::kPlanApproved) return plan_decided(fact, "approved");
  if (fact.kind == fact_kind::kPlanRejected) return plan_decided(fact, "rejected");
  if (fact.kind == fact_kind::kPlanCancelled) return plan_decided(fact, "cancelled");
  if (fact.kind == fact_kind::kPlanRecalled) return plan_decided(fact, "running");
  if (fact.kind == fact_kind::kPaused) return control_set(fact, "paused", "yes");
  if (fact.kind == fact_kind::kResumed) return control_set(fact, "paused", "no");
  return {};
}

Status Projection::finding_holds(const Fact& fact) {
  const Json& body = fact.body;
  const bool opens = fact.kind == fact_kind::kFindingOpened;
  return run(
      "INSERT INTO finding(id, rule, severity, resource, says, state, opened, seq, body) "
      "VALUES(?1, ?2, ?3, ?4, ?5, 'open', ?6, ?7, ?8) "
      "ON CONFLICT(id) DO UPDATE SET rule = ?2, severity = ?3, resource = ?4, says = ?5, state = 'open', "
      "opened = CASE WHEN ?9 THEN ?6 ELSE opened END, resolved = NULL, seq = ?7, body = ?8",
      fact.subject, body["rule"].string_or_empty(), body["severity"].string_or_empty(),
      body["resource"].string_or_empty(), body["says"].string_or_empty(), format_time(fact.at), fact.seq, body.dump(),
      opens);
}

Status Projection::finding_muted(const Fact& fact) {
  const Mute mute = Mute::from_fact(fact);
  return run(
      "INSERT OR REPLACE INTO mute(id, finding, rule, resource, cluster, namespace, reason, by, at, until, seq) "
      "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      mute.id, mute.finding, mute.rule, mute.resource, mute.cluster, mute.space, mute.reason, mute.by,
      format_time(mute.at), format_time(mute.until), fact.seq);
}

Status Projection::finding_unmuted(const Fact& fact) {
  return run("UPDATE mute SET ended = ?, ended_by = ?, seq = ? WHERE id = ?", format_time(fact.at), fact.actor,
             fact.seq, fact.subject);
}

Status Projection::incident_is(const Fact& fact) {
  const Json& body = fact.body;
  const bool closed = fact.kind == fact_kind::kIncidentClosed;
  const std::string at = format_time(fact.at);
  if (body["title"].is_null()) {
    // A short form, or redacted: only the state is certain.
    return closed ? run("UPDATE incident SET state = 'closed', closed = ?, seq = ? WHERE id = ?", at, fact.seq,
                        fact.subject)
                  : Status();
  }
  const Json& opened = body["opened"].is_string() ? body["opened"] : Json(at);
  TRY(
      run("INSERT INTO incident(id, state, severity, title, opened, seq, body) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7) "
          "ON CONFLICT(id) DO UPDATE SET state = ?2, severity = ?3, title = ?4, opened = ?5, closed = NULL, seq = ?6, "
          "body = ?7",
          fact.subject, closed ? "closed" : "open", body["severity"].string_or_empty(), body["title"].string_or_empty(),
          opened.string_or_empty(), fact.seq, body.dump()));
  return closed ? run("UPDATE incident SET closed = ? WHERE id = ?", at, fact.subject) : Status();
}

Status Projection::plan_proposed(const Fact& fact) {
  const Json& plan = fact.body["plan"];
  return run(
      "INSERT OR REPLACE INTO plan(id, origin, title, state, hash, created, seq, body) "
      "VALUES(?, ?, ?, 'proposed', ?, ?, ?, ?)",
      fact.subject, plan["origin"].string_or_empty(), plan["title"].string_or_empty(), plan["hash"].string_or_empty(),
      format_time(fact.at), fact.seq, plan.dump());
}

Status Projection::plan_decided(const Fact& fact, std::string_view state) {
  return run("UPDATE plan SET state = ?, decided_by = ?, says = ?, seq = ? WHERE id = ?", state,
             fact.body["by"].string_or_empty(), fact.body["says"].string_or_empty(), fact.seq, fact.subject);
}

Status Projection::plan_finished(const Fact& fact) {
  return run("UPDATE plan SET state = ?, says = ?, seq = ? WHERE id = ?", fact.body["state"].string_or_empty(),
             fact.body["says"].string_or_empty(), fact.seq, fact.subject);
}

Status Projection::action_intended(const Fact& fact) {
  const Json& action = fact.body["action"];
  const std::string& plan = fact.body["plan_id"].string_or_empty();
  TRY(
      run("INSERT OR REPLACE INTO action(id, plan, verb, target, state, intended, intent, seq, before, body) "
          "VALUES(?, ?, ?, ?, 'running', ?, ?, ?, ?, ?)",
          fact.subject, plan, action["verb"].string_or_empty(), action["target"].string_or_empty(),
          format_time(fact.at), fact.seq, fact.seq, fact.body["before"].dump(), action.dump()));
  return run("UPDATE plan SET state = 'running' WHERE id = ? AND state IN ('proposed', 'approved')", plan);
}

Status Projection::action_ended(const Fact& fact) {
  // An action that never started (skipped) has no intent, so its row begins here.
  TRY(
      run("INSERT OR IGNORE INTO action(id, plan, verb, target, state, intended, intent, seq, before, body) "
          "SELECT ?1, ?2, '', '', '', ?3, 0, 0, 'null', coalesce((SELECT a.value FROM plan p, "
          "json_each(p.body, '$.actions') a WHERE p.id = ?2 AND json_extract(a.value, '$.id') = ?1), '{}')",
          fact.subject, fact.body["plan_id"].string_or_empty(), format_time(fact.at)));
  TRY(
      run("UPDATE action SET verb = coalesce(json_extract(body, '$.verb'), ''), "
          "target = coalesce(json_extract(body, '$.target'), '') WHERE id = ? AND verb = ''",
          fact.subject));
  return run("UPDATE action SET state = ?, says = ?, finished = ?, result = ?, seq = ? WHERE id = ?",
             fact.body["state"].string_or_empty(), fact.body["says"].string_or_empty(), format_time(fact.at),
             fact.body["result"].dump(), fact.seq, fact.subject);
}

Status Projection::message_queued(const Fact& fact) {
  for (const Json& channel : fact.body["channels"].items()) {
    TRY(run("INSERT OR REPLACE INTO message(id, channel, state, title, at, seq) VALUES(?, ?, 'queued', ?, ?, ?)",
            fact.subject, channel.string_or_empty(), fact.body["message"]["title"].string_or_empty(),
            format_time(fact.at), fact.seq));
  }
  return {};
}

Status Projection::message_ended(const Fact& fact) {
  const bool sent = fact.kind == fact_kind::kMessageSent;
  return run(
      "INSERT INTO message(id, channel, state, at, reference, error, seq) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7) "
      "ON CONFLICT(id, channel) DO UPDATE SET state = ?3, at = ?4, reference = ?5, error = ?6, seq = ?7",
      fact.subject, fact.body["channel"].string_or_empty(), sent ? "sent" : "failed", format_time(fact.at),
      fact.body["reference"].string_or_empty(), fact.body["error"].string_or_empty(), fact.seq);
}

Status Projection::config_read(const Fact& fact) {
  const bool loaded = fact.kind == fact_kind::kConfigLoaded;
  const Json& error = fact.body["error"];
  return run(
      "INSERT OR REPLACE INTO config_file(path, state, error, line, col, at, seq) "
      "VALUES(?, ?, nullif(?, ''), nullif(?, 0), nullif(?, 0), ?, ?)",
      fact.subject, loaded ? "loaded" : "rejected", error["message"].string_or_empty(), error["line"].int_or(0),
      error["column"].int_or(0), format_time(fact.at), fact.seq);
}

Status Projection::control_set(const Fact& fact, std::string_view name, std::string_view value) {
  return run("INSERT OR REPLACE INTO control(name, value, by, reason, at, seq) VALUES(?, ?, ?, ?, ?, ?)", name, value,
             fact.actor, fact.body["reason"].string_or_empty(), format_time(fact.at), fact.seq);
}

}  // namespace capstan::catalog
