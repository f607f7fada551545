// whatif and scaling: what would be placed where, and why autoscalers do what they do.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "base/clock.h"
#include "base/file.h"
#include "base/url.h"
#include "cli/command.h"
#include "cli/packs.h"
#include "cli/temporary_directory.h"
#include "foresee/node_group_files.h"
#include "foresee/scaling_report.h"
#include "foresee/whatif.h"

namespace capstan::cli {
namespace {

constexpr int kPending = 1;
constexpr int kNotAnswered = 2;
constexpr size_t kMostBytes = 64 << 20;

struct WhatIfArguments {
  std::vector<std::string> replicas, more_nodes, new_groups, lost_zones, lost_nodes, drained, cordoned, files;
  std::string against;
  std::string config = "config";
  std::string cluster;
  std::string space = "default";
  std::string output = "text";
};

Json list_of(const std::vector<std::string>& names) {
  Json list = Json::array();
  for (const std::string& name : names) list.push_back(name);
  return list;
}

Result<Json> numbers_of(const std::vector<std::string>& assignments) {
  Json numbers = Json::object();
  for (const std::string& one : assignments) {
    const auto [name, number] = TRY(foresee::read_assignment(one));
    numbers.set(name, number);
  }
  return numbers;
}

// Each is a file, or the group itself: "{ name: gpu, allocatable: { … } }".
Result<Json> groups_of(const std::vector<std::string>& given) {
  Json groups = Json::array();
  for (const std::string& one : given) {
    const bool is_inline = one.find('{') != std::string::npos;
    const std::string text = is_inline ? one : TRY(read_file(one, kMostBytes));
    for (const ConfigNode& document : TRY(parse_yaml(text, is_inline ? "--new-group" : one))) {
      // As in the settings, or the entry alone.
      const ConfigNode* list = document.find("node_groups");
      for (const ConfigNode& group : list != nullptr ? list->items : std::vector{document}) {
        TRY(foresee::read_node_group(group));
        groups.push_back(group.to_json());
      }
    }
  }
  return groups;
}

Result<Json> change_of(const std::vector<std::string>& files) {
  Json items = Json::array();
  for (const std::string& file : files) {
    foresee::ObjectDocuments read = foresee::read_objects(std::filesystem::path(file));
    if (!read.problems.empty()) return fail(read.problems.front());
    for (foresee::ObjectDocument& document : read.documents) items.push_back(std::move(document.object));
  }
  if (items.items().empty()) return Json("");
  return Json(Json::object({{"apiVersion", "v1"}, {"kind", "List"}, {"items", std::move(items)}}).dump());
}

Result<Json> question_of(const WhatIfArguments& arguments) {
  return Json::object({{"cluster", arguments.cluster},
                       {"namespace", arguments.space},
                       {"replicas", TRY(numbers_of(arguments.replicas))},
                       {"add_nodes", TRY(numbers_of(arguments.more_nodes))},
                       {"new_groups", TRY(groups_of(arguments.new_groups))},
                       {"lose_zones", list_of(arguments.lost_zones)},
                       {"lose_nodes", list_of(arguments.lost_nodes)},
                       {"drain", list_of(arguments.drained)},
                       {"cordon", list_of(arguments.cordoned)},
                       {"change", TRY(change_of(arguments.files))}});
}

// The objects and the groups of a directory of manifests.
struct Offline {
  foresee::ClusterObjects objects;
  foresee::NodeGroupSettings groups;
};

Result<Offline> read_offline(const std::string& against, const std::string& config, const std::string& space) {
  const std::unique_ptr<TemporaryDirectory> directory = TRY(TemporaryDirectory::make());
  std::vector<Error> problems;
  Offline offline;
  offline.groups = foresee::load_node_groups({TRY(unpack_packs(directory->path())), config}, problems);
  foresee::ObjectDocuments read = foresee::read_objects(std::filesystem::path(against));
  std::ranges::move(read.problems, std::back_inserter(problems));
  for (const Error& problem : problems) (void)failed(problem);
  if (!problems.empty()) return fail(ErrorCode::kInvalidArgument, "not all that it is compared with could be read");
  offline.objects = foresee::ClusterObjects::from(std::move(read.documents), space);
  return offline;
}

Result<int> ask_whatif(const WhatIfArguments& arguments, const CommonOptions& common) {
  const Json question = TRY(question_of(arguments));
  Json answer;
  if (arguments.against.empty()) {
    ApiClient client = TRY(ApiClient::connect(common.data_directory));
    answer = TRY(client.post("/capstan/v1/whatif", question));
  } else {
    Offline offline = TRY(read_offline(arguments.against, arguments.config, arguments.space));
    const foresee::WhatIf wanted = TRY(foresee::read_whatif(question));
    foresee::make_missing_pods(offline.objects, foresee::asks_for_change(wanted));
    answer = TRY(foresee::answer_whatif(std::move(offline.objects), offline.groups, wanted));
  }
  fmt::print("{}", arguments.output == "json" ? answer.pretty() + "\n" : foresee::whatif_text(answer));
  const bool all_placed = answer["pods_pending"].int_or(0) == 0 && answer["pods_refused"].int_or(0) == 0;
  return all_placed ? 0 : kPending;
}

int run_whatif(const WhatIfArguments& arguments, const CommonOptions& common) {
  const Result<int> code = ask_whatif(arguments, common);
  return code ? *code : failed(code.error(), kNotAnswered);
}

void add_whatif(CLI::App& app, CommonOptions& common, Action& chosen) {
  static WhatIfArguments arguments;
  CLI::App* command = app.add_subcommand(
      "whatif",
      "Say what would be placed where, and what would stay pending (exit code 1: something would; 2: it could not "
      "be answered)");
  command->add_option("--replicas", arguments.replicas, "KIND/NAMESPACE/NAME=NUMBER: a workload has so many pods");
  command->add_option("--add-nodes", arguments.more_nodes, "GROUP=NUMBER: a node group has so many nodes more");
  command->add_option("--new-group", arguments.new_groups,
                      "A node group as in the settings: a file, or '{ name: gpu, allocatable: { cpu: 8, … } }'");
  command->add_option("--lose-zone", arguments.lost_zones, "All nodes of a zone are gone");
  command->add_option("--lose-node", arguments.lost_nodes, "A node is gone");
  command->add_option("--drain", arguments.drained, "A node is emptied as far as disruption budgets allow");
  command->add_option("--cordon", arguments.cordoned, "A node takes no new pods");
  command->add_option("-f,--file", arguments.files, "Manifests that are applied, directories of them, or -");
  command->add_option("--against", arguments.against,
                      "A directory of manifests, nodes among them, that stands for the running system");
  command->add_option("--data", common.data_directory, "The data directory of the running Capstan");
  command->add_option("-c,--config", arguments.config, "A directory with settings, for --against")
      ->capture_default_str();
  command->add_option("--cluster", arguments.cluster, "The cluster, where there are several");
  command->add_option("-n,--namespace", arguments.space, "The namespace of objects that name none")
      ->capture_default_str();
  command->add_option("-o,--output", arguments.output, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->callback([&] { chosen = [&common] { return run_whatif(arguments, common); }; });
}

struct ScalingArguments {
  std::string autoscaler;
  std::string against;
  std::string config = "config";
  std::string cluster;
  std::string output = "text";
};

// "hpa/shop/web" and "shop/web" are the same.
std::string autoscaler_name(const std::string& text) { return text.starts_with("hpa/") ? text.substr(4) : text; }

Result<int> explain_scaling(const ScalingArguments& arguments, const CommonOptions& common) {
  const std::string name = autoscaler_name(arguments.autoscaler);
  Json report;
  if (arguments.against.empty()) {
    ApiClient client = TRY(ApiClient::connect(common.data_directory));
    report = TRY(client.get(fmt::format("/capstan/v1/scaling?cluster={}&autoscaler={}",
                                        percent_encode(arguments.cluster), percent_encode(name))));
  } else {
    const Offline offline = TRY(read_offline(arguments.against, arguments.config, "default"));
    report =
        TRY(foresee::scaling_report(offline.objects, offline.groups, {.autoscaler = name, .now = SystemClock().now()}));
  }
  fmt::print("{}", arguments.output == "json" ? report.pretty() + "\n" : foresee::scaling_text(report));
  return 0;
}

int run_scaling(const ScalingArguments& arguments, const CommonOptions& common) {
  const Result<int> code = explain_scaling(arguments, common);
  return code ? *code : failed(code.error(), kNotAnswered);
}

void add_explanation(CLI::App& app, CommonOptions& common, Action& chosen) {
  static ScalingArguments arguments;
  CLI::App* command = app.add_subcommand(
      "scaling", "Say why autoscalers do or do not scale, where pending pods could go, and which nodes could go");
  command->add_option("autoscaler", arguments.autoscaler, "hpa/NAMESPACE/NAME for one autoscaler; none for everything");
  command->add_option("--against", arguments.against,
                      "A directory of manifests, nodes among them, that stands for the running system");
  command->add_option("--data", common.data_directory, "The data directory of the running Capstan");
  command->add_option("-c,--config", arguments.config, "A directory with settings, for --against")
      ->capture_default_str();
  command->add_option("--cluster", arguments.cluster, "The cluster, where there are several");
  command->add_option("-o,--output", arguments.output, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->callback([&] { chosen = [&common] { return run_scaling(arguments, common); }; });
}

}  // namespace

void add_scaling(CLI::App& app, CommonOptions& common, Action& chosen) {
  add_whatif(app, common, chosen);
  add_explanation(app, common, chosen);
}

}  // namespace capstan::cli
