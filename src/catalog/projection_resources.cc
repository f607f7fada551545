// The part of the projection that keeps resources, relations and their history.
#include <algorithm>

#include "base/json_changes.h"
#include "catalog/kind_table.h"
#include "catalog/projection.h"

namespace capstan::catalog {

Status Projection::apply(const Fact& fact) {
  if (fact.kind.starts_with("resource.") || fact.kind.starts_with("relation.")) return apply_resource(fact);
  return apply_work(fact);
}

Status Projection::apply_resource(const Fact& fact) {
  if (fact.kind == fact_kind::kResourceAppeared) return appeared(fact);
  if (fact.kind == fact_kind::kResourceChanged) return changed(fact);
  if (fact.kind == fact_kind::kResourceGone) return gone(fact);
  if (fact.kind == fact_kind::kRelationAppeared) return relation_appeared(fact);
  if (fact.kind == fact_kind::kRelationGone) return relation_gone(fact);
  return {};
}

const KindSpec* Projection::spec_of(const std::string& kind) const {
  const auto spec = std::ranges::find(kinds_, kind, &KindSpec::name);
  return spec == kinds_.end() ? nullptr : &*spec;
}

Status Projection::appeared(const Fact& fact) {
  if (!fact.body["kind"].is_string()) return {};  // Redacted: the next look makes it known again.
  const bool is_new = !world_.contains(fact.subject);
  Json fields = fact.body["fields"].is_object() ? fact.body["fields"] : Json::object();
  KnownWorld::Thing thing{.kind = fact.body["kind"].string_or_empty(),
                          .name = fact.body["name"].string_or_empty(),
                          .labels = resource_labels(fact.body["labels"]),
                          .fields = fields.dump(),
                          .scope = fact.body["scope"].string_or_empty()};
  if (!is_new) TRY(gone(fact));
  TRY(write_resource(fact, thing, std::move(fields), std::nullopt));
  world_.put(fact.subject, thing);
  return {};
}

Status Projection::changed(const Fact& fact) {
  std::optional<KnownWorld::Thing> thing = world_.find(fact.subject);
  if (!thing) return {};
  const KnownWorld::Thing before = *thing;
  const Json fields_before = Json::parse(before.fields).value_or(Json::object());
  Json fields = fields_before;
  for (const auto& [what, pair] : fact.body["changed"].members()) {
    if (pair.items().size() != 2) continue;
    const Json& now = pair.items()[1];
    if (what == "name") {
      thing->name = now.string_or_empty();
    } else if (!what.starts_with("label:")) {
      apply_change(fields, what, now);
    } else if (now.is_null()) {
      thing->labels.erase(what.substr(6));
    } else {
      thing->labels.insert_or_assign(what.substr(6), now.string_or_empty());
    }
  }
  thing->fields = fields.dump();
  world_.put(fact.subject, *thing);
  TRY(close_version(fact.subject, format_time(fact.at), before.fields));
  return write_resource(fact, *thing, std::move(fields), Before{.labels = before.labels, .fields = fields_before});
}

Status Projection::write_resource(const Fact& fact, const KnownWorld::Thing& thing, Json fields,
                                  const std::optional<Before>& before) {
  const std::string at = format_time(fact.at);
  const std::string labels = to_json(thing.labels).dump();
  if (!before) {
    TRY(run("INSERT INTO resource(id, kind, name, labels, fields, since, seq, scope) VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
            fact.subject, thing.kind, thing.name, labels, thing.fields, at, fact.seq, thing.scope));
  } else {
    TRY(run("UPDATE resource SET name = ?, labels = ?, fields = ?, seq = ? WHERE id = ?", thing.name, labels,
            thing.fields, fact.seq, fact.subject));
  }
  TRY(run("INSERT OR REPLACE INTO resource_version(id, kind, name, labels, valid_from, seq) VALUES(?, ?, ?, ?, ?, ?)",
          fact.subject, thing.kind, thing.name, labels, at, fact.seq));
  if (!before || before->labels != thing.labels) TRY(write_labels(database_, statements_, fact.subject, thing.labels));
  return write_typed({.id = fact.subject,
                      .kind = thing.kind,
                      .name = thing.name,
                      .labels = {},  // They have a table of their own.
                      .fields = std::move(fields)},
                     before ? &before->fields : nullptr);
}

Status Projection::write_typed(const Resource& resource, const Json* before) {
  const bool is_new = before == nullptr;
  const KindSpec* spec = spec_of(resource.kind);
  if (spec == nullptr) return {};  // Its pack was removed; the table comes back with it.
  sqlite::Statement* statement = TRY(statements_.get(database_, is_new ? insert_sql(*spec) : update_sql(*spec)));
  int index = 0;
  if (is_new) statement->bind(++index, resource.id);
  statement->bind(++index, resource.name);
  bind_columns(*statement, index, *spec, resource.fields);
  if (!is_new) statement->bind(++index, resource.id);
  TRY(statement->run());
  TRY(write_parts(database_, statements_, kinds_, resource, before));
  return {};
}

// Packed against the first of the versions before it that lead back to it, so that reading one reads two.
Status Projection::close_version(const ResourceId& id, const std::string& at, const std::string& fields) {
  constexpr int64_t kMostOfABase = 64;
  std::optional<Seq> base;
  std::string base_text;
  {
    sqlite::Statement* row = TRY(statements_.get(
        database_,
        "SELECT coalesce(v.base, v.seq), b.fields, (SELECT count(*) FROM resource_version c WHERE c.id = v.id AND "
        "c.seq > b.seq) FROM resource_version v JOIN resource_version b ON b.id = v.id AND b.seq = coalesce(v.base, "
        "v.seq) WHERE v.id = ? AND v.valid_to IS NOT NULL ORDER BY v.seq DESC LIMIT 1"));
    row->with(id);
    if (TRY(row->step()) && row->integer(2) < kMostOfABase) {
      base = static_cast<Seq>(row->integer(0));
      base_text = row->type(1) == sqlite::Statement::Type::kBlob ? TRY(packer_.unpack(row->blob(1), ""))
                                                                 : std::string(row->text(1));
    }
    row->reset();
  }
  const std::optional<std::string> packed = packer_.pack(fields, base_text);
  // A clock that jumped back must not make a version end before it began.
  sqlite::Statement* close = TRY(statements_.get(
      database_,
      "UPDATE resource_version SET valid_to = max(valid_from, ?), fields = ?, base = ? WHERE id = ? AND "
      "valid_to IS NULL"));
  close->bind(1, at);
  if (packed) {
    close->bind_blob(2, *packed);
  } else {
    close->bind(2, fields);
  }
  if (packed && base) {
    close->bind(3, *base);
  } else {
    close->bind(3, nullptr);
  }
  close->bind(4, id);
  return close->run();
}

Status Projection::gone(const Fact& fact) {
  const std::string* kind = world_.kind_of(fact.subject);
  if (kind == nullptr) return {};
  TRY(close_version(fact.subject, format_time(fact.at), world_.find(fact.subject)->fields));
  TRY(run("DELETE FROM resource WHERE id = ?", fact.subject));
  TRY(run("DELETE FROM label WHERE resource = ?", fact.subject));
  if (spec_of(*kind) != nullptr) {
    TRY(run("DELETE FROM " + sql_name(*kind) + " WHERE id = ?", fact.subject));
  }
  TRY(remove_parts(database_, statements_, kinds_, fact.subject, *kind));
  world_.erase(fact.subject);
  return {};
}

Status Projection::relation_appeared(const Fact& fact) {
  const KnownWorld::End end{.kind = fact.body["kind"].string_or_empty(),
                            .target = fact.body["target"].string_or_empty()};
  if (end.kind.empty() || world_.find_relation(fact.subject, end)) return {};
  const std::string& scope = fact.body["scope"].string_or_empty();
  const Origin origin = parse_origin(fact.body["origin"].string_or_empty()).value_or(Origin::kDeclared);
  const std::string at = format_time(fact.at);
  TRY(run("INSERT INTO relation(source, kind, target, origin, since, seq, scope) VALUES(?, ?, ?, ?, ?, ?, ?)",
          fact.subject, end.kind, end.target, to_string(origin), at, fact.seq, scope));
  TRY(run("INSERT INTO relation_history(source, kind, target, origin, valid_from, seq) VALUES(?, ?, ?, ?, ?, ?)",
          fact.subject, end.kind, end.target, to_string(origin), at, fact.seq));
  world_.put_relation(fact.subject, end, {.origin = origin, .scope = scope});
  return {};
}

Status Projection::relation_gone(const Fact& fact) {
  const KnownWorld::End end{.kind = fact.body["kind"].string_or_empty(),
                            .target = fact.body["target"].string_or_empty()};
  if (!world_.find_relation(fact.subject, end)) return {};
  TRY(run("DELETE FROM relation WHERE source = ? AND kind = ? AND target = ?", fact.subject, end.kind, end.target));
  TRY(
      run("UPDATE relation_history SET valid_to = max(valid_from, ?) "
          "WHERE source = ? AND kind = ? AND target = ? AND valid_to IS NULL",
          format_time(fact.at), fact.subject, end.kind, end.target));
  world_.erase_relation(fact.subject, end);
  return {};
}

}  // namespace capstan::catalog
