// check: what a change would break, before it is made.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "base/file.h"
#include "cli/command.h"
#include "cli/packs.h"
#include "cli/temporary_directory.h"
#include "foresee/check_report.h"
#include "foresee/object_edit.h"
#include "foresee/workbench.h"

namespace capstan::cli {
namespace {

constexpr int kBreaks = 1;
constexpr int kNotChecked = 2;

struct CheckArguments {
  std::vector<std::string> files;
  std::vector<std::string> schemas;
  std::string against;
  std::string config = "config";
  std::string cluster;
  std::string space = "default";
  std::string severity = "high";
  std::string output = "text";
  std::string on;
  bool patch = false;
};

constexpr size_t kLargestPatch = 4 << 20;

foresee::ObjectDocuments read_patch(const std::string& path, const std::string& on) {
  const Result<std::string> text = read_file(path == "-" ? "/dev/stdin" : path, kLargestPatch);
  if (text) return foresee::read_json_patch(*text, path, on);
  return {.documents = {}, .problems = {text.error()}};
}

foresee::ObjectDocuments read_all(const CheckArguments& arguments) {
  foresee::ObjectDocuments all;
  for (const std::string& path : arguments.files) {
    foresee::ObjectDocuments some =
        arguments.on.empty() ? foresee::read_objects(std::filesystem::path(path)) : read_patch(path, arguments.on);
    std::ranges::move(some.documents, std::back_inserter(all.documents));
    std::ranges::move(some.problems, std::back_inserter(all.problems));
  }
  return all;
}

void print(const foresee::CheckReport& report, const CheckArguments& arguments, Severity severity) {
  if (arguments.output == "json") {
    fmt::print("{}\n", foresee::to_json(report).pretty());
  } else if (arguments.output == "sarif") {
    fmt::print("{}\n", foresee::to_sarif(report, kVersion).pretty());
  } else if (arguments.output == "junit") {
    fmt::print("{}", foresee::to_junit(report, severity));
  } else {
    fmt::print("{}", foresee::to_text(report));
  }
}

// What the exit code says of a check.
int judge(const foresee::CheckReport& report, Severity severity, size_t objects) {
  if (foresee::breaks(report, severity)) return kBreaks;
  return report.problems.empty() && objects > 0 ? 0 : kNotChecked;
}

// Against the running system.
Result<int> check_live(const CheckArguments& arguments, const CommonOptions& common, Severity severity) {
  const foresee::ObjectDocuments change = read_all(arguments);
  Json items = Json::array();
  for (const foresee::ObjectDocument& document : change.documents) items.push_back(document.object);
  const Json list = Json::object({{"apiVersion", "v1"}, {"kind", "List"}, {"items", std::move(items)}});
  ApiClient client = TRY(ApiClient::connect(common.data_directory));
  foresee::CheckReport report = foresee::report_from_json(
      TRY(client.post("/capstan/v1/check", Json::object({{"change", list.dump()},
                                                         {"way", arguments.patch ? "merge" : "apply"},
                                                         {"cluster", arguments.cluster},
                                                         {"namespace", arguments.space}}))));
  report.problems.insert(report.problems.begin(), change.problems.begin(), change.problems.end());
  foresee::locate(report, change.documents);
  print(report, arguments, severity);
  return judge(report, severity, change.documents.size());
}

constexpr size_t kLargestSchema = 64 << 20;

std::shared_ptr<const schema::ObjectSchemas> read_schemas(const std::vector<std::string>& files,
                                                          std::vector<Error>& problems) {
  if (files.empty()) return nullptr;
  auto schemas = std::make_shared<schema::ObjectSchemas>();
  for (const std::string& file : files) {
    const Result<std::string> text = read_file(file, kLargestSchema);
    auto document = text ? schema::OpenApi::parse(*text, file) : fail(text.error());
    if (document) {
      schemas->add(*std::move(document));
    } else {
      Error& problem = problems.emplace_back(std::move(document).error());
      if (problem.where.file.empty()) problem.where.file = file;
    }
  }
  return schemas;
}

// Against a directory of manifests.
Result<int> check_offline(const CheckArguments& arguments, Severity severity) {
  const std::unique_ptr<TemporaryDirectory> directory = TRY(TemporaryDirectory::make());
  foresee::Workbench bench = TRY(foresee::open_workbench({TRY(unpack_packs(directory->path())), arguments.config}));
  foresee::ObjectDocuments change = read_all(arguments);
  std::vector<Error> problems = std::move(bench.problems);
  const foresee::CheckOptions options{.cluster = arguments.cluster.empty() ? "check" : arguments.cluster,
                                      .space = arguments.space,
                                      .documents_are_patches = arguments.patch,
                                      .schemas = read_schemas(arguments.schemas, problems)};
  foresee::ObjectDocuments against = foresee::read_objects(std::filesystem::path(arguments.against));
  std::ranges::move(against.problems, std::back_inserter(problems));
  std::ranges::move(change.problems, std::back_inserter(problems));
  // Who is asked to compare with a system must not be told about another one.
  std::ranges::move(bench.checker->assume(against.documents, options), std::back_inserter(problems));
  foresee::CheckReport report = bench.checker->check(change.documents, options);
  report.problems.insert(report.problems.begin(), problems.begin(), problems.end());
  print(report, arguments, severity);
  return judge(report, severity, change.documents.size());
}

int run_check(const CheckArguments& arguments, const CommonOptions& common) {
  const Severity severity = *parse_severity(arguments.severity);
  const Result<int> code =
      arguments.against.empty() ? check_live(arguments, common, severity) : check_offline(arguments, severity);
  return code ? *code : failed(code.error(), kNotChecked);
}

}  // namespace

void add_check(CLI::App& app, CommonOptions& common, Action& chosen) {
  static CheckArguments arguments;
  CLI::App* command = app.add_subcommand(
      "check",
      "Say what a change would break and mend, before it is made (exit code 1: something would break; 2: not "
      "all could be checked)");
  command
      ->add_option("-f,--file", arguments.files,
                   "The change: manifests, directories of them, what kubectl diff prints, or - for standard input")
      ->required();
  CLI::Option* against = command->add_option("--against", arguments.against,
                                             "A directory of manifests that stands for the running system");
  command
      ->add_option("--schema", arguments.schemas,
                   "With --against: OpenAPI documents of the API server (kubectl get --raw /openapi/v2)")
      ->needs(against);
  command->add_option("--data", common.data_directory, "The data directory of the running Capstan");
  command->add_option("-c,--config", arguments.config, "A directory with rules of your own")->capture_default_str();
  command->add_option("--cluster", arguments.cluster, "The cluster that the objects are for, where there are several");
  command->add_option("-n,--namespace", arguments.space, "The namespace of objects that name none")
      ->capture_default_str();
  command->add_option("--severity", arguments.severity, "From which severity on a finding gives exit code 1")
      ->check(CLI::IsMember({"info", "low", "medium", "high", "critical"}))
      ->capture_default_str();
  command->add_option("-o,--output", arguments.output, "text, json, sarif or junit")
      ->check(CLI::IsMember({"text", "json", "sarif", "junit"}))
      ->capture_default_str();
  command->add_option("--on", arguments.on, "The change is a JSON patch (RFC 6902) of this: TYPE/NAME");
  command->add_flag("--patch", arguments.patch, "The change holds merge patches, not whole objects");
  command->callback([&] { chosen = [&common] { return run_check(arguments, common); }; });
}

}  // namespace capstan::cli
