#include "connect/exec/program_run.h"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>

#include "connect/exec/allowed_program.h"
#include "service/verb_scope.h"

namespace capstan::exec {
namespace {

constexpr size_t kLargestInput = 16 << 20;

using Variables = std::vector<std::pair<std::string, std::string>>;

void set_variable(Variables& variables, std::string_view name, std::string value) {
  for (auto& [known, old] : variables) {
    if (known != name) continue;
    old = std::move(value);
    return;
  }
  variables.emplace_back(name, std::move(value));
}

// Where programs look for their own settings.
void set_home(Variables& variables, const std::string& user) {
  passwd entry{};
  passwd* found = nullptr;
  char buffer[16384];
  if (user.empty())
    ::getpwuid_r(::geteuid(), &entry, buffer, sizeof(buffer), &found);
  else
    ::getpwnam_r(user.c_str(), &entry, buffer, sizeof(buffer), &found);
  if (!found) return;
  set_variable(variables, "HOME", found->pw_dir);
  set_variable(variables, "USER", found->pw_name);
  set_variable(variables, "LOGNAME", found->pw_name);
}

Result<std::string> plain(const service::Template& text, const Json& value) {
  std::string filled = value.is_string()                      ? value.string_or_empty()
                       : value.is_number() || value.is_bool() ? value.dump()
                                                              : std::string();
  if (filled.empty() && !value.is_string()) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' is a list or an object; expected a text", text.text()));
  }
  if (filled.contains('\0')) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("the value of '{}' has a zero byte, which no argument or variable can hold", text.text()));
  }
  return filled;
}

bool begins_with_place(const service::Template& text) { return text.text().starts_with("{{"); }

class Maker {
 public:
  Maker(const RunContext& context, const Invocation& invocation, const service::Scope& scope)
      : context_(context), invocation_(invocation), scope_(scope) {}

  Result<ReadyRun> make() {
    ProgramSpec& program = ready_.program;
    program.whole_family = true;
    program.time_limit = invocation_.timeout;
    program.grace = context_.verb.grace;
    program.output_limit = 0;  // Whoever listens keeps what it needs.
    program.user = TRY(find_allowed_user(context_.settings, context_.verb.user));
    program.directory = context_.verb.directory.empty() ? context_.settings.directory : context_.verb.directory;
    TRY(check_directory(program.directory, program.user));
    program.argv.push_back(TRY(find_allowed_program(context_.settings, invocation_.run.front().text())));
    TRY(add_arguments());
    service::Scope with_secrets = scope_;
    TRY(service::add_secrets(with_secrets, context_.verb.secrets, context_.secrets));
    for (const auto& [name, value] : with_secrets.secrets.members()) ready_.secrets.push_back(value.string_or_empty());
    TRY(add_environment(with_secrets));
    if (invocation_.input) {
      program.input = TRY(input_text(TRY(invocation_.input->fill(with_secrets))));
      if (program.input.size() > kLargestInput)
        return fail(ErrorCode::kResourceExhausted, fmt::format("its input is larger than {} bytes", kLargestInput));
    }
    return std::move(ready_);
  }

 private:
  Status add_arguments() {
    service::Scope open = scope_;
    open.secrets = Json::object();
    bool options_ended = false;
    for (size_t i = 1; i < invocation_.run.size(); ++i) {
      const service::Template& argument = invocation_.run[i];
      const Json value = TRY(argument.fill(open));
      if (value.is_null() && argument.has_places()) continue;
      std::string text = TRY(plain(argument, value));
      if (begins_with_place(argument) && text.starts_with('-') && !options_ended) {
        return fail(ErrorCode::kInvalidArgument,
                    fmt::format("the value of '{}' begins with '-': it would be an option; where that is meant, write "
                                "the option before it, or \"--\" as an argument of its own",
                                argument.text()));
      }
      options_ended = options_ended || argument.text() == "--";
      ready_.program.argv.push_back(std::move(text));
    }
    return {};
  }

  // Whether a value refers to a secret tells what is written, never what fills a place.
  Status add_environment(const service::Scope& with_secrets) {
    Variables& variables = ready_.program.environment;
    set_home(variables, ready_.program.user);
    for (const auto& [name, text] : invocation_.environment) {
      const Json value = TRY(text.fill(with_secrets));
      if (value.is_null() && text.has_places()) continue;
      std::string filled = TRY(plain(text, value));
      if (is_secret_reference(text.text())) {
        const Secret secret = TRY(context_.secrets.get(filled));
        filled = secret.reveal();
        if (filled.contains('\0'))
          return fail(ErrorCode::kInvalidArgument, fmt::format("the secret for {} has a zero byte", name));
        ready_.secrets.push_back(filled);
      }
      set_variable(variables, name, std::move(filled));
    }
    return {};
  }

  // Whatever is no text goes in as JSON.
  static Result<std::string> input_text(const Json& value) {
    if (value.is_null()) return std::string();
    return value.is_string() ? value.string_or_empty() : value.dump();
  }

  const RunContext& context_;
  const Invocation& invocation_;
  const service::Scope& scope_;
  ReadyRun ready_;
};

bool needs_quotes(std::string_view argument) {
  constexpr std::string_view kSafe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:@%,";
  return argument.empty() || argument.find_first_not_of(kSafe) != std::string_view::npos;
}

}  // namespace

Result<ReadyRun> make_run(const RunContext& context, const Invocation& invocation, const service::Scope& scope) {
  return Maker(context, invocation, scope).make();
}

std::string command_line(const ProgramSpec& program) {
  std::string line = "$";
  for (const std::string& argument : program.argv) {
    if (!needs_quotes(argument)) {
      line += " " + argument;
      continue;
    }
    std::string quoted;
    for (const char c : argument) quoted += c == '\'' ? "'\\''" : std::string(1, c);
    line += " '" + quoted + "'";
  }
  return line;
}

}  // namespace capstan::exec
