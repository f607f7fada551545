// aws: any operation of any AWS service, waiting for its states, and URLs that are signed beforehand.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>

#include "base/file.h"
#include "cli/command.h"
#include "connect/aws/aws_client.h"

namespace capstan::cli {
namespace {

struct AwsArguments {
  std::string service;
  std::string operation;  // Or a waiter.
  std::string input = "{}";
  std::string region;
  std::string endpoint;
  std::string profile;
  std::string role;
  std::string external_id;
  std::vector<std::string> models;
  int expires_s = 900;
  bool all_pages = false;
  bool fips = false;
  bool dualstack = false;
  bool adaptive = false;
  bool allow_unknown_values = false;
};

aws::Environment own_environment() {
  aws::Environment environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const size_t equals = text.find('=');
    if (equals != std::string_view::npos) environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

// Those of --models, else of CAPSTAN_AWS_MODELS (with colons between them), and Debian's after them.
std::vector<std::filesystem::path> model_directories(const AwsArguments& arguments) {
  std::vector<std::filesystem::path> directories(arguments.models.begin(), arguments.models.end());
  const char* set = std::getenv("CAPSTAN_AWS_MODELS");
  std::string_view rest = directories.empty() && set != nullptr ? set : "";
  while (!rest.empty()) {
    const size_t colon = rest.find(':');
    if (colon != 0) directories.emplace_back(rest.substr(0, colon));
    rest.remove_prefix(colon == std::string_view::npos ? rest.size() : colon + 1);
  }
  directories.emplace_back(aws::kBotocoreModels);
  return directories;
}

// JSON as it is, or @FILE.
Result<Json> read_input(const std::string& text) {
  if (!text.starts_with('@')) return Json::parse(text, "--input");
  const std::string file = text.substr(1);
  return Json::parse(TRY(read_file(file)), file);
}

class AwsSession {
 public:
  explicit AwsSession(const AwsArguments& arguments)
      : client_({.model_directories = model_directories(arguments),
                 .profile = arguments.profile,
                 .region = arguments.region,
                 .endpoints = {{"", arguments.endpoint}},
                 .variant = {arguments.fips, arguments.dualstack},
                 .retry_mode = arguments.adaptive ? std::optional(aws::RetryMode::kAdaptive) : std::nullopt},
                {http_, clock_, random_, own_environment(), aws::pause_for}) {}

  aws::AwsClient& client() { return client_; }

 private:
  CurlHttpClient http_;
  SystemClock clock_;
  SystemRandom random_;
  aws::AwsClient client_;
};

aws::CallOptions options_of(const AwsArguments& arguments) {
  return {.role = {.arn = arguments.role, .external_id = arguments.external_id},
          .input = {.allow_unknown_values = arguments.allow_unknown_values}};
}

Result<Json> call(aws::AwsClient& client, const AwsArguments& arguments) {
  const Json input = TRY(read_input(arguments.input));
  const aws::CallOptions options = options_of(arguments);
  const Json output = arguments.all_pages
                          ? TRY(client.call_all(arguments.service, arguments.operation, input, {}, options))
                          : TRY(client.call(arguments.service, arguments.operation, input, options));
  return aws::without_secrets(*TRY(client.models().service(arguments.service)), arguments.operation, output);
}

Result<Json> wait(aws::AwsClient& client, const AwsArguments& arguments) {
  const auto model = TRY(client.models().service(arguments.service));
  const std::string& operation = TRY(model->waiter(arguments.operation))->operation;
  const Json output =
      TRY(client.wait(arguments.service, arguments.operation, TRY(read_input(arguments.input)), options_of(arguments)));
  return aws::without_secrets(*model, operation, output);
}

int print(const Result<Json>& output) {
  if (!output) return failed(output.error());
  fmt::print("{}\n", output->pretty());
  return 0;
}

int print_url(aws::AwsClient& client, const AwsArguments& arguments) {
  Result<Json> input = read_input(arguments.input);
  if (!input) return failed(input.error());
  const auto url = client.presigned_url(arguments.service, arguments.operation, std::move(*input), arguments.expires_s,
                                        options_of(arguments));
  if (!url) return failed(url.error());
  fmt::print("{}\n", *url);
  return 0;
}

void add_common(CLI::App* command, AwsArguments& arguments, const std::string& what) {
  command->add_option("service", arguments.service, "The service: iam, s3, autoscaling, eks …")->required();
  command->add_option("operation", arguments.operation, what)->required();
  command->add_option("--input", arguments.input, "JSON in the shape of the operation's input, or @FILE");
  command->add_option("--region", arguments.region, "Else AWS_REGION or the profile's");
  command->add_option("--endpoint", arguments.endpoint, "A URL in place of AWS' own endpoint");
  command->add_option("--profile", arguments.profile, "Of ~/.aws/config; else AWS_PROFILE");
  command->add_option("--role", arguments.role, "The ARN of a role to take on");
  command->add_option("--external-id", arguments.external_id, "What the role's account asks for");
  command->add_option("--models", arguments.models, "Directories of service models; else CAPSTAN_AWS_MODELS");
  command->add_flag("--fips", arguments.fips, "Endpoints for FIPS 140");
  command->add_flag("--dualstack", arguments.dualstack, "Endpoints that have IPv6");
  command->add_flag("--adaptive", arguments.adaptive, "Go slower when the service asks for it");
  command->add_flag("--allow-unknown-values", arguments.allow_unknown_values,
                    "Let values pass that the model does not list, longer ones, those of another pattern");
}

}  // namespace

void add_aws(CLI::App& app, Action& chosen) {
  static AwsArguments arguments;
  CLI::App* aws = app.add_subcommand("aws", "Any operation of any AWS service");
  aws->require_subcommand(1);

  CLI::App* calling = aws->add_subcommand("call", "Call an operation and print its output; secrets are masked");
  add_common(calling, arguments, "The operation: ListRoles");
  calling->add_flag("--all-pages", arguments.all_pages, "All pages as one");
  calling->callback([&chosen] { chosen = [] { return print(call(AwsSession(arguments).client(), arguments)); }; });

  CLI::App* waiting = aws->add_subcommand("wait", "Wait until a resource is as the model's waiter wants it");
  add_common(waiting, arguments, "The waiter: ClusterActive");
  waiting->callback([&chosen] { chosen = [] { return print(wait(AwsSession(arguments).client(), arguments)); }; });

  CLI::App* presigning =
      aws->add_subcommand("presign", "Print a URL that calls an operation; it is as good as a secret");
  add_common(presigning, arguments, "The operation: GetObject");
  presigning->add_option("--expires", arguments.expires_s, "Seconds that it is good for");
  presigning->callback([&chosen] { chosen = [] { return print_url(AwsSession(arguments).client(), arguments); }; });
}

}  // namespace capstan::cli
