// drift: what in the cluster differs from the manifests that should define it, and the patch either way.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "base/file.h"
#include "base/yaml_text.h"
#include "cli/command.h"
#include "drift/drift_report.h"
#include "drift/file_patch.h"
#include "foresee/object_documents.h"

namespace capstan::cli {
namespace {

constexpr int kDrift = 1;
constexpr int kNotCompared = 2;
// Each object is asked of the API server, twice.
constexpr Duration kPatience = std::chrono::minutes(10);

struct DriftArguments {
  std::vector<std::string> paths;
  std::vector<std::string> files;
  std::string cluster;
  std::string space = "default";
  std::string prune;
  std::string output = "text";
  bool all = false;
};

foresee::ObjectDocuments read_all(const DriftArguments& arguments) {
  foresee::ObjectDocuments all;
  for (const std::vector<std::string>* some : {&arguments.paths, &arguments.files}) {
    for (const std::string& path : *some) {
      foresee::ObjectDocuments read = foresee::read_objects(std::filesystem::path(path));
      std::ranges::move(read.documents, std::back_inserter(all.documents));
      std::ranges::move(read.problems, std::back_inserter(all.problems));
    }
  }
  return all;
}

// As `git apply` finds it: below the repository that the file is in, or below the working directory.
std::string name_in_repository(const std::string& file) {
  std::error_code none;
  const std::filesystem::path path = std::filesystem::weakly_canonical(file, none);
  for (std::filesystem::path root = path.parent_path(); !root.empty(); root = root.parent_path()) {
    if (std::filesystem::exists(root / ".git", none)) return path.lexically_relative(root).string();
    if (root == root.root_path()) break;
  }
  return path.lexically_relative(std::filesystem::current_path(none)).string();
}

Result<std::string> read_manifest(const std::string& file) { return read_file(file); }

// The manifests of what is not as they say, for `kubectl apply -f -`.
void print_manifests(const drift::DriftReport& report, const foresee::ObjectDocuments& stated) {
  for (const drift::ObjectDrift& object : report.drifts) {
    if (!object.counts()) continue;
    if (object.state == drift::ObjectState::kExtra) {
      fmt::print("# {} is in no manifest: kubectl delete, if it should go\n", printable(object.id));
    } else if (object.kind == "Secret") {
      fmt::print("# {}: apply {} itself, as secrets are not printed\n", printable(object.id), object.where.file);
    } else {
      fmt::print("---\n{}\n", yaml_block(stated.documents[object.document].object, 0));
    }
  }
}

void print_file_patch(const drift::DriftReport& report) {
  const drift::FilePatch patch = drift::patch_files(report, read_manifest, name_in_repository);
  fmt::print("{}", patch.diff);
  for (const Error& error : patch.left_out) fmt::print(stderr, "left out: {}\n", printable(error.to_string()));
}

void print(const drift::DriftReport& report, const foresee::ObjectDocuments& stated, const DriftArguments& arguments) {
  if (arguments.output == "json") {
    fmt::print("{}\n", drift::to_json(report).pretty());
  } else if (arguments.output == "patch-cluster") {
    print_manifests(report, stated);
  } else if (arguments.output == "patch-files") {
    print_file_patch(report);
  } else {
    fmt::print("{}", drift::to_text(report, arguments.all));
  }
}

// The places are those of our files; what was sent had none.
void place(drift::DriftReport& report, const foresee::ObjectDocuments& stated) {
  for (drift::ObjectDrift& object : report.drifts) {
    const bool is_stated = object.state != drift::ObjectState::kExtra && object.document < stated.documents.size();
    object.where = is_stated ? stated.documents[object.document].where : Where();
  }
  drift::place_fields(report, read_manifest);
}

Result<int> compare(const DriftArguments& arguments, const CommonOptions& common) {
  const foresee::ObjectDocuments stated = read_all(arguments);
  drift::DriftReport report;
  if (!stated.documents.empty()) {
    Json items = Json::array();
    for (const foresee::ObjectDocument& document : stated.documents) items.push_back(document.object);
    const Json list = Json::object({{"apiVersion", "v1"}, {"kind", "List"}, {"items", std::move(items)}});
    ApiClient client = TRY(ApiClient::connect(common.data_directory));
    report = drift::drift_report_from_json(TRY(client.post("/capstan/v1/drift",
                                                           Json::object({{"manifests", list.dump()},
                                                                         {"cluster", arguments.cluster},
                                                                         {"namespace", arguments.space},
                                                                         {"prune", arguments.prune}}),
                                                           kPatience)));
  }
  place(report, stated);
  report.problems.insert(report.problems.begin(), stated.problems.begin(), stated.problems.end());
  print(report, stated, arguments);
  if (!report.is_complete() || stated.documents.empty()) {
    for (const Error& problem : report.problems) {
      if (arguments.output.starts_with("patch"))
        fmt::print(stderr, "not compared: {}\n", printable(problem.to_string()));
    }
    return kNotCompared;
  }
  return report.has_drift() ? kDrift : 0;
}

// What the running Capstan last found of the manifests that its settings name.
Result<int> show_watched(const DriftArguments& arguments, const CommonOptions& common) {
  if (arguments.output.starts_with("patch")) {
    return fail(ErrorCode::kInvalidArgument,
                "patches are made of manifests: capstan drift DIRECTORY -o " + arguments.output);
  }
  ApiClient client = TRY(ApiClient::connect(common.data_directory));
  const Json answer = TRY(client.get("/capstan/v1/drift"));
  if (arguments.output == "json") fmt::print("{}\n", answer.pretty());
  bool has_drift = false;
  bool is_complete = !answer["manifests"].items().empty();
  for (const Json& one : answer["manifests"].items()) {
    const drift::DriftReport report = drift::drift_report_from_json(one["report"]);
    const bool was_compared = one["compared"].is_string();
    has_drift = has_drift || report.has_drift();
    is_complete = is_complete && was_compared && report.is_complete() && one["error"] == Json("");
    if (arguments.output == "json") continue;
    fmt::print("{}: {} {}{}\n", cell(one["name"]), cell(one["repository"]), cell(one["commit"]).substr(0, 8),
               was_compared ? ", compared at " + short_time(one["compared"]) : ", not compared yet");
    if (one["error"] != Json("")) fmt::print("  {}\n", cell(one["error"]));
    if (was_compared) fmt::print("{}\n", drift::to_text(report, arguments.all));
  }
  if (answer["manifests"].items().empty() && arguments.output == "text") {
    fmt::print("the settings name no manifests: capstan drift DIRECTORY, or see docs/drift.md\n");
  }
  return !is_complete ? kNotCompared : has_drift ? kDrift : 0;
}

int run_drift(const DriftArguments& arguments, const CommonOptions& common) {
  const bool names_none = arguments.paths.empty() && arguments.files.empty();
  const Result<int> code = names_none ? show_watched(arguments, common) : compare(arguments, common);
  return code ? *code : failed(code.error(), kNotCompared);
}

}  // namespace

void add_drift(CLI::App& app, CommonOptions& common, Action& chosen) {
  static DriftArguments arguments;
  CLI::App* command = app.add_subcommand(
      "drift",
      "Say what in the cluster differs from the manifests that should define it, who changed it, and give the patch "
      "either way (exit code 1: something differs; 2: not all could be compared)");
  command->add_option("path", arguments.paths, "Manifests, directories of them, or - for standard input");
  command->add_option("-f,--file", arguments.files, "The same");
  command->add_option("--data", common.data_directory, "The data directory of the running Capstan");
  command->add_option("--cluster", arguments.cluster, "The cluster that the objects are for, where there are several");
  command->add_option("-n,--namespace", arguments.space, "The namespace of objects that name none")
      ->capture_default_str();
  command->add_option("--prune", arguments.prune,
                      "Also objects of the cluster that are in no manifest: those with these labels, tracking "
                      "annotations or namespace (app.kubernetes.io/instance=shop,namespace=shop)");
  command->add_flag("--all", arguments.all, "Also show what controllers set by right");
  command->add_option("-o,--output", arguments.output, "text, json, patch-cluster or patch-files")
      ->check(CLI::IsMember({"text", "json", "patch-cluster", "patch-files"}))
      ->capture_default_str();
  command->callback([&] { chosen = [&common] { return run_drift(arguments, common); }; });
}

}  // namespace capstan::cli
