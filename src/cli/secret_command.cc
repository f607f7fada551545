// secret: what is in the store of secrets. Values come from the standard input or a prompt, never from an argument,
// which every process of the machine can read.
#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>

#include "base/random.h"
#include "cli/command.h"
#include "cli/hidden_prompt.h"
#include "cli/packs.h"
#include "ledger/data_directory.h"
#include "ledger/ledger.h"
#include "loop/password_desk.h"
#include "loop/secret_desk.h"
#include "loop/settings.h"
#include "secret/masking_list.h"
#include "secret/reference_store.h"
#include "secret/secret_questions.h"

namespace capstan::cli {
namespace {

struct SecretArguments {
  std::string config_directory = "config";  // Read only when no Capstan runs.
  std::string path;
  std::vector<std::string> fields;
  std::string field;
  std::string policy;
  std::string key;
  int64_t version = -1;
  bool reveal = false;
  bool destroys = false;
  bool all = false;
};

std::string local_actor() {
  const passwd* user = ::getpwuid(::geteuid());
  return "local:" + (user ? std::string(user->pw_name) : std::to_string(::geteuid()));
}

// While nothing runs: the store as the settings name it, under the lock of the directory.
Result<Json> ask_offline(const std::string& data, const std::string& config_directory, const std::string& what,
                         const Json& question) {
  keep_files_private();
  const ledger::DataDirectory directory = TRY(ledger::DataDirectory::lock(data));
  const SystemClock clock;
  SystemRandom random;
  loop::ConfigTree config({TRY(unpack_packs(directory.file("packs")))}, config_directory);
  config.refresh();
  const loop::ReadSettings read = loop::read_settings(config, {});
  // With half of the settings the secrets might be written to another store.
  if (!config.problems().empty()) return fail(config.problems().begin()->second);
  if (!read.problems.empty()) return fail(read.problems.front());
  const auto ledger = TRY(ledger::Ledger::open(directory.file("ledger.db"), {}, clock, random));
  CurlHttpClient http;
  secret::MaskingList known;
  const secret::ReferenceStore references(secret::process_environment(), known);
  loop::SecretDesk desk({.directory = directory.path(),
                         .clock = clock,
                         .random = random,
                         .http = http,
                         .references = references,
                         .heard = [&known](std::string_view heard) { known.add(heard); },
                         .report = [](const std::string&) {}});
  desk.apply(read.settings.secrets, read.settings.vault);
  loop::PasswordDesk passwords([&] { return desk.store(); },
                               [&](const std::string& policy) { return desk.generate(policy); }, random);
  (void)passwords.load(config);  // A policy with a mistake is told as one that is not there.
  const secret::SecretQuestions service(
      {.clock = clock,
       .store = [&] { return desk.store(); },
       .rekey = [&](std::string_view key) { return desk.rekey(key); },
       .generate = [&](std::string_view policy) { return passwords.make(std::string(policy)); },
       .record = [&](NewFact fact) -> Status {
         TRY(ledger->append_one(std::move(fact)));
         return {};
       }});
  return service.answer(what, question, local_actor());
}

Result<Json> ask(const CommonOptions& common, const SecretArguments& arguments, const std::string& what,
                 const Json& question) {
  if (TRY(ledger::DataDirectory::holder(common.data_directory))) {
    ApiClient client = TRY(ApiClient::connect(common.data_directory));
    return client.post("/capstan/v1/secrets/" + what, question);
  }
  return ask_offline(common.data_directory, arguments.config_directory, what, question);
}

// At a terminal each is asked for. Else one field takes all of the standard input but its last line break, several take
// a line each.
Result<Json> read_values(const std::vector<std::string>& fields) {
  Json values = Json::object();
  if (::isatty(STDIN_FILENO)) {
    for (const std::string& field : fields) values.set(field, TRY(ask_hidden(field)));
    return values;
  }
  if (fields.size() == 1) {
    std::string text((std::istreambuf_iterator<char>(std::cin)), std::istreambuf_iterator<char>());
    if (text.ends_with('\n')) text.pop_back();
    values.set(fields.front(), std::move(text));
    return values;
  }
  for (const std::string& field : fields) {
    std::string line;
    if (!std::getline(std::cin, line)) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("the standard input has no line for '{}': expected one for each field", field));
    }
    values.set(field, std::move(line));
  }
  return values;
}

Json question_of(const SecretArguments& arguments) {
  Json question = Json::object({{"path", arguments.path}});
  if (arguments.version >= 0) question.set("version", arguments.version);
  return question;
}

void print_written(const Json& answer) {
  fmt::print("{} is at version {}\n", cell(answer["path"]), answer["version"].int_or(0));
}

void print_record(const Json& answer, const std::string& field) {
  if (!field.empty()) {
    // As it is: for a pipe.
    fmt::print("{}\n", answer["values"][field].string_or_empty());
    return;
  }
  std::vector<std::vector<std::string>> rows;
  for (const auto& [name, value] : answer["values"].members()) rows.push_back({printable(name), cell(value)});
  for (const Json& name : answer["fields"].items()) rows.push_back({cell(name), "(--reveal shows it)"});
  fmt::print("{} version {} of {}\n", cell(answer["path"]), answer["version"].int_or(0), short_time(answer["created"]));
  print_table({"FIELD", "VALUE"}, rows);
}

void print_versions(const Json& answer) {
  std::vector<std::vector<std::string>> rows;
  for (const Json& version : answer["versions"].items()) {
    const bool destroyed = version["destroyed"].bool_or(false);
    rows.push_back({cell(version["version"]), short_time(version["created"]),
                    destroyed                     ? "destroyed"
                    : version.contains("deleted") ? "deleted"
                                                  : ""});
  }
  print_table({"VERSION", "CREATED", "STATE"}, rows);
}

using Print = std::function<void(const Json&)>;

int show(const CommonOptions& common, const Result<Json>& answer, const Print& print) {
  if (!answer) return failed(answer.error());
  if (common.json) {
    fmt::print("{}\n", answer->pretty());
  } else {
    print(*answer);
  }
  return 0;
}

int put(const CommonOptions& common, const SecretArguments& arguments) {
  Result<Json> values = read_values(arguments.fields);
  if (!values) return failed(values.error());
  Json question = question_of(arguments);
  question.set("fields", *std::move(values));
  return show(common, ask(common, arguments, "put", question), print_written);
}

int get(const CommonOptions& common, const SecretArguments& arguments) {
  if (!arguments.field.empty() && !arguments.reveal) {
    return failed({ErrorCode::kInvalidArgument, "--field prints a value, which needs --reveal", {}});
  }
  Json question = question_of(arguments);
  if (arguments.reveal) question.set("reveal", true);
  const Result<Json> answer = ask(common, arguments, "get", question);
  if (answer && !arguments.field.empty() && !(*answer)["values"].contains(arguments.field)) {
    return failed({ErrorCode::kNotFound, fmt::format("the secret has no field {}", arguments.field), {}});
  }
  return show(common, answer, [&](const Json& shown) { print_record(shown, arguments.field); });
}

int list(const CommonOptions& common, const SecretArguments& arguments) {
  return show(common, ask(common, arguments, "list", Json::object({{"prefix", arguments.path}})),
              [](const Json& answer) {
                for (const Json& name : answer["names"].items()) fmt::print("{}\n", cell(name));
              });
}

int remove(const CommonOptions& common, const SecretArguments& arguments) {
  if (arguments.all == (arguments.version >= 0)) {
    return failed({ErrorCode::kInvalidArgument, "say what to delete: --version N, or --all", {}});
  }
  Json question = question_of(arguments);
  if (arguments.destroys) question.set("destroy", true);
  return show(common, ask(common, arguments, "delete", question), [](const Json& answer) {
    const std::string version = cell(answer["version"]);
    fmt::print("{}{} is {}\n", version.empty() ? "" : "version " + version + " of ", cell(answer["path"]),
               answer["destroyed"].bool_or(false) ? "destroyed" : "deleted");
  });
}

int rekey(const CommonOptions& common, const SecretArguments& arguments) {
  const Json question = arguments.key.empty() ? Json::object() : Json::object({{"key", arguments.key}});
  return show(common, ask(common, arguments, "rekey", question), [&](const Json&) {
    fmt::print("the secrets are sealed with a new key\n");
    if (!arguments.key.empty()) fmt::print("set 'secrets: {{ key: {} }}' in the settings now\n", arguments.key);
  });
}

int generate(const CommonOptions& common, const SecretArguments& arguments) {
  Json question = Json::object({{"policy", arguments.policy}});
  if (!arguments.path.empty()) question.set("path", arguments.path);
  if (!arguments.field.empty()) question.set("field", arguments.field);
  return show(common, ask(common, arguments, "generate", question), [&](const Json& answer) {
    if (!arguments.path.empty()) return print_written(answer);
    fmt::print("{}\n", answer["password"].string_or_empty());
  });
}

}  // namespace

void add_secret(CLI::App& app, CommonOptions& common, Action& chosen) {
  static SecretArguments arguments;
  CLI::App* secret = app.add_subcommand("secret", "The store of secrets: passwords, tokens and their versions");
  secret->require_subcommand(1);
  const auto add = [&](const char* name, const char* says, int (*run)(const CommonOptions&, const SecretArguments&)) {
    CLI::App* command = secret->add_subcommand(name, says);
    command->add_option("--data", common.data_directory, "The data directory");
    command->add_option("-c,--config", arguments.config_directory, "The settings, where no Capstan runs")
        ->check(CLI::ExistingDirectory);
    command->add_flag("--json", common.json, "The API's answer as it is");
    command->callback([&common, &chosen, run] { chosen = [&common, run] { return run(common, arguments); }; });
    return command;
  };
  const auto add_path = [&](CLI::App* command) { return command->add_option("path", arguments.path, "trial/portal"); };

  CLI::App* command = add("put", "Write fields, read from the standard input or asked for; the others stay", put);
  add_path(command)->required();
  command->add_option("fields", arguments.fields, "The names of the fields")->required();
  command->add_option("--version", arguments.version,
                      "Only when this is the newest version; 0: only when there is none");
  command = add("get", "Show a secret; its values only with --reveal, which is written down", get);
  add_path(command)->required();
  command->add_option("--version", arguments.version, "Not the newest");
  command->add_option("--field", arguments.field, "Print this value alone");
  command->add_flag("--reveal", arguments.reveal, "Show the values");
  add_path(add("list", "The names below a path", list));
  add_path(add("versions", "The versions of a secret", [](const CommonOptions& options, const SecretArguments& asked) {
    return show(options, ask(options, asked, "versions", question_of(asked)), print_versions);
  }))->required();
  command = add("delete", "Delete a version of a secret, or all of it", remove);
  add_path(command)->required();
  command->add_option("--version", arguments.version, "This version");
  command->add_flag("--destroy", arguments.destroys, "For good");
  command->add_flag("--all", arguments.all, "The secret with all its versions");
  command = add("rekey", "Seal the store with a new key", rekey);
  command->add_option("--key", arguments.key, "file:/path, env:NAME or credential:NAME; default: a new secrets.key");
  command = add("generate", "Make a password: store it at a path, or print it", generate);
  add_path(command);
  command->add_option("--policy", arguments.policy, "Of the settings, the Vault or a pack");
  command->add_option("--field", arguments.field, "Where at the path; default: password");
}

}  // namespace capstan::cli
