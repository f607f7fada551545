#include "loop/manifest_watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/crypto.h"
#include "base/file.h"
#include "connect/git/git_checkout.h"
#include "drift/file_patch.h"
#include "foresee/object_documents.h"
#include "loop/drift_finding.h"
#include "loop/manifest_patch.h"

namespace capstan::loop {
namespace {

constexpr uint64_t kMostCheckoutBytes = 512ull << 20;
constexpr Duration kLookAgain{1'000};

std::string source_name(const std::string& name) { return "manifests:" + name; }

bool is_plain_directory(const std::string& path) {
  std::error_code none;
  const std::filesystem::path directory(path);
  return directory.is_absolute() && std::filesystem::is_directory(directory, none) &&
         !std::filesystem::exists(directory / ".git", none) && !std::filesystem::exists(directory / "HEAD", none);
}

}  // namespace

// Of the thread, but for what is said of it.
class ManifestWatch::Source {
 public:
  Source(ManifestSettings given, const std::filesystem::path& directory, const Clock& clock)
      : settings(std::move(given)),
        // A name may be anything; another repository is another directory.
        checkout(directory / hex(sha256(settings.repository + "\n" + settings.name)).substr(0, 16), kMostCheckoutBytes,
                 clock) {}

  const ManifestSettings settings;
  git::GitCheckout checkout;
  Duration next{0};
  std::string commit;
  std::string fingerprint;  // Of what was compared last; "" where it is to be compared again anyway.
  foresee::ObjectDocuments documents;
  std::vector<Finding> findings;

  struct Said {
    std::string commit;
    std::string error;
    std::optional<Time> looked;  // When the last look began.
    std::optional<Time> compared;
    drift::DriftReport report;
    Json patch;
  };
  Said said;  // Under the watch's lock.
};

ManifestWatch::ManifestWatch(Parts parts)
    : parts_(std::move(parts)), thread_([this](const std::stop_token& stop) { run(stop); }) {}

ManifestWatch::~ManifestWatch() { stop(); }

void ManifestWatch::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void ManifestWatch::apply(std::vector<ManifestSettings> wanted) {
  std::lock_guard lock(mutex_);
  std::map<std::string, std::shared_ptr<Source>> now;
  for (ManifestSettings& settings : wanted) {
    const auto known = sources_.find(settings.name);
    const bool is_same = known != sources_.end() && known->second->settings == settings;
    const std::string name = settings.name;
    now[name] = is_same ? known->second : std::make_shared<Source>(std::move(settings), parts_.directory, parts_.clock);
  }
  for (const auto& [name, source] : sources_) {
    if (!now.contains(name)) ended_.push_back(name);
  }
  sources_ = std::move(now);
  changed_.notify_all();
}

void ManifestWatch::look() {
  std::lock_guard lock(mutex_);
  hurry_ = true;
  changed_.notify_all();
}

void ManifestWatch::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    std::vector<std::shared_ptr<Source>> due;
    std::vector<std::string> ended;
    {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, stop, kLookAgain, [&] { return !ended_.empty() || hurry_; });
      const bool hurry = std::exchange(hurry_, false);
      for (const auto& [name, source] : sources_) {
        if (hurry || source->next <= parts_.clock.monotonic()) due.push_back(source);
      }
      ended = std::exchange(ended_, {});
    }
    for (const std::string& name : ended) {
      parts_.found({.source = source_name(name), .at = parts_.clock.now(), .holding = {}});
      parts_.report(source_name(name), "");
    }
    for (const auto& source : due) {
      if (stop.stop_requested()) return;
      tend(*source, stop);
      source->next = parts_.clock.monotonic() + source->settings.every;
    }
  }
}

namespace {

// What of a file is broken now stays as it was when it was good.
foresee::ObjectDocuments with_last_good(foresee::ObjectDocuments read, const foresee::ObjectDocuments& before) {
  std::set<std::string> broken;
  for (const Error& problem : read.problems) broken.insert(problem.where.file);
  std::erase_if(read.documents, [&](const foresee::ObjectDocument& one) { return broken.contains(one.where.file); });
  std::ranges::copy_if(before.documents, std::back_inserter(read.documents),
                       [&](const foresee::ObjectDocument& one) { return broken.contains(one.where.file); });
  return read;
}

// Hidden directories are no manifests: .git, .github.
void drop_hidden(foresee::ObjectDocuments& read, const std::filesystem::path& root) {
  const auto is_hidden = [&](const Where& where) {
    return where.file.substr(std::min(where.file.size(), root.string().size())).find("/.") != std::string::npos;
  };
  std::erase_if(read.documents, [&](const foresee::ObjectDocument& one) { return is_hidden(one.where); });
  std::erase_if(read.problems, [&](const Error& one) { return is_hidden(one.where); });
}

// As people know the file: within the repository.
void shorten(Where& where, const std::filesystem::path& root) {
  const std::string prefix = root.string() + "/";
  if (where.file.starts_with(prefix)) where.file.erase(0, prefix.size());
}

void shorten_all(drift::DriftReport& report, const std::filesystem::path& root) {
  for (Error& problem : report.problems) shorten(problem.where, root);
  for (drift::ObjectDrift& object : report.drifts) {
    shorten(object.where, root);
    for (drift::FieldDrift& field : object.fields) shorten(field.where, root);
  }
}

bool is_uncompared(const drift::ObjectDrift& object) { return object.state == drift::ObjectState::kNotCompared; }

// What was said of an object stands until it can be compared again.
void keep_uncompared(const drift::DriftReport& report, const std::vector<Finding>& before, std::vector<Finding>& now) {
  for (const drift::ObjectDrift& object : report.drifts) {
    if (!is_uncompared(object)) continue;
    std::ranges::copy_if(before, std::back_inserter(now),
                         [&](const Finding& finding) { return finding.resource == object.id; });
  }
}

// Changes when a manifest does, or one of its objects in the cluster.
Result<std::string> fingerprint_of(const std::vector<foresee::ObjectDocument>& documents,
                                   const std::vector<ResourceId>& ids, const catalog::CatalogReader& catalog) {
  std::string text;
  for (const foresee::ObjectDocument& one : documents) text += one.object.dump() + "\n";
  for (const ResourceId& id : ids) {
    const auto known = TRY(catalog.resource(id));
    text += fmt::format("{} {}\n", id, known ? known->seq : 0);
  }
  return hex(sha256(text));
}

}  // namespace

void ManifestWatch::tend(Source& source, const std::stop_token& stop) {
  const Time began = parts_.clock.now();
  const Result<std::filesystem::path> root = bring(source, stop);
  Status status = root ? Status() : fail(root.error());
  if (root) {
    status = compare(source, *root, stop);
    // What could be read was compared; the rest is told.
    if (status && !source.documents.problems.empty()) {
      Error problem = source.documents.problems.front();
      shorten(problem.where, *root);
      status = fail(std::move(problem));
    }
  }
  const std::string error = status ? "" : status.error().to_string();
  {
    std::lock_guard lock(mutex_);
    source.said.looked = began;
    source.said.commit = source.commit;
    source.said.error = error;
  }
  parts_.report(source_name(source.settings.name), error);
}

// The directory in which the manifests are now.
Result<std::filesystem::path> ManifestWatch::bring(Source& source, const std::stop_token& stop) {
  const ManifestSettings& settings = source.settings;
  std::filesystem::path root = settings.repository;
  if (!is_plain_directory(settings.repository)) {
    git::GitSource from{.repository = settings.repository, .ref = settings.ref, .token = {}};
    if (!settings.token_reference.empty()) from.token = TRY(parts_.secrets.get(settings.token_reference));
    source.commit = TRY(source.checkout.fetch(from, stop));
    root = source.checkout.directory();
  }
  std::error_code none;
  if (std::filesystem::exists(root / settings.path, none)) return root;
  return fail(ErrorCode::kNotFound, fmt::format("there is no {} in {}", settings.path, settings.name));
}

Status ManifestWatch::compare(Source& source, const std::filesystem::path& root, const std::stop_token& stop) {
  const ManifestSettings& settings = source.settings;
  foresee::ObjectDocuments read = foresee::read_objects(settings.path.empty() ? root : root / settings.path);
  drop_hidden(read, root);
  source.documents = with_last_good(std::move(read), source.documents);
  const std::vector<foresee::ObjectDocument>& stated = source.documents.documents;
  const DriftOptions options{.cluster = settings.cluster, .space = settings.space, .prune = settings.prune};
  std::string fingerprint = TRY(fingerprint_of(stated, TRY(parts_.finder.ids(stated, options)), TRY(parts_.catalog())));
  // What is in no manifest may come without any of these changing.
  if (fingerprint == source.fingerprint && settings.prune.empty()) return {};

  drift::DriftReport report = TRY(parts_.finder.find(stated, options, stop));
  drift::place_fields(report, [](const std::string& file) { return read_file(file); });
  report.problems.insert(report.problems.begin(), source.documents.problems.begin(), source.documents.problems.end());
  Json patch = to_json(make_manifest_patch(
                           report, source.documents, [](const std::string& file) { return read_file(file); }, root),
                       root);
  shorten_all(report, root);
  const Time now = parts_.clock.now();
  std::vector<Finding> findings = drift_findings(report, settings.name, source.commit, now);
  keep_uncompared(report, source.findings, findings);
  const bool is_complete = std::ranges::none_of(report.drifts, is_uncompared);
  source.fingerprint = is_complete ? std::move(fingerprint) : "";
  source.findings = findings;
  {
    std::lock_guard lock(mutex_);
    source.said.compared = now;
    source.said.report = std::move(report);
    source.said.patch = std::move(patch);
  }
  parts_.found({.source = source_name(settings.name), .at = now, .holding = std::move(findings)});
  return {};
}

Json ManifestWatch::state() const {
  std::lock_guard lock(mutex_);
  Json all = Json::array();
  for (const auto& [name, source] : sources_) {
    const Source::Said& said = source->said;
    all.push_back(Json::object({{"name", name},
                                {"repository", source->settings.repository},
                                {"ref", source->settings.ref},
                                {"path", source->settings.path},
                                {"commit", said.commit},
                                {"looked", said.looked ? Json(format_time(*said.looked)) : Json()},
                                {"compared", said.compared ? Json(format_time(*said.compared)) : Json()},
                                {"error", said.error},
                                {"report", said.compared ? drift::to_json(said.report) : Json()},
                                {"patches", said.patch}}));
  }
  return Json::object({{"manifests", std::move(all)}});
}

}  // namespace capstan::loop
