// diagnose: what is wrong with one thing first, and what to do about it.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "base/url.h"
#include "cli/command.h"
#include "cli/knowledge.h"
#include "cli/packs.h"
#include "cli/temporary_directory.h"
#include "diagnose/diagnoser.h"
#include "diagnose/subject.h"
#include "foresee/workbench.h"

namespace capstan::cli {
namespace {

constexpr int kWrong = 1;
constexpr int kNotAnswered = 2;

struct DiagnoseArguments {
  std::string subject;
  std::string space;
  std::string cluster;
  std::string against;
  std::string config = "config";
};

void print(const diagnose::Report& report, const CommonOptions& common) {
  if (common.json) {
    fmt::print("{}\n", diagnose::to_json(report).pretty());
    return;
  }
  // What counterparts wrote must not drive the terminal; the line breaks are ours.
  const std::string text = diagnose::to_text(report);
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    fmt::print("{}\n", printable(std::string_view(text).substr(begin, end - begin)));
    begin = end + 1;
  }
}

Result<diagnose::Report> diagnose_live(const DiagnoseArguments& arguments, const CommonOptions& common) {
  ApiClient client = TRY(ApiClient::connect(common.data_directory));
  return diagnose::report_from_json(TRY(
      client.get(fmt::format("/capstan/v1/diagnose?id={}&namespace={}&cluster={}", percent_encode(arguments.subject),
                             percent_encode(arguments.space), percent_encode(arguments.cluster)))));
}

// Of a directory of manifests, as `kubectl get -o yaml` gives them.
Result<diagnose::Report> diagnose_offline(const DiagnoseArguments& arguments) {
  const std::unique_ptr<TemporaryDirectory> directory = TRY(TemporaryDirectory::make());
  const std::filesystem::path packs = TRY(unpack_packs(directory->path()));
  foresee::Workbench bench = TRY(foresee::open_workbench({packs, arguments.config}));
  std::vector<Error> problems = std::move(bench.problems);
  const auto add = [&](std::vector<Error> more) { std::ranges::move(more, std::back_inserter(problems)); };
  manual::ManualShelf manuals;
  add(manuals.load(manual_texts(packs, arguments.config)));
  diagnose::ReadDiagnosis read =
      diagnose::read_diagnosis(diagnosis_texts(packs, arguments.config), bench.picture->kinds());
  add(std::move(read.problems));
  foresee::ObjectDocuments objects = foresee::read_objects(std::filesystem::path(arguments.against));
  add(std::move(objects.problems));
  const std::string cluster = arguments.cluster.empty() ? "check" : arguments.cluster;
  add(bench.checker->assume(objects.documents,
                            {.cluster = cluster, .space = arguments.space.empty() ? "default" : arguments.space}));
  const ResourceId subject =
      TRY(diagnose::find_subject(*bench.picture, {arguments.subject, arguments.space, arguments.cluster}));
  diagnose::Diagnoser diagnoser(*bench.picture, *bench.rules, manuals, read.book);
  diagnose::Testimony testimony;
  testimony.findings = bench.rules->holding();
  testimony.problems = std::move(problems);
  return diagnoser.diagnose(TRY(diagnose::scope_of(*bench.picture, read.book.walks, subject)), testimony);
}

int run_diagnose(const DiagnoseArguments& arguments, const CommonOptions& common) {
  const Result<diagnose::Report> report =
      arguments.against.empty() ? diagnose_live(arguments, common) : diagnose_offline(arguments);
  if (!report) {
    (void)failed(report.error());
    return kNotAnswered;
  }
  print(*report, common);
  return report->verdict == diagnose::Verdict::kWrong ? kWrong : 0;
}

}  // namespace

void add_diagnose(CLI::App& app, CommonOptions& common, Action& chosen) {
  static DiagnoseArguments arguments;
  CLI::App* command = app.add_subcommand(
      "diagnose",
      "Say what is wrong with one thing first, and what to do about it (exit code 1: something is wrong; 2: it could "
      "not be answered)");
  command
      ->add_option("subject", arguments.subject,
                   "pod/web-0, deploy/web, svc/web, ingress/shop …, or an id of the catalog")
      ->required();
  command->add_option("-n,--namespace", arguments.space, "The namespace it is in");
  command->add_option("--cluster", arguments.cluster, "The cluster it is in, where there are several");
  command->add_option("--against", arguments.against, "A directory of manifests that stands for the running system");
  command->add_option("--data", common.data_directory, "The data directory of the running Capstan");
  command->add_option("-c,--config", arguments.config, "A directory with steps and manuals of your own, for --against")
      ->capture_default_str();
  command->add_flag("--json", common.json, "Print the API's answer as it is");
  command->callback([&] { chosen = [&common] { return run_diagnose(arguments, common); }; });
}

}  // namespace capstan::cli
