#include "loop/config_tree.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <sstream>

#include "base/file.h"
#include "base/suggest.h"

namespace capstan::loop {
namespace {

constexpr size_t kMostFiles = 10'000;
constexpr size_t kMostBytes = 16 << 20;

struct TellingKey {
  std::string_view key;
  DocumentKind kind;
};
// A document with one of these keys is of that kind, whatever else it says.
constexpr auto kTellingKeys = std::to_array<TellingKey>({
    {"groups", DocumentKind::kAlerts},
    // Names its kind, too.
    {"product", DocumentKind::kProduct},
    {"rule", DocumentKind::kRule},
    {"subset", DocumentKind::kRule},
    {"freeze", DocumentKind::kFreeze},
    {"policy", DocumentKind::kPolicy},
    {"test", DocumentKind::kTest},
    {"kind", DocumentKind::kKind},
    {"template", DocumentKind::kKind},
    {"relation", DocumentKind::kRelation},
    {"manual", DocumentKind::kManual},
    {"step", DocumentKind::kDiagnosis},
    {"walk", DocumentKind::kDiagnosis},
    {"traffic", DocumentKind::kTraffic},
    {"price", DocumentKind::kPrice},
    {"report", DocumentKind::kReport},
    // These name their service, too.
    {"inventory", DocumentKind::kDescription},
    {"verb", DocumentKind::kDescription},
    {"effect", DocumentKind::kEffect},
    {"service", DocumentKind::kService},
    {"record_form", DocumentKind::kRecordForm},
    {"records", DocumentKind::kRecords},
    {"password_policy", DocumentKind::kPasswordPolicy},
    {"services", DocumentKind::kSettings},
    {"exec", DocumentKind::kSettings},
    {"host", DocumentKind::kSettings},
    {"scrape", DocumentKind::kSettings},
    {"kubernetes", DocumentKind::kSettings},
    {"admission", DocumentKind::kSettings},
    {"scrape_configs", DocumentKind::kSettings},
    {"global", DocumentKind::kSettings},
    {"notify", DocumentKind::kSettings},
    {"manifests", DocumentKind::kSettings},
    {"secrets", DocumentKind::kSettings},
    {"vault", DocumentKind::kSettings},
    {"slack", DocumentKind::kSettings},
    {"retention", DocumentKind::kSettings},
    {"node_groups", DocumentKind::kSettings},
    {"node_group_labels", DocumentKind::kSettings},
    {"server", DocumentKind::kSettings},
    {"owner_labels", DocumentKind::kSettings},
    {"log_errors", DocumentKind::kSettings},
});

bool begins_freeze(std::string_view text) {
  return text.starts_with("freeze:") || text.find("\nfreeze:") != std::string_view::npos;
}

}  // namespace

bool ConfigFile::has(DocumentKind kind) const { return std::ranges::find(kinds, kind) != kinds.end(); }

std::vector<ConfigNode> ConfigFile::of(DocumentKind kind) const {
  std::vector<ConfigNode> found;
  for (size_t i = 0; i < documents.size(); ++i) {
    if (kinds[i] == kind) found.push_back(documents[i]);
  }
  return found;
}

std::string ConfigFile::text_of(DocumentKind kind) const {
  std::string kept;
  std::istringstream lines(text);
  std::string line;
  size_t document = 0;
  for (int number = 1; std::getline(lines, line); ++number) {
    while (document + 1 < documents.size() && documents[document + 1].where.line <= number) ++document;
    const bool is_separator = line.starts_with("---");
    if (kinds[document] == kind) {
      kept += line;
    } else if (is_separator) {
      kept += "---";
    }
    kept += '\n';
  }
  return kept;
}

Result<DocumentKind> classify(const ConfigNode& document) {
  if (!document.is_map()) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("a document must be a map, found {}", document.describe()),
                document.where);
  }
  for (const TellingKey& telling : kTellingKeys) {
    if (document.find(telling.key)) return telling.kind;
  }
  std::vector<std::string_view> keys;
  for (const TellingKey& telling : kTellingKeys) keys.push_back(telling.key);
  const ConfigNode& first = document.members.empty() ? document : document.members.front().key;
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("'{}' does not tell what this document is{}; expected one with the key {}", first.scalar,
                          did_you_mean(first.scalar, keys), fmt::join(keys, ", ")),
              first.where);
}

Result<std::vector<ConfigNode>> parse_documents(std::string_view text, std::string_view file) {
  std::vector<ConfigNode> documents = TRY(parse_yaml(text, file));
  for (const ConfigNode& document : documents) TRY(classify(document));
  return documents;
}

bool ConfigTree::refresh() {
  std::map<std::filesystem::path, Stamp> now;
  std::set<std::filesystem::path> pack_files;
  std::map<std::filesystem::path, Error> unlisted;
  const std::set<std::filesystem::path> unlisted_before = unlisted_;
  // What cannot be looked at for a moment is not gone.
  const auto keep_files = [&](const std::filesystem::path& directory, std::string_view suffix, const Error& error) {
    if (error.code == ErrorCode::kNotFound) return;
    unlisted.emplace(directory, error);
    for (const auto& [path, stamp] : stamps_) {
      if (path.string().starts_with(directory.string() + "/") && path.string().ends_with(suffix)) now[path] = stamp;
    }
  };
  const auto look = [&](const std::filesystem::path& directory, bool pack) {
    for (std::string_view suffix : {".yaml", ".yml"}) {
      std::vector<FolderTrouble> passed_over;
      const auto found = list_files(directory, suffix, &passed_over);
      if (!found) {
        keep_files(directory, suffix, found.error());
        continue;
      }
      for (const FolderTrouble& trouble : passed_over) keep_files(trouble.folder, suffix, trouble.error);
      for (const std::filesystem::path& path : *found) {
        std::error_code error;
        Stamp stamp = stamp_of(path, error);
        if (error == std::errc::no_such_file_or_directory || now.size() >= kMostFiles) continue;
        if (const auto known = stamps_.find(path); error && known != stamps_.end()) stamp = known->second;
        now[path] = stamp;
        if (pack) pack_files.insert(path);
      }
    }
  };
  for (const std::filesystem::path& pack : packs_) look(pack, true);
  look(config_, false);

  for (const std::filesystem::path& directory : std::exchange(unlisted_, {})) problems_.erase(directory);
  for (const auto& [directory, error] : unlisted) {
    problems_[directory] = error;
    unlisted_.insert(directory);
  }
  changed_.clear();
  bool different = std::exchange(first_, false) || unlisted_ != unlisted_before;
  for (const auto& [path, stamp] : stamps_) {
    if (now.contains(path)) continue;
    files_.erase(path);
    problems_.erase(path);
    unread_freezes_.erase(path);
    different = true;
  }
  for (const auto& [path, stamp] : now) {
    const auto known = stamps_.find(path);
    if (known != stamps_.end() && known->second == stamp) continue;
    read(path, pack_files.contains(path));
    changed_.insert(path);
    different = true;
  }
  stamps_ = std::move(now);
  for (auto& [path, stamp] : others_) {
    std::error_code absent;
    const Stamp is = stamp_of(path, absent);
    different = different || is != stamp;
    stamp = is;
  }
  return look_at_calendars() || different;
}

bool ConfigTree::look_at_calendars() {
  std::map<std::filesystem::path, Stamp> now;
  const auto files = list_files(config_ / kCalendarFolder, ".ics");
  if (!files && files.error().code != ErrorCode::kNotFound) return false;  // What cannot be listed now is not gone.
  for (const std::filesystem::path& path : files.value_or(std::vector<std::filesystem::path>())) {
    std::error_code absent;
    now[path] = stamp_of(path, absent);
  }
  return std::exchange(calendars_, now) != now;
}

ConfigTree::Stamp ConfigTree::stamp_of(const std::filesystem::path& path, std::error_code& error) {
  Stamp stamp{.modified = std::filesystem::last_write_time(path, error)};
  if (!error) stamp.bytes = std::filesystem::file_size(path, error);
  struct stat found{};
  if (!error && ::stat(path.c_str(), &found) == 0)
    stamp.changed_ns = found.st_ctim.tv_sec * 1'000'000'000 + found.st_ctim.tv_nsec;
  return error ? Stamp() : stamp;
}

void ConfigTree::watch(const std::vector<std::filesystem::path>& others) {
  const std::map<std::filesystem::path, Stamp> known = std::exchange(others_, {});
  for (const std::filesystem::path& path : others) {
    std::error_code absent;
    const auto before = known.find(path);
    others_[path] = before == known.end() ? stamp_of(path, absent) : before->second;
  }
}

void ConfigTree::read(const std::filesystem::path& path, bool from_pack) {
  problems_.erase(path);
  unread_freezes_.erase(path);
  const auto text = read_file(path, kMostBytes);
  const auto problem = [&](Error error) {
    if (error.where.file.empty()) error.where.file = path.string();
    problems_[path] = std::move(error);
    if (text && !files_.contains(path) && begins_freeze(*text)) unread_freezes_.insert(path);
  };
  if (!text) return problem(text.error());
  auto documents = parse_yaml(*text, path.string());
  if (!documents) return problem(documents.error());
  std::vector<DocumentKind> kinds;
  for (const ConfigNode& document : *documents) {
    const auto kind = classify(document);
    if (!kind) return problem(kind.error());
    kinds.push_back(*kind);
  }
  files_[path] = {path, *text, std::move(*documents), std::move(kinds), from_pack};
}

std::vector<ConfigNode> effect_documents(const ConfigTree& config) {
  std::vector<ConfigNode> documents;
  for (const bool from_pack : {false, true}) {
    for (const auto& [path, file] : config.files()) {
      if (file.from_pack != from_pack) continue;
      for (const DocumentKind kind : {DocumentKind::kDescription, DocumentKind::kEffect})
        std::ranges::move(file.of(kind), std::back_inserter(documents));
    }
  }
  return documents;
}

std::vector<catalog::KindFile> kind_files(const ConfigTree& config) {
  std::vector<catalog::KindFile> files;
  for (const bool from_pack : {true, false}) {
    for (const auto& [path, file] : config.files()) {
      if (file.from_pack == from_pack && file.has(DocumentKind::kKind))
        files.push_back({path.string(), file.text_of(DocumentKind::kKind)});
    }
  }
  return files;
}

product::LoadedProducts read_products(const ConfigTree& config) {
  std::vector<product::ProductFile> files;
  for (const bool from_pack : {true, false}) {
    for (const auto& [path, file] : config.files()) {
      if (file.from_pack == from_pack && file.has(DocumentKind::kProduct))
        files.push_back({path.string(), file.text_of(DocumentKind::kProduct)});
    }
  }
  return product::read_products(files);
}

}  // namespace capstan::loop
