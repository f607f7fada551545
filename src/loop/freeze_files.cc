// Freezes as the files of the configuration say them, and what holds of a file with a mistake: a freeze must not end
// because somebody mistyped, nor because Capstan started anew meanwhile.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/trim.h"
#include "decide/freeze_reader.h"
#include "loop/config_tree.h"
#include "loop/freeze_board.h"
#include "model/policy_fact.h"

namespace capstan::loop {
namespace {

constexpr size_t kMostText = 48 << 10;  // Of one fact.

// Of a file that is no YAML at all, or in a directory that cannot be looked at.
const Error* problem_of(const std::string& path, const std::map<std::filesystem::path, Error>& problems) {
  for (const auto& [at, error] : problems) {
    if (path == at.string() || path.starts_with(at.string() + "/")) return &error;
  }
  return nullptr;
}

Error about(const std::string& path, const std::string& what) {
  return {ErrorCode::kFailedPrecondition, what, {path, 0, 0}};
}

}  // namespace

std::vector<Error> FreezeBoard::load(const ConfigTree& config, const decide::Vocabulary& vocabulary, Time now) {
  std::vector<Error> problems;
  std::map<std::filesystem::path, Source> sources;
  for (const auto& [path, file] : config.files()) {
    if (!file.has(DocumentKind::kFreeze)) continue;
    decide::ReadFreezes read = decide::read_freezes(file.of(DocumentKind::kFreeze), vocabulary);
    std::ranges::copy(read.problems, std::back_inserter(problems));
    if (!read.problems.empty()) {
      const Error mistake = read.problems.front();
      sources[path] = before(path, std::move(read), vocabulary, mistake, now);
      continue;
    }
    const std::string text(trim(file.text_of(DocumentKind::kFreeze)));
    const auto known = written_.find(path.string());
    const bool is_known = known != written_.end() && known->second.text == text;
    sources[path] = {.freezes = std::move(read.freezes),
                     .text = text,
                     .since = is_known ? known->second.at : now,
                     .was_good = true,
                     .is_present = !config.problems().contains(path)};
  }
  std::set<std::filesystem::path> unread = config.unread_freezes();
  for (const auto& [path, written] : written_) unread.insert(path);
  for (const std::filesystem::path& path : unread) {
    const Error* mistake = problem_of(path.string(), config.problems());
    if (!sources.contains(path) && !config.files().contains(path) && mistake != nullptr)
      sources[path] = before(path, {}, vocabulary, *mistake, now);
  }
  sources_ = std::move(sources);
  note_news(now);
  put_in_force(problems);
  return problems;
}

FreezeBoard::Source FreezeBoard::before(const std::filesystem::path& path, decide::ReadFreezes read,
                                        const decide::Vocabulary& vocabulary, const Error& mistake, Time now) {
  if (const auto old = sources_.find(path); old != sources_.end() && old->second.was_good) {
    Source source = std::move(old->second);
    source.is_present = false;
    return source;
  }
  Source source{.freezes = {}, .text = {}, .since = now};
  if (const auto written = written_.find(path.string()); written != written_.end()) {
    // Kinds and verbs were there when it was read, and the file that declares them may be what has the mistake.
    const auto documents = parse_yaml(written->second.text, path.string());
    if (documents) read = decide::read_freezes(*documents, {.calendars = vocabulary.calendars});
    if (documents && !read.freezes.empty()) {
      source.text = written->second.text;
      source.since = written->second.at;
      source.was_good = true;
    }
  }
  source.freezes = std::move(read.freezes);
  std::ranges::move(read.doubtful, std::back_inserter(source.freezes));
  if (source.freezes.empty())
    source.freezes.push_back(decide::unread_freeze(path.filename().string(), mistake.to_string(), {path.string(), 1}));
  return source;
}

// Of what is gone nothing is to be believed when it comes again with a mistake.
void FreezeBoard::note_news(Time now) {
  news_.clear();
  const auto note = [&](const std::string& path, const std::string& text) {
    news_.push_back({now, std::string(fact_kind::kFreezeLoaded), path, Json::object({{"text", text}}), 0, "capstan"});
  };
  for (const auto& [path, source] : sources_) {
    if (!source.is_present) continue;
    const std::string text = source.text.size() <= kMostText ? source.text : "";
    const auto known = written_.find(path.string());
    if ((known == written_.end() ? "" : known->second.text) != text) note(path.string(), text);
  }
  for (const auto& [path, written] : written_) {
    if (!sources_.contains(path)) note(path, "");
  }
}

void FreezeBoard::put_in_force(std::vector<Error>& problems) {
  std::vector<decide::Freeze> all;
  size_t old_files = 0;
  size_t doubtful = 0;
  old_.clear();
  for (const auto& [path, source] : sources_) {
    const bool is_old = source.was_good && !source.is_present;
    if (is_old) {
      ++old_files;
      problems.push_back(about(path.string(), fmt::format("the freezes of this file hold as they were read at {}, "
                                                          "until it is mended or removed",
                                                          format_time(source.since))));
    }
    for (decide::Freeze freeze : source.freezes) {
      const auto known = std::ranges::find(all, freeze.name, &decide::Freeze::name);
      if (known != all.end()) {
        problems.push_back({ErrorCode::kAlreadyExists,
                            fmt::format("a freeze named '{}' is already in {}", freeze.name, known->at.file),
                            freeze.at});
        freeze.mistake = problems.back().to_string();
        freeze.name = fmt::format("{}:{}", freeze.at.file, freeze.at.line);
      }
      if (is_old) old_[freeze.name] = source.since;
      if (!freeze.mistake.empty()) {
        ++doubtful;
        problems.push_back(
            about(path.string(), fmt::format("until it is mended or removed, the freeze '{}' covers whatever it may "
                                             "mean: {}, {}",
                                             freeze.name, freeze.describe_scope().text, freeze.describe_times())));
      }
      all.push_back(std::move(freeze));
    }
  }
  old_count_ = old_files;
  doubtful_count_ = doubtful;
  set(std::move(all));
}

std::string FreezeBoard::metrics() const {
  return fmt::format(
      "# HELP capstan_freeze_files_old Files with a mistake whose freezes hold as they were read before.\n"
      "# TYPE capstan_freeze_files_old gauge\ncapstan_freeze_files_old {}\n"
      "# HELP capstan_freezes_doubtful Freezes with a mistake, which cover whatever they may mean.\n"
      "# TYPE capstan_freezes_doubtful gauge\ncapstan_freezes_doubtful {}\n",
      old_count_.load(), doubtful_count_.load());
}

}  // namespace capstan::loop
