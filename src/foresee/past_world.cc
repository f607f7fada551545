#include "foresee/past_world.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>

#include "catalog/kind_table.h"
#include "catalog/sql_errors.h"
#include "catalog/sql_text.h"

namespace capstan::foresee {
namespace {

constexpr std::string_view kBelongsTo = "belongs_to";
constexpr size_t kMostFetchedRows = 100'000;
constexpr size_t kMostBelongings = 5'000;
// Of SQLite's virtual machine; a million take some 20 ms.
constexpr int kStepsBetweenLooks = 100'000;
constexpr int kMostLooks = 1'000;

int count_down(void* left) { return --*static_cast<int*>(left) <= 0 ? 1 : 0; }

void bind_value(sqlite::Statement& statement, int index, const SqlValue& value) {
  if (const auto* integer = std::get_if<int64_t>(&value)) return statement.bind(index, *integer);
  if (const auto* real = std::get_if<double>(&value)) return statement.bind(index, *real);
  if (const auto* text = std::get_if<std::string>(&value)) return statement.bind(index, *text);
  statement.bind(index, nullptr);
}

SqlValue value_of(const sqlite::Statement& row, int column) {
  switch (row.type(column)) {
    case sqlite::Statement::Type::kNull: return {};
    case sqlite::Statement::Type::kInteger: return row.integer(column);
    case sqlite::Statement::Type::kReal: return row.real(column);
    default: return std::string(row.text(column));
  }
}

// "no such table: finding (in: …)" tells whoever wrote a policy little.
Error explained(const Error& error) {
  constexpr std::string_view kNoTable = "no such table: ";
  const size_t begin = error.message.find(kNoTable);
  if (begin == std::string::npos) return error;
  const size_t from = begin + kNoTable.size();
  return {ErrorCode::kFailedPrecondition,
          fmt::format("what '{}' said in the past is not known; a backtest asks kinds of resources, label, relation, "
                      "promql('…') and logs('…')",
                      error.message.substr(from, error.message.find(' ', from) - from)),
          error.where};
}

std::string insert_sql(const PastKind& kind) {
  std::string marks = "?, ?";
  for (size_t i = 0; i < kind.columns().size(); ++i) marks += ", ?";
  return fmt::format("INSERT INTO {} VALUES({})", catalog::sql_name(kind.name()), marks);
}

}  // namespace

Result<std::unique_ptr<PastWorld>> PastWorld::create(const Past& past, const PolicyReads& reads) {
  std::unique_ptr<PastWorld> world(new PastWorld(TRY(sqlite::Database::open_memory()), past, reads));
  TRY(world->prepare());
  return world;
}

Status PastWorld::prepare() {
  functions_ = TRY(catalog::SqlFunctions::install(database_));
  TRY(database_.execute(
      "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA temp_store = MEMORY;"
      "CREATE TABLE resource(id TEXT PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL) WITHOUT ROWID;"
      "CREATE TABLE label(resource TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, "
      "PRIMARY KEY(resource, name)) WITHOUT ROWID"));
  TRY(relation_table_.create(database_));
  for (const PastKind& kind : past_.kinds) {
    std::string columns = "id TEXT PRIMARY KEY, name TEXT";
    for (const KindSpec::Column& column : kind.columns()) columns += ", " + catalog::sql_name(column.name);
    TRY(database_.execute(fmt::format("CREATE TABLE {}({}) WITHOUT ROWID", catalog::sql_name(kind.name()), columns)));
  }
  return {};
}

void PastWorld::put(const PastKind& kind, const ResourceId& id, SharedRow row) {
  known_[id] = {&kind, std::move(row)};
  changed_.insert(id);
}

void PastWorld::remove(const ResourceId& id) {
  if (known_.erase(id) > 0) changed_.insert(id);
}

void PastWorld::put_relation(const Relation& relation) {
  relations_.insert(relation.source, relation.kind, relation.target);
}

void PastWorld::remove_relation(const Relation& relation) {
  relations_.erase(relation.source, relation.kind, relation.target);
}

Status PastWorld::insert(const ResourceId& id) {
  const auto known = known_.find(id);
  if (known == known_.end()) return {};
  const auto& [kind, row] = known->second;
  sqlite::Statement* statement = TRY(statements_.get(database_, insert_sql(*kind)));
  int index = 0;
  statement->bind(++index, id);
  statement->bind(++index, row->name);
  for (size_t i = 0; i < row->values.size(); ++i)
    catalog::bind_column(*statement, ++index, kind->columns()[i], row->values[i]);
  TRY(statement->run());
  if (reads_.has("resource")) TRY(run("INSERT INTO resource VALUES(?, ?, ?)", id, kind->name(), row->name));
  if (reads_.has("label")) {
    for (const auto& [name, value] : row->labels) TRY(run("INSERT INTO label VALUES(?, ?, ?)", id, name, value));
  }
  shown_[id] = kind;
  return {};
}

Status PastWorld::erase(const ResourceId& id, const PastKind& kind) {
  TRY(run(fmt::format("DELETE FROM {} WHERE id = ?", catalog::sql_name(kind.name())), id));
  if (reads_.has("resource")) TRY(run("DELETE FROM resource WHERE id = ?", id));
  if (reads_.has("label")) TRY(run("DELETE FROM label WHERE resource = ?", id));
  shown_.erase(id);
  return {};
}

Status PastWorld::show_all() {
  TRY(database_.execute("SAVEPOINT show"));
  for (const ResourceId& id : changed_) {
    if (const auto old = shown_.find(id); old != shown_.end()) TRY(erase(id, *old->second));
    if (shows_all_) TRY(insert(id));
  }
  // What was left out is not there; what is, is only brought up to date.
  if (!shows_all_) {
    for (const auto& [id, known] : known_) {
      if (!shown_.contains(id)) TRY(insert(id));
    }
  }
  shows_all_ = true;
  changed_.clear();
  return database_.execute("RELEASE show");
}

Status PastWorld::show_only(const std::vector<ResourceId>& ids) {
  TRY(database_.execute("SAVEPOINT show"));
  const std::unordered_map<ResourceId, const PastKind*> before = shown_;
  for (const auto& [id, kind] : before) TRY(erase(id, *kind));
  for (const ResourceId& id : ids) TRY(insert(id));
  shows_all_ = false;
  changed_.clear();
  return database_.execute("RELEASE show");
}

const ResourceLabels* PastWorld::labels_of(const ResourceId& id) const {
  const auto known = known_.find(id);
  return known == known_.end() ? nullptr : &known->second.row->labels;
}

std::vector<ResourceId> PastWorld::of_kind(std::string_view kind) const {
  std::vector<ResourceId> ids;
  for (const auto& [id, known] : known_) {
    if (known.kind->name() == kind) ids.push_back(id);
  }
  std::ranges::sort(ids);
  return ids;
}

std::vector<Relation> PastWorld::relations_of(const ResourceId& id) const {
  std::vector<Relation> all;
  const auto handle = relations_.handle_of(id);
  if (!handle) return all;
  for (const auto& edge : relations_.from(*handle))
    all.push_back({.source = id, .kind = relations_.name(edge.kind), .target = relations_.id(edge.other)});
  for (const auto& edge : relations_.to(*handle))
    all.push_back({.source = relations_.id(edge.other), .kind = relations_.name(edge.kind), .target = id});
  return all;
}

std::vector<ResourceId> PastWorld::owners_of(const ResourceId& id) const {
  std::vector<ResourceId> owners;
  std::set<ResourceId> seen = {id};
  for (ResourceId at = id;;) {
    const std::vector<Relation> relations = relations_of(at);
    const auto up = std::ranges::find_if(
        relations, [&](const Relation& each) { return each.kind == kBelongsTo && each.source == at; });
    if (up == relations.end() || !seen.insert(up->target).second) return owners;
    at = up->target;
    owners.push_back(at);
  }
}

std::vector<Resource> PastWorld::belongings_of(const ResourceId& id) const {
  std::vector<Resource> found;
  std::set<ResourceId> seen = {id};
  std::vector<ResourceId> stack = {id};
  while (!stack.empty() && found.size() < kMostBelongings) {
    const ResourceId at = std::move(stack.back());
    stack.pop_back();
    for (const Relation& each : relations_of(at)) {
      if (each.kind != kBelongsTo || each.target != at || !seen.insert(each.source).second) continue;
      stack.push_back(each.source);
      if (auto known = find(each.source); known && *known) found.push_back(*std::move(*known));
    }
  }
  std::ranges::sort(found, {}, &Resource::id);
  return found;
}

Result<std::optional<Resource>> PastWorld::find(const ResourceId& id) const {
  const auto known = known_.find(id);
  if (known == known_.end()) return std::nullopt;
  const auto& [kind, row] = known->second;
  Json fields = Json::object();
  for (size_t i = 0; i < row->values.size(); ++i) fields.set(kind->columns()[i].name, row->values[i]);
  return Resource{
      .id = id, .kind = kind->name(), .name = row->name, .labels = row->labels, .fields = std::move(fields)};
}

Result<PastWorld::Prepared*> PastWorld::prepared(std::string_view sql, Time at) const {
  const auto known = prepared_.find(sql);
  // A table function's arguments may say `now`: its call is read anew each time.
  if (known != prepared_.end() && known->second.statement) return &known->second;
  catalog::SqlDialect dialect{.table_functions = {}, .kinds = nullptr, .now = at, .parameter = {}};
  for (const TableFunction* function : past_.functions) dialect.table_functions.emplace(function->name());
  Prepared fresh{.question = TRY(catalog::read_question(sql, dialect)), .statement = std::nullopt};
  if (fresh.question.calls.empty()) {
    Result<sqlite::Statement> statement = database_.prepare(fresh.question.sql);
    if (!statement) return fail(explained(statement.error()));
    fresh.statement = *std::move(statement);
  }
  return &prepared_.insert_or_assign(std::string(sql), std::move(fresh)).first->second;
}

Status PastWorld::fill_calls(const catalog::SqlQuestion& question, Time at) const {
  for (const catalog::SqlQuestion::Call& call : question.calls) {
    const auto function = std::ranges::find(past_.functions, call.function, &TableFunction::name);
    const Table rows = TRY(during(call.written, (*function)->fetch(call.arguments, at)));
    if (rows.rows.size() > kMostFetchedRows)
      return fail(ErrorCode::kResourceExhausted, fmt::format("{}: more than {} rows", call.written, kMostFetchedRows));
    TRY(database_.execute(fmt::format("DROP TABLE IF EXISTS temp.{}", call.table)));
    std::string columns = "capstan_no_column", marks = "NULL";
    for (const std::string& column : rows.columns) {
      columns += ", " + catalog::sql_name(column);
      marks += ", ?";
    }
    TRY(database_.execute(fmt::format("CREATE TEMP TABLE {}({})", call.table, columns)));
    sqlite::Statement insert = TRY(database_.prepare(fmt::format("INSERT INTO temp.{} VALUES({})", call.table, marks)));
    for (const std::vector<SqlValue>& row : rows.rows) {
      for (size_t i = 0; i < rows.columns.size(); ++i)
        bind_value(insert, static_cast<int>(i) + 1, i < row.size() ? row[i] : SqlValue());
      TRY(insert.run());
    }
  }
  return {};
}

// A column that a function's rows lack is NULL, as a missing label is.
Result<sqlite::Statement> PastWorld::prepare_with_calls(const catalog::SqlQuestion& question) const {
  std::set<std::string> added;
  for (;;) {
    Result<sqlite::Statement> statement = database_.prepare(question.sql);
    if (statement) return statement;
    const std::optional<std::string> missing = catalog::missing_column(statement.error());
    if (!missing || !added.insert(*missing).second) return fail(explained(statement.error()));
    const size_t dot = missing->rfind('.');
    const std::string column = missing->substr(dot == std::string::npos ? 0 : dot + 1);
    const std::string owner = dot == std::string::npos ? "" : catalog::lower_case(missing->substr(0, dot));
    const auto call =
        std::ranges::find_if(question.calls, [&](const auto& each) { return owner.empty() || each.alias == owner; });
    if (call == question.calls.end()) return fail(explained(statement.error()));
    TRY(database_.execute(fmt::format("ALTER TABLE temp.{} ADD COLUMN {}", call->table, catalog::sql_name(column))));
  }
}

Result<Table> PastWorld::query(std::string_view sql, Time at, const Options& options) const {
  Prepared* asked = TRY(prepared(sql, at));
  std::optional<sqlite::Statement> own;
  if (!asked->statement) {
    TRY(fill_calls(asked->question, at));
    own = TRY(prepare_with_calls(asked->question));
  }
  sqlite::Statement& statement = own ? *own : *asked->statement;
  if (const int now = statement.parameter(catalog::kNowParameter); now != 0) statement.bind(now, format_time(at));
  for (const auto& [name, value] : options.bind) {
    if (const int index = statement.parameter(name); index != 0) bind_value(statement, index, value);
  }
  int looks = kMostLooks;
  sqlite3_progress_handler(database_.handle(), kStepsBetweenLooks, count_down, &looks);
  Table table;
  for (int i = 0; i < statement.columns(); ++i) table.columns.emplace_back(statement.column_name(i));
  Result<bool> row = statement.step();
  for (; row && *row; row = statement.step()) {
    if (table.rows.size() >= options.row_limit) {
      table.truncated = true;
      break;
    }
    std::vector<SqlValue>& values = table.rows.emplace_back();
    for (int i = 0; i < statement.columns(); ++i) values.push_back(value_of(statement, i));
  }
  sqlite3_progress_handler(database_.handle(), 0, nullptr, nullptr);
  statement.reset();
  if (!row && looks <= 0) return fail(ErrorCode::kResourceExhausted, "stopped: the question is too slow or endless");
  if (!row) return fail(row.error());
  return table;
}

Status PastWorld::check(std::string_view sql) const {
  TRY(prepared(sql, Time()));
  return {};
}

}  // namespace capstan::foresee
