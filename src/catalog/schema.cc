#include "catalog/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/crypto.h"
#include "base/json.h"
#include "catalog/kind_table.h"

namespace capstan::catalog {
namespace {

constexpr int kLayout = 3;                  // Raise it with every change of kTables: the catalog is then built anew.
constexpr int kApplicationId = 0x43617463;  // "Catc".

constexpr std::array<std::string_view, 15> kFixedTables = {
    "resource", "label",    "relation", "resource_history", "resource_version", "relation_history",
    "finding",  "incident", "plan",     "action",           "message",          "config_file",
    "fact",     "control",  "mute"};

// A version of a resource that has ended may be packed, against that of the sequence number `base`; what one is now
// stands in `resource` alone.
// Times are text in RFC 3339 with milliseconds, UTC: they sort as they read.
constexpr std::string_view kTables = R"sql(
CREATE TABLE capstan_meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE resource(
  id TEXT PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, labels TEXT NOT NULL, fields TEXT NOT NULL,
  since TEXT NOT NULL, seq INTEGER NOT NULL, scope TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX resource_kind ON resource(kind, id);
CREATE TABLE label(resource TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY(resource, name)) WITHOUT ROWID;
CREATE INDEX label_value ON label(name, value, resource);
CREATE TABLE relation(
  source TEXT NOT NULL, kind TEXT NOT NULL, target TEXT NOT NULL, origin TEXT NOT NULL, since TEXT NOT NULL,
  seq INTEGER NOT NULL, scope TEXT NOT NULL, PRIMARY KEY(source, kind, target)) WITHOUT ROWID;
CREATE INDEX relation_target ON relation(target, kind, source);
CREATE TABLE resource_version(
  id TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, fields, base INTEGER, labels TEXT NOT NULL,
  valid_from TEXT NOT NULL, valid_to TEXT, seq INTEGER NOT NULL, PRIMARY KEY(id, seq)) WITHOUT ROWID;
CREATE INDEX resource_version_from ON resource_version(valid_from);
CREATE INDEX resource_version_to ON resource_version(valid_to);
CREATE VIEW resource_history AS SELECT id, kind, name,
  CASE WHEN valid_to IS NULL THEN (SELECT r.fields FROM resource r WHERE r.id = v.id)
       ELSE version_text(fields, (SELECT b.fields FROM resource_version b WHERE b.id = v.id AND b.seq = v.base)) END
    AS fields,
  labels, valid_from, valid_to, seq FROM resource_version v;
CREATE TABLE relation_history(
  source TEXT NOT NULL, kind TEXT NOT NULL, target TEXT NOT NULL, origin TEXT NOT NULL, valid_from TEXT NOT NULL,
  valid_to TEXT, seq INTEGER NOT NULL, PRIMARY KEY(source, kind, target, seq)) WITHOUT ROWID;
CREATE INDEX relation_history_target ON relation_history(target);
CREATE INDEX relation_history_to ON relation_history(valid_to);
CREATE TABLE finding(
  id TEXT PRIMARY KEY, rule TEXT NOT NULL, severity TEXT NOT NULL, resource TEXT NOT NULL, says TEXT NOT NULL,
  state TEXT NOT NULL, opened TEXT NOT NULL, resolved TEXT, seq INTEGER NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX finding_state ON finding(state, id);
CREATE INDEX finding_resource ON finding(resource);
CREATE TABLE mute(
  id TEXT PRIMARY KEY, finding TEXT NOT NULL, rule TEXT NOT NULL, resource TEXT NOT NULL, cluster TEXT NOT NULL,
  namespace TEXT NOT NULL, reason TEXT NOT NULL, by TEXT NOT NULL, at TEXT NOT NULL, until TEXT NOT NULL, ended TEXT,
  ended_by TEXT, seq INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE incident(
  id TEXT PRIMARY KEY, state TEXT NOT NULL, severity TEXT NOT NULL, title TEXT NOT NULL, opened TEXT NOT NULL,
  closed TEXT, seq INTEGER NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX incident_opened ON incident(opened);
CREATE INDEX incident_state ON incident(state, id);
CREATE TABLE plan(
  id TEXT PRIMARY KEY, origin TEXT NOT NULL, title TEXT NOT NULL, state TEXT NOT NULL, hash TEXT NOT NULL,
  created TEXT NOT NULL, decided_by TEXT, says TEXT, seq INTEGER NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX plan_state ON plan(state, created);
CREATE TABLE action(
  id TEXT PRIMARY KEY, plan TEXT NOT NULL, verb TEXT NOT NULL, target TEXT NOT NULL, state TEXT NOT NULL, says TEXT,
  intended TEXT NOT NULL, finished TEXT, intent INTEGER NOT NULL, seq INTEGER NOT NULL, before TEXT NOT NULL,
  result TEXT, body TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX action_plan ON action(plan, intent);
CREATE INDEX action_state ON action(state, id);
CREATE TABLE message(
  id TEXT NOT NULL, channel TEXT NOT NULL, state TEXT NOT NULL, title TEXT, at TEXT NOT NULL, reference TEXT,
  error TEXT, seq INTEGER NOT NULL, PRIMARY KEY(id, channel)) WITHOUT ROWID;
CREATE TABLE config_file(
  path TEXT PRIMARY KEY, state TEXT NOT NULL, error TEXT, line INTEGER, col INTEGER, at TEXT NOT NULL,
  seq INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE control(
  name TEXT PRIMARY KEY, value TEXT NOT NULL, by TEXT NOT NULL, reason TEXT NOT NULL, at TEXT NOT NULL,
  seq INTEGER NOT NULL) WITHOUT ROWID;
)sql";

// Of type "table" or "view".
Result<std::vector<std::string>> names_of(sqlite::Database& database, std::string_view type) {
  std::vector<std::string> names;
  sqlite::Statement select =
      TRY(database.prepare("SELECT name FROM sqlite_schema WHERE type = ?1 AND name NOT LIKE 'sqlite\\_%' "
                           "ESCAPE '\\'"));
  select.with(type);
  while (TRY(select.step())) names.emplace_back(select.text(0));
  return names;
}

Status drop_views(sqlite::Database& database) {
  for (const std::string& name : TRY(names_of(database, "view"))) {
    TRY(database.execute("DROP VIEW " + sql_name(name)));
  }
  return {};
}

Status drop_tables(sqlite::Database& database, bool only_kinds) {
  for (const std::string& name : TRY(names_of(database, "table"))) {
    if (only_kinds && (is_fixed_table(name) || name.starts_with("capstan_"))) continue;
    TRY(database.execute("DROP TABLE " + sql_name(name)));
  }
  return {};
}

// Fills a kind's table from the resources that are known. Volatile columns come with the next look.
Status fill_kind(sqlite::Database& database, const KindSpec& kind) {
  sqlite::Statement select = TRY(database.prepare("SELECT id, name, fields FROM resource WHERE kind = ?1"));
  sqlite::Statement insert = TRY(database.prepare(insert_sql(kind)));
  select.with(kind.name);
  while (TRY(select.step())) {
    insert.bind(1, select.text(0));
    insert.bind(2, select.text(1));
    int index = 2;
    // What was written under another declaration may not fit this one.
    bind_columns(insert, index, kind, Json::parse(select.text(2)).value_or(Json::object()));
    TRY(insert.run());
  }
  return {};
}

Status fill_parts(sqlite::Database& database, const KindSpec& kind) {
  sqlite::Statement select = TRY(database.prepare("SELECT id, fields FROM resource WHERE kind = ?1"));
  sqlite::Statement insert = TRY(database.prepare(insert_part_sql(kind)));
  for (const KindSpec::PartOf& part_of : kind.part_of) {
    select.with(part_of.kind);
    while (TRY(select.step())) {
      const Json fields = Json::parse(select.text(1)).value_or(Json::object());
      TRY(insert_parts(insert, select.text(0), kind, part_of, fields));
    }
  }
  return {};
}

}  // namespace

bool is_fixed_table(std::string_view name) { return std::ranges::find(kFixedTables, name) != kFixedTables.end(); }
std::span<const std::string_view> fixed_tables() { return kFixedTables; }

std::string fingerprint(const std::vector<KindSpec>& kinds) {
  Json all = Json::object();
  for (const KindSpec& kind : kinds) {
    Json columns = Json::array();
    for (const KindSpec::Column& column : kind.columns) {
      columns.push_back(Json::array(
          {column.name, to_string(column.type), column.is_volatile, column.from.text(), to_string(column.measure)}));
    }
    for (const KindSpec::PartOf& part_of : kind.part_of) {
      for (const JsonPath& source : part_of.sources) columns.push_back(Json::array({part_of.kind, source.text()}));
    }
    if (kind.reader) columns.push_back(kind.reader->version());
    all.set(kind.name, std::move(columns));
  }
  return hex(sha256(all.dump()));
}

Status prepare_schema(sqlite::Database& database, const std::vector<KindSpec>& kinds) {
  sqlite::Transaction transaction = TRY(sqlite::Transaction::begin(database));
  const int64_t id = TRY(database.integer_of("PRAGMA application_id")).value_or(0);
  const int64_t layout = TRY(database.integer_of("PRAGMA user_version")).value_or(0);
  if (id != kApplicationId || layout != kLayout) {
    TRY(drop_views(database));
    TRY(drop_tables(database, false));
    TRY(database.execute(kTables));
    TRY(database.execute("INSERT INTO capstan_meta VALUES('seq', 0), ('kinds', '')"));
    TRY(database.execute(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}", kApplicationId, kLayout)));
  }
  const std::string wanted = fingerprint(kinds);
  if (TRY(database.text_of("SELECT value FROM capstan_meta WHERE key = 'kinds'")) != wanted) {
    TRY(drop_tables(database, true));
    for (const KindSpec& kind : kinds) {
      TRY(database.execute(create_table_sql(kind)));
      TRY(kind.is_part() ? fill_parts(database, kind) : fill_kind(database, kind));
    }
    sqlite::Statement update = TRY(database.prepare("UPDATE capstan_meta SET value = ?1 WHERE key = 'kinds'"));
    TRY(update.with(wanted).run());
  }
  return transaction.commit();
}

}  // namespace capstan::catalog
