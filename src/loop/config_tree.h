// The YAML files that describe what Capstan looks after: found, read again when they change, and sorted by what each
// of their documents is.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/config.h"
#include "base/result.h"
#include "catalog/pack_kinds.h"
#include "product/product_spec.h"

namespace capstan::loop {

// What a document is, told by its first key.
enum class DocumentKind {
  kSettings,
  kAlerts,
  kRule,
  kPolicy,
  kFreeze,  // When nothing, or nothing of a selection, may act.
  kTest,
  kKind,
  kRelation,
  kManual,
  kDiagnosis,
  kProduct,
  kTraffic,
  kPrice,           // What resources cost.
  kReport,          // Tables that are told by the clock.
  kService,         // How a service is spoken to.
  kDescription,     // What it has, or what can be done to it.
  kEffect,          // What a verb that is built in leaves behind.
  kRecordForm,      // What records of a kind must say.
  kPasswordPolicy,  // How passwords are made.
  kRecords          // Resources that a person writes down.
};

struct ConfigFile {
  std::filesystem::path path;
  std::string text;
  std::vector<ConfigNode> documents;  // Of the newest text that is YAML at all.
  std::vector<DocumentKind> kinds;    // One a document.
  bool from_pack = false;

  bool has(DocumentKind kind) const;
  std::vector<ConfigNode> of(DocumentKind kind) const;
  // The text without what belongs to documents of other kinds; lines keep their numbers.
  std::string text_of(DocumentKind kind) const;
};

// In the configuration directory: the iCalendar files that policies and freezes name.
inline constexpr std::string_view kCalendarFolder = "calendar";

// Owned by one thread.
class ConfigTree {
 public:
  // `packs` come with Capstan, `config` is the user's; either may not exist.
  ConfigTree(std::vector<std::filesystem::path> packs, std::filesystem::path config)
      : packs_(std::move(packs)), config_(std::move(config)) {}

  // Looks at the directories. True when a file came, went or changed since the last call (and always the first time).
  bool refresh();

  // Files elsewhere that the settings lead to, in place of those named before: a change of one counts as one of the
  // configuration. They are not read, and need not exist.
  void watch(const std::vector<std::filesystem::path>& others);

  // All files that can be read, by path. One that stopped being YAML keeps its last good documents.
  const std::map<std::filesystem::path, ConfigFile>& files() const { return files_; }
  // What is wrong with files as YAML, by path; at most one each.
  const std::map<std::filesystem::path, Error>& problems() const { return problems_; }
  // Those of them that have never been read as YAML, and in which a line begins a change freeze.
  const std::set<std::filesystem::path>& unread_freezes() const { return unread_freezes_; }
  // The files whose text is new since the refresh before.
  const std::set<std::filesystem::path>& changed() const { return changed_; }

 private:
  struct Stamp {
    std::filesystem::file_time_type modified;
    int64_t changed_ns = 0;  // Its inode: who may read it is part of what a file is.
    uintmax_t bytes = 0;
    bool operator==(const Stamp&) const = default;
  };
  static Stamp stamp_of(const std::filesystem::path& path, std::error_code& error);

  void read(const std::filesystem::path& path, bool from_pack);
  // Whether a calendar came, went or was written.
  bool look_at_calendars();

  std::vector<std::filesystem::path> packs_;
  std::filesystem::path config_;
  std::map<std::filesystem::path, Stamp> stamps_;
  std::map<std::filesystem::path, ConfigFile> files_;
  std::map<std::filesystem::path, Error> problems_;
  std::set<std::filesystem::path> unread_freezes_;
  std::set<std::filesystem::path> changed_;
  std::set<std::filesystem::path> unlisted_;  // Directories that could not be looked at in the last refresh.
  std::map<std::filesystem::path, Stamp> others_;
  std::map<std::filesystem::path, Stamp> calendars_;
  bool first_ = true;
};

// What a document is; an error names the keys by which documents are told apart.
Result<DocumentKind> classify(const ConfigNode& document);
// The documents of a text, of which each is of some kind.
Result<std::vector<ConfigNode>> parse_documents(std::string_view text, std::string_view file);

// What says of verbs that they leave something behind, that of the user first.
std::vector<ConfigNode> effect_documents(const ConfigTree& config);
// The files that declare kinds, those of packs first.
std::vector<catalog::KindFile> kind_files(const ConfigTree& config);
// What they declare of products, packs first.
product::LoadedProducts read_products(const ConfigTree& config);

}  // namespace capstan::loop
