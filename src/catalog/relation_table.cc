#include "catalog/relation_table.h"

#include <sqlite3.h>

#include <array>
#include <optional>
#include <span>
#include <string_view>

namespace capstan::catalog {
namespace {

using Edge = RelationIndex::Edge;
using Handle = RelationIndex::Handle;

enum Column : int { kSource, kKind, kTarget, kColumns };

// The columns that a question gives values of, as bits of a plan's number.
constexpr int bit(int column) { return 1 << column; }

struct OpenTable : sqlite3_vtab {
  RelationTable* table = nullptr;
};

// Goes through the edges of one resource, or of all: those of a kind, with a certain other end.
struct Cursor : sqlite3_vtab_cursor {
  bool is_outward = true;  // Edges are looked at from their source.
  Handle at = 0;
  Handle end = 0;
  std::span<const Edge> edges;  // Those of `at` that are left.
  std::optional<RelationIndex::Kind> kind;
  std::optional<Handle> other;

  const RelationIndex& index() const { return static_cast<const OpenTable*>(pVtab)->table->index(); }

  void look() {
    if (at == end) return;
    edges = is_outward ? index().from(at) : index().to(at);
    if (kind) edges = index().of_kind(edges, *kind);
  }
  // To the first that is wanted, from where it stands.
  void settle() {
    while (at != end) {
      while (!edges.empty() && other && edges.front().other != *other) edges = edges.subspan(1);
      if (!edges.empty()) return;
      ++at;
      look();
    }
  }
};

Cursor& cursor_of(sqlite3_vtab_cursor* cursor) { return *static_cast<Cursor*>(cursor); }

int connect(sqlite3* database, void* table, int, const char* const*, sqlite3_vtab** opened, char**) {
  const int code = sqlite3_declare_vtab(database,
                                        "CREATE TABLE relation(source TEXT NOT NULL, kind TEXT NOT NULL, "
                                        "target TEXT NOT NULL, PRIMARY KEY(source, kind, target)) WITHOUT ROWID");
  if (code != SQLITE_OK) return code;
  auto* open = new OpenTable();
  open->table = static_cast<RelationTable*>(table);
  *opened = open;
  return SQLITE_OK;
}

int disconnect(sqlite3_vtab* table) {
  delete static_cast<OpenTable*>(table);
  return SQLITE_OK;
}

std::string_view text_of(sqlite3_value* value) {
  const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(value));
  return {text == nullptr ? "" : text, static_cast<size_t>(sqlite3_value_bytes(value))};
}

void note_reads(sqlite3_index_info* info, RelationTable::Reads& reads) {
  for (int i = 0; i < info->nConstraint; ++i) {
    const auto& constraint = info->aConstraint[i];
    sqlite3_value* value = nullptr;
    if (constraint.iColumn != kKind || constraint.op != SQLITE_INDEX_CONSTRAINT_EQ) continue;
    if (sqlite3_vtab_rhs_value(info, i, &value) != SQLITE_OK) continue;
    reads.kinds.emplace(text_of(value));
    return;
  }
  reads.are_all = true;
}

// The estimates are SQLite's own for a table with these indexes, so that its plans are those for tables beside it.
int best_index(sqlite3_vtab* table, sqlite3_index_info* info) {
  note_reads(info, static_cast<OpenTable*>(table)->table->reads());
  std::array<int, kColumns> given{-1, -1, -1};
  for (int i = 0; i < info->nConstraint; ++i) {
    const auto& constraint = info->aConstraint[i];
    if (constraint.usable == 0 || constraint.op != SQLITE_INDEX_CONSTRAINT_EQ) continue;
    if (constraint.iColumn >= 0) given.at(static_cast<size_t>(constraint.iColumn)) = i;
  }
  int plan = 0;
  int arguments = 0;
  for (int column = 0; column < kColumns; ++column) {
    const int constraint = given.at(static_cast<size_t>(column));
    if (constraint < 0) continue;
    plan |= bit(column);
    info->aConstraintUsage[constraint].argvIndex = ++arguments;
  }
  const bool has_end = (plan & (bit(kSource) | bit(kTarget))) != 0;
  const bool has_both = (plan & bit(kSource)) != 0 && (plan & bit(kTarget)) != 0;
  constexpr sqlite3_int64 kManyRows = 1'048'576;
  info->idxNum = plan;
  info->estimatedRows = !has_end ? kManyRows : has_both ? 1 : (plan & bit(kKind)) != 0 ? 9 : 10;
  info->estimatedCost = !has_end ? 3.0 * kManyRows : 20.0 + static_cast<double>(info->estimatedRows);
  if (arguments == kColumns) info->idxFlags = SQLITE_INDEX_SCAN_UNIQUE;
  return SQLITE_OK;
}

int open(sqlite3_vtab*, sqlite3_vtab_cursor** cursor) {
  *cursor = new Cursor();
  return SQLITE_OK;
}

int close(sqlite3_vtab_cursor* cursor) {
  delete &cursor_of(cursor);
  return SQLITE_OK;
}

int filter(sqlite3_vtab_cursor* base, int plan, const char*, int, sqlite3_value** arguments) {
  Cursor& cursor = cursor_of(base);
  const RelationIndex& index = cursor.index();
  std::array<std::optional<std::string_view>, kColumns> wanted;
  for (int column = 0; column < kColumns; ++column) {
    if ((plan & bit(column)) != 0) wanted.at(static_cast<size_t>(column)) = text_of(*arguments++);
  }
  cursor.at = cursor.end = 0;
  cursor.edges = {};
  cursor.kind.reset();
  cursor.other.reset();
  if (wanted[kKind]) {
    cursor.kind = index.kind_named(*wanted[kKind]);
    if (!cursor.kind) return SQLITE_OK;
  }
  cursor.is_outward = wanted[kSource] || !wanted[kTarget];
  const std::optional<std::string_view> first = cursor.is_outward ? wanted[kSource] : wanted[kTarget];
  if (first && cursor.is_outward && wanted[kTarget]) {
    cursor.other = index.handle_of(*wanted[kTarget]);
    if (!cursor.other) return SQLITE_OK;
  }
  if (first) {
    const std::optional<Handle> handle = index.handle_of(*first);
    if (!handle) return SQLITE_OK;
    cursor.at = *handle;
    cursor.end = *handle + 1;
  } else {
    cursor.end = index.handles();
  }
  if (cursor.other && index.to(*cursor.other).size() < index.from(cursor.at).size()) {
    std::swap(*cursor.other, cursor.at);
    cursor.end = cursor.at + 1;
    cursor.is_outward = false;
  }
  cursor.look();
  cursor.settle();
  return SQLITE_OK;
}

int next(sqlite3_vtab_cursor* base) {
  Cursor& cursor = cursor_of(base);
  cursor.edges = cursor.edges.subspan(1);
  cursor.settle();
  return SQLITE_OK;
}

int is_at_end(sqlite3_vtab_cursor* base) {
  const Cursor& cursor = cursor_of(base);
  return cursor.at == cursor.end ? 1 : 0;
}

int column(sqlite3_vtab_cursor* base, sqlite3_context* context, int number) {
  const Cursor& cursor = cursor_of(base);
  const Edge& edge = cursor.edges.front();
  const bool is_own = (number == kSource) == cursor.is_outward;
  const std::string& text =
      number == kKind ? cursor.index().name(edge.kind) : cursor.index().id(is_own ? cursor.at : edge.other);
  sqlite3_result_text(context, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
  return SQLITE_OK;
}

int rowid(sqlite3_vtab_cursor*, sqlite3_int64*) { return SQLITE_ERROR; }

constexpr sqlite3_module module_of_relations() {
  sqlite3_module module{};
  module.iVersion = 1;
  module.xCreate = connect;
  module.xConnect = connect;
  module.xBestIndex = best_index;
  module.xDisconnect = disconnect;
  module.xDestroy = disconnect;
  module.xOpen = open;
  module.xClose = close;
  module.xFilter = filter;
  module.xNext = next;
  module.xEof = is_at_end;
  module.xColumn = column;
  module.xRowid = rowid;
  return module;
}
constexpr sqlite3_module kModule = module_of_relations();

}  // namespace

Status RelationTable::create(sqlite::Database& database) {
  const int code = sqlite3_create_module(database.handle(), "relations", &kModule, this);
  if (code != SQLITE_OK) return fail(sqlite::error_of(database.handle(), code, "the table of relations"));
  return database.execute("CREATE VIRTUAL TABLE relation USING relations");
}

}  // namespace capstan::catalog
