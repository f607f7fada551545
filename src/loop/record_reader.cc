#include "loop/record_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/suggest.h"
#include "decide/window_cron.h"
#include "loop/name_range.h"
#include "loop/record_checker.h"
#include "loop/record_format.h"

namespace capstan::loop {
namespace {

constexpr size_t kMostRecords = 100'000;
constexpr size_t kMostProblems = 200;  // Of one file: who reads them has enough by then.

void replace_name(Json& value, const std::string& name) {
  std::string text = value.string_or_empty();
  constexpr std::string_view kPlace = "{{name}}";
  for (size_t at = text.find(kPlace); at != std::string::npos; at = text.find(kPlace, at + name.size()))
    text.replace(at, kPlace.size(), name);
  value = text;
}

// Reads the documents of one file.
class Reader {
 public:
  Reader(const RecordForms& forms, std::span<const KindSpec> kinds) : forms_(forms), kinds_(kinds) {}

  void document(const ConfigNode& document) {
    MapReader map(document, "records");
    const std::string name = map.required_string("records");
    const auto form = forms_.forms.find(name);
    const KindSpec* kind = kind_of_records(kinds_, name);
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
    defaults_ = map.node("defaults");
    if (const ConfigNode* node = defaults_) {
      check_columns(*node);
      const Json own = node->to_json();
      for (const auto& [key, value] : own.members()) defaults.set(key, value);
    }
    if (const ConfigNode* items = map.required_node("items", ConfigNode::Kind::kSequence)) {
      for (const ConfigNode& item : items->items) this->item(item, defaults);
    }
    for (Error& error : map.problems()) result_.problems.push_back(std::move(error));
  }

  Records take() {
    for (const auto& [place, shared] : shared_) {
      if (shared.records > 1)
        result_.problems[shared.problem].message += fmt::format(" ({} records have it)", shared.records);
    }
    return std::move(result_);
  }

 private:
  // A mistake that many records have in common, as it stands in one place.
  struct Shared {
    size_t problem = 0;  // The one that is told, of the first of them.
    size_t records = 0;
  };

  // `what` names the mistake: records that make the same at one place are told of once.
  void problem_of_record(const ConfigNode& at, const std::string& what, std::string message) {
    is_good_ = false;
    const auto [known, is_new] = shared_.try_emplace({at.where.line, at.where.column, what});
    if (is_new && is_enough()) return (void)shared_.erase(known);
    ++known->second.records;
    if (!is_new) return;
    known->second.problem = result_.problems.size();
    problem(at, std::move(message));
  }
  void problem(const ConfigNode& at, std::string message) {
    if (is_enough()) return;
    result_.problems.push_back({ErrorCode::kInvalidArgument, std::move(message), at.where});
  }
  bool is_enough() const { return result_.problems.size() >= kMostProblems; }

  // Whether nobody has it yet; else says who. Values that look the same are the same.
  bool take_value(const std::string& column, const std::string& text, const std::string& record, const ConfigNode& at) {
    const std::string key = column == "name" ? name_key(text) : value_key(text);
    const auto [other, is_new] =
        result_.taken.emplace(std::tuple(kind_->name, column, key), std::pair(record, at.where));
    if (is_new) return true;
    const auto& [owner, where] = other->second;
    if (column != "name") {
      problem_of_record(at, column + " unique",
                        fmt::format("'{}' of '{}' is that of '{}', too", column, record, owner));
    } else if (owner == record) {
      problem(at, fmt::format("'{}' is listed twice; the first is at line {}", record, where.line));
    } else {
      problem(at, fmt::format("'{}' is one with '{}' at line {} to most services: case, '-' and '_' do not count",
                              record, owner, where.line));
    }
    return false;
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
    if (const ConfigNode* labels = node.find("labels"); labels && !labels->is_map())
      return problem(*labels, fmt::format("'labels' must be a map, found {}", labels->describe()));
    const Result<std::vector<std::string>> names = expand_names(name->scalar, kMostRecords);
    if (!names) return problem(*name, names.error().message);
    for (const std::string& each : *names) record(each, fields, node);
  }

  void record(const std::string& name, Json fields, const ConfigNode& at) {
    // It becomes part of paths: of secrets, of services' addresses.
    if (name.find_first_of(" \t\r\n/") != std::string::npos || name.find_first_not_of('.') == std::string::npos)
      return problem(at, fmt::format("the name '{}' must have neither blanks nor '/', nor dots alone", name));
    if (const std::string_view unseen = unseen_in(name); !unseen.empty())
      return problem(at, fmt::format("the name '{}' has {}", name, unseen));
    if (!take_value("name", name, name, at)) return;
    const std::string id = fmt::format("{}/{}", kind_->name, name);
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
    is_good_ = true;
    // Where a value was written: with the record, or among the defaults of its document.
    const auto where = [&](std::string_view column) -> const ConfigNode& {
      const ConfigNode* node = at.find(column);
      if (!node && defaults_) node = defaults_->find(column);
      return node ? *node : at;
    };
    for (const std::string& column : form_->required) {
      const Json& value = record.fields[column];
      if (value.is_null() || value == Json(""))
        problem_of_record(at, column + " required", fmt::format("'{}' needs '{}'", record.name, column));
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
        problem_of_record(where(column), column + " text",
                          fmt::format("'{}' of '{}' must be a text", column, record.name));
      } else if (const Status good = check_record_format(format, value.string_or_empty(), zone); !good) {
        problem_of_record(where(column), column + " format",
                          fmt::format("'{}' of '{}': {}", column, record.name, good.error().message));
      }
    }
    for (const std::string& column : form_->unique) {
      const Json& value = record.fields[column];
      if (value.is_null()) continue;
      const std::string text = value.is_string() ? value.string_or_empty() : value.dump();
      if (const std::string_view unseen = unseen_in(text); !unseen.empty())
        problem_of_record(where(column), column + " unseen",
                          fmt::format("'{}' of '{}' has {}", column, record.name, unseen));
      else
        (void)take_value(column, text, record.name, where(column));
    }
    if (!is_good_) return false;
    add_instants(record, zone.value_or(decide::Zone()));
    add_clocks(record, zone.value_or(decide::Zone()));
    check(record, at);
    return is_good_;
  }

  void add_instants(Resource& record, const decide::Zone& zone) const {
    for (const RecordForm::Edge& instant : form_->instants) {
      const auto date = read_date(record.fields[instant.of].string_or_empty());
      if (!date) continue;
      const auto day = std::chrono::local_days(*date) + std::chrono::days(instant.end ? 1 : 0);
      record.fields.set(instant.column, format_time(zone.instant(decide::LocalTime(day))));
    }
  }

  void add_clocks(Resource& record, const decide::Zone& zone) const {
    for (const RecordForm::Edge& clock : form_->clocks) {
      const auto window = decide::Window::parse(record.fields[clock.of].string_or_empty(), zone);
      if (!window) continue;
      decide::CronPair crons = decide::cron_of(*window);
      record.fields.set(clock.column, clock.end ? std::move(crons.stop) : std::move(crons.start));
    }
  }

  void check(const Resource& record, const ConfigNode& at) {
    auto checker = checkers_.find(kind_->name);
    if (checker == checkers_.end()) {
      Result<RecordChecker> opened = RecordChecker::open(*form_, *kind_);
      if (!opened) {
        is_good_ = false;
        return result_.problems.push_back(opened.error());
      }
      checker = checkers_.emplace(kind_->name, std::move(*opened)).first;
    }
    for (size_t i = 0; i < form_->checks.size(); ++i) {
      const Result<bool> holds = checker->second.holds(i, record);
      if (!holds)
        problem_of_record(at, form_->checks[i].that, fmt::format("'{}': {}", record.name, holds.error().message));
      else if (!*holds)
        problem_of_record(at, form_->checks[i].says, fmt::format("'{}': {}", record.name, form_->checks[i].says));
    }
  }

  const RecordForms& forms_;
  std::span<const KindSpec> kinds_;
  const RecordForm* form_ = nullptr;
  const KindSpec* kind_ = nullptr;
  const ConfigNode* defaults_ = nullptr;  // Of the document that is read.
  bool is_good_ = true;                   // The record that is read.
  std::map<std::tuple<int, int, std::string>, Shared> shared_;
  Records result_;
  std::map<std::string, RecordChecker> checkers_;
};

}  // namespace

Records read_records(std::span<const ConfigNode> documents, const RecordForms& forms, std::span<const KindSpec> kinds) {
  Reader reader(forms, kinds);
  for (const ConfigNode& document : documents) reader.document(document);
  return reader.take();
}

std::vector<Error> merge_taken(TakenValues& into, const TakenValues& from) {
  std::vector<Error> problems;
  for (const auto& [what, who] : from) {
    const auto [other, is_new] = into.emplace(what, who);
    if (is_new || problems.size() >= kMostProblems) continue;
    const auto& [owner, where] = other->second;
    const std::string& column = std::get<1>(what);
    problems.push_back({ErrorCode::kAlreadyExists,
                        column == "name" ? fmt::format("'{}' is listed in {}, too", who.first, where.file)
                                         : fmt::format("'{}' of '{}' is that of '{}' in {}, too", column, who.first,
                                                       owner, where.file),
                        who.second});
  }
  return problems;
}

}  // namespace capstan::loop
