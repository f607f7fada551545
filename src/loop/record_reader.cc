#include "loop/record_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "base/sqlite.h"
#include "base/suggest.h"
#include "decide/window.h"

namespace capstan::loop {
namespace {

constexpr size_t kMostRecords = 100'000;
constexpr std::string_view kFormats[] = {"mail", "zone", "window", "date"};

const KindSpec* find_kind(std::span<const KindSpec> kinds, std::string_view name) {
  const auto found = std::ranges::find(kinds, name, &KindSpec::name);
  return found == kinds.end() ? nullptr : &*found;
}

std::string unknown_kind(std::span<const KindSpec> kinds, std::string_view name) {
  std::vector<std::string_view> names;
  for (const KindSpec& kind : kinds) names.push_back(kind.name);
  return fmt::format("no pack declares the kind '{}'{}", name, did_you_mean(name, names));
}

bool has_column(const KindSpec& kind, std::string_view name) {
  return name == "name" || std::ranges::find(kind.columns, name, &KindSpec::Column::name) != kind.columns.end();
}

// A day that exists, as YYYY-MM-DD.
std::optional<std::chrono::year_month_day> read_date(std::string_view text) {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto number = [&](size_t at, size_t length, auto& value) {
    const auto [last, error] = std::from_chars(text.data() + at, text.data() + at + length, value);
    return error == std::errc() && last == text.data() + at + length;
  };
  if (!number(0, 4, year) || !number(5, 2, month) || !number(8, 2, day)) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
  if (!date.ok()) return std::nullopt;
  return date;
}

Status check_format(const std::string& format, const std::string& text, const std::optional<decide::Zone>& zone) {
  const auto refuse = [&](std::string_view expected) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' is {}", text, expected));
  };
  if (format == "mail") {
    const size_t at = text.find('@');
    const bool good = at != std::string::npos && at > 0 && at + 1 < text.size() && text.rfind('@') == at &&
                      text.find_first_of(" \t\r\n,;<>\"") == std::string::npos;
    return good ? Status() : refuse("no mail address; expected like name@example.com");
  }
  if (format == "date") return read_date(text) ? Status() : refuse("no date; expected like 2026-03-31");
  if (format == "zone") {
    TRY(decide::Zone::find(text));
    return {};
  }
  TRY(decide::Window::parse(text, zone));
  return {};
}

// "trial_user{01..45}" is forty-five names; a name without braces is one. Nothing where the braces make no sense.
Result<std::vector<std::string>> expand(const std::string& name) {
  const size_t open = name.find('{');
  if (open == std::string::npos) return std::vector<std::string>{name};
  const size_t close = name.find('}', open);
  const size_t dots = name.find("..", open);
  const auto refuse = [&] {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("'{}' is no range of names; expected like user{{01..45}}", name));
  };
  if (close == std::string::npos || dots == std::string::npos || dots > close) return refuse();
  const std::string from = name.substr(open + 1, dots - open - 1);
  const std::string to = name.substr(dots + 2, close - dots - 2);
  const auto digits = [](const std::string& text) {
    return !text.empty() && text.size() < 7 && text.find_first_not_of("0123456789") == std::string::npos;
  };
  if (!digits(from) || !digits(to)) return refuse();
  const int first = std::stoi(from);
  const int last = std::stoi(to);
  if (last < first) return refuse();
  std::vector<std::string> names;
  for (int number = first; number <= last; ++number)
    names.push_back(fmt::format("{}{:0{}}{}", name.substr(0, open), number, from.size(), name.substr(close + 1)));
  return names;
}

void replace_name(Json& value, const std::string& name) {
  std::string text = value.string_or_empty();
  constexpr std::string_view kPlace = "{{name}}";
  for (size_t at = text.find(kPlace); at != std::string::npos; at = text.find(kPlace, at + name.size()))
    text.replace(at, kPlace.size(), name);
  value = text;
}

// Asks a form's conditions of single records.
class Checker {
 public:
  static Result<Checker> open(const RecordForm& form, const KindSpec& kind) {
    Checker checker(TRY(sqlite::Database::open_memory()));
    std::string columns = "? AS name";
    for (const KindSpec::Column& column : kind.columns) {
      columns += fmt::format(", ? AS {}", column.name);
      checker.columns_.push_back(column.name);
    }
    for (const RecordForm::Check& check : form.checks) {
      auto statement = checker.database_.prepare(fmt::format("SELECT ({}) FROM (SELECT {})", check.that, columns));
      if (!statement)
        return fail(ErrorCode::kInvalidArgument, fmt::format("check '{}': {}", check.that, statement.error().message),
                    form.at);
      checker.statements_.push_back(std::move(*statement));
    }
    return checker;
  }

  Result<bool> holds(size_t check, const Resource& record) {
    sqlite::Statement& statement = statements_[check];
    statement.bind(1, record.name);
    for (size_t i = 0; i < columns_.size(); ++i) {
      const Json& value = record.fields[columns_[i]];
      const int index = static_cast<int>(i) + 2;
      if (value.is_null())
        statement.bind(index, nullptr);
      else if (value.is_int())
        statement.bind(index, value.int_or(0));
      else if (value.is_number())
        statement.bind(index, value.number_or(0));
      else
        statement.bind(index, value.is_string() ? value.string_or_empty() : value.dump());
    }
    const bool row = TRY(statement.step());
    const bool holds = row && statement.integer(0) != 0;
    statement.reset();
    return holds;
  }

 private:
  explicit Checker(sqlite::Database database) : database_(std::move(database)) {}
  sqlite::Database database_;
  std::vector<std::string> columns_;
  std::vector<sqlite::Statement> statements_;
};

// Reads the documents of one file.
class Reader {
 public:
  Reader(const RecordForms& forms, std::span<const KindSpec> kinds) : forms_(forms), kinds_(kinds) {}

  void document(const ConfigNode& document) {
    MapReader map(document, "records");
    const std::string name = map.required_string("records");
    const auto form = forms_.forms.find(name);
    const KindSpec* kind = find_kind(kinds_, name);
    if (form == forms_.forms.end() || !kind) {
      std::vector<std::string_view> names;
      for (const auto& [each, ignored] : forms_.forms) names.push_back(each);
      problem(map.at("records"),
              fmt::format("no pack has a form for records of '{}'{}", name, did_you_mean(name, names)));
      return;
    }
    form_ = &form->second;
    kind_ = kind;
    Json defaults = form_->defaults;
    if (const ConfigNode* node = map.node("defaults")) {
      check_columns(*node);
      const Json own = node->to_json();
      for (const auto& [key, value] : own.members()) defaults.set(key, value);
    }
    if (const ConfigNode* items = map.required_node("items", ConfigNode::Kind::kSequence)) {
      for (const ConfigNode& item : items->items) this->item(item, defaults);
    }
    for (Error& error : map.problems()) result_.problems.push_back(std::move(error));
  }

  Records take() { return std::move(result_); }

 private:
  void problem(const ConfigNode& at, std::string message) {
    result_.problems.push_back({ErrorCode::kInvalidArgument, std::move(message), at.where});
  }

  void check_columns(const ConfigNode& node) {
    for (const ConfigMember& member : node.members) {
      if (member.key.scalar == "labels" || has_column(*kind_, member.key.scalar)) continue;
      std::vector<std::string_view> names{"name", "labels"};
      for (const KindSpec::Column& column : kind_->columns) names.push_back(column.name);
      problem(member.key, fmt::format("a {} has no '{}'{}", kind_->name, member.key.scalar,
                                      did_you_mean(member.key.scalar, names)));
    }
  }

  void item(const ConfigNode& node, const Json& defaults) {
    if (!node.is_map()) return problem(node, fmt::format("a record must be a map, found {}", node.describe()));
    check_columns(node);
    Json fields = defaults;
    const Json own = node.to_json();
    for (const auto& [key, value] : own.members()) fields.set(key, value);
    const ConfigNode* name = node.find("name");
    if (!name || name->scalar.empty()) return problem(node, fmt::format("a {} needs a 'name'", kind_->name));
    fields.mutable_members().erase("name");
    const Result<std::vector<std::string>> names = expand(name->scalar);
    if (!names) return problem(*name, names.error().message);
    for (const std::string& each : *names) record(each, fields, node);
  }

  void record(const std::string& name, Json fields, const ConfigNode& at) {
    if (name.find_first_of(" \t\r\n/") != std::string::npos)
      return problem(at, fmt::format("the name '{}' must have neither blanks nor '/'", name));
    const std::string id = fmt::format("{}/{}", kind_->name, name);
    if (const auto [earlier, is_new] = seen_.emplace(id, at.where); !is_new)
      return problem(at, fmt::format("'{}' is listed twice; the first is at line {}", name, earlier->second.line));
    if (result_.resources.size() >= kMostRecords) return problem(at, fmt::format("more than {} records", kMostRecords));
    Resource record{.id = id, .kind = kind_->name, .name = name};
    record.labels = resource_labels(fields["labels"]);
    fields.mutable_members().erase("labels");
    for (auto& [key, value] : fields.mutable_members()) {
      if (value.is_string()) replace_name(value, name);
    }
    record.fields = std::move(fields);
    if (complete(record, at)) result_.resources.push_back(std::move(record));
  }

  // Everything that a single record must be.
  bool complete(Resource& record, const ConfigNode& at) {
    const size_t before = result_.problems.size();
    const auto where = [&](std::string_view column) -> const ConfigNode& {
      const ConfigNode* node = at.find(column);
      return node ? *node : at;
    };
    for (const std::string& column : form_->required) {
      const Json& value = record.fields[column];
      if (value.is_null() || value == Json("")) problem(at, fmt::format("'{}' needs '{}'", record.name, column));
    }
    std::optional<decide::Zone> zone;
    const std::string& zone_name = record.fields["zone"].string_or_empty();
    const Result<decide::Zone> found = decide::Zone::find(zone_name);
    if (found) zone = *found;
    // Windows without a zone are read in any: the zone itself is what is wrong then.
    if (!found && !zone_name.empty()) zone = decide::Zone();
    for (const auto& [column, format] : form_->formats) {
      const Json& value = record.fields[column];
      if (value.is_null()) continue;
      if (!value.is_string()) {
        problem(where(column), fmt::format("'{}' of '{}' must be a text", column, record.name));
      } else if (const Status good = check_format(format, value.string_or_empty(), zone); !good) {
        problem(where(column), fmt::format("'{}' of '{}': {}", column, record.name, good.error().message));
      }
    }
    for (const std::string& column : form_->unique) {
      const Json& value = record.fields[column];
      if (value.is_null()) continue;
      const auto [other, is_new] = taken_.emplace(std::pair(column, value.dump()), record.name);
      if (!is_new)
        problem(where(column), fmt::format("'{}' of '{}' is that of '{}', too", column, record.name, other->second));
    }
    if (result_.problems.size() != before) return false;
    add_instants(record, zone.value_or(decide::Zone()));
    check(record, at);
    return result_.problems.size() == before;
  }

  void add_instants(Resource& record, const decide::Zone& zone) const {
    for (const RecordForm::Instant& instant : form_->instants) {
      const auto date = read_date(record.fields[instant.of].string_or_empty());
      if (!date) continue;
      const auto day = std::chrono::local_days(*date) + std::chrono::days(instant.end ? 1 : 0);
      record.fields.set(instant.column, format_time(zone.instant(decide::LocalTime(day))));
    }
  }

  void check(const Resource& record, const ConfigNode& at) {
    auto checker = checkers_.find(kind_->name);
    if (checker == checkers_.end()) {
      Result<Checker> opened = Checker::open(*form_, *kind_);
      if (!opened) return result_.problems.push_back(opened.error());
      checker = checkers_.emplace(kind_->name, std::move(*opened)).first;
    }
    for (size_t i = 0; i < form_->checks.size(); ++i) {
      const Result<bool> holds = checker->second.holds(i, record);
      if (!holds)
        problem(at, fmt::format("'{}': {}", record.name, holds.error().message));
      else if (!*holds)
        problem(at, fmt::format("'{}': {}", record.name, form_->checks[i].says));
    }
  }

  const RecordForms& forms_;
  std::span<const KindSpec> kinds_;
  const RecordForm* form_ = nullptr;
  const KindSpec* kind_ = nullptr;
  Records result_;
  std::map<std::string, Where> seen_;
  std::map<std::pair<std::string, std::string>, std::string> taken_;
  std::map<std::string, Checker> checkers_;
};

RecordForm read_form(const ConfigNode& document, std::span<const KindSpec> kinds, std::vector<Error>& problems) {
  RecordForm form;
  MapReader map(document, "a record form");
  form.at = document.where;
  form.kind = map.required_string("record_form");
  const KindSpec* kind = find_kind(kinds, form.kind);
  if (!kind) map.problem(map.at("record_form"), unknown_kind(kinds, form.kind));
  const auto check_column = [&](std::string_view column, const ConfigNode& at) {
    if (kind && !has_column(*kind, column))
      map.problem(at, fmt::format("the kind '{}' has no column '{}'", form.kind, column));
  };
  form.required = map.strings("required");
  form.unique = map.strings("unique");
  for (const std::string& column : form.required) check_column(column, map.at("required"));
  for (const std::string& column : form.unique) check_column(column, map.at("unique"));
  if (const ConfigNode* defaults = map.node("defaults")) form.defaults = defaults->to_json();
  for (const auto& [column, format] : map.string_map("formats")) {
    check_column(column, map.at("formats"));
    if (std::ranges::find(kFormats, format) == std::end(kFormats))
      map.problem(map.at("formats"), fmt::format("'{}' is no format: {}", format, fmt::join(kFormats, ", ")));
    form.formats[column] = format;
  }
  if (const ConfigNode* instants = map.node("instants")) {
    for (const ConfigMember& member : instants->members) {
      check_column(member.key.scalar, member.key);
      MapReader reader(member.value, "an instant");
      const bool end = reader.has("end_of");
      form.instants.push_back({member.key.scalar, reader.required_string(end ? "end_of" : "start_of"), end});
      for (Error& error : reader.problems()) problems.push_back(std::move(error));
    }
  }
  if (const ConfigNode* checks = map.node("check")) {
    for (const ConfigNode& item : checks->items) {
      MapReader reader(item, "a check");
      form.checks.push_back({reader.required_string("that"), reader.required_string("says")});
      for (Error& error : reader.problems()) problems.push_back(std::move(error));
    }
  }
  for (Error& error : map.problems()) problems.push_back(std::move(error));
  if (kind && problems.empty()) {
    if (const auto checker = Checker::open(form, *kind); !checker) problems.push_back(checker.error());
  }
  return form;
}

}  // namespace

RecordForms read_record_forms(std::span<const ConfigNode> documents, std::span<const KindSpec> kinds) {
  RecordForms all;
  for (const ConfigNode& document : documents) {
    std::vector<Error> problems;
    RecordForm form = read_form(document, kinds, problems);
    if (problems.empty()) all.forms.emplace(form.kind, std::move(form));
    std::ranges::move(problems, std::back_inserter(all.problems));
  }
  return all;
}

Records read_records(std::span<const ConfigNode> documents, const RecordForms& forms, std::span<const KindSpec> kinds) {
  Reader reader(forms, kinds);
  for (const ConfigNode& document : documents) reader.document(document);
  return reader.take();
}

}  // namespace capstan::loop
