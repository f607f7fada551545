#include "connect/git/git_checkout.h"

#include <fmt/format.h>

#include <cstdlib>
#include <vector>

#include "base/crypto.h"
#include "base/file.h"
#include "base/mask_secrets.h"
#include "base/subprocess.h"

namespace capstan::git {
namespace {

constexpr Duration kTimeLimit{120'000};
constexpr size_t kLongestSaid = 400;
constexpr std::string_view kRefCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/-+";

// For a program that must neither ask, nor read anybody's settings. The token is in the environment: arguments and
// files can be read by others.
std::vector<std::pair<std::string, std::string>> environment_for(const GitSource& source,
                                                                 const std::filesystem::path& directory) {
  std::vector<std::pair<std::string, std::string>> environment = {{"PATH", "/usr/local/bin:/usr/bin:/bin"},
                                                                  {"LANG", "C.UTF-8"},
                                                                  {"HOME", directory.parent_path().string()},
                                                                  {"GIT_CONFIG_NOSYSTEM", "1"},
                                                                  {"GIT_CONFIG_GLOBAL", "/dev/null"},
                                                                  {"GIT_TERMINAL_PROMPT", "0"},
                                                                  {"GIT_ALLOW_PROTOCOL", "file:https:http:ssh:git"},
                                                                  {"GIT_SSH_COMMAND", "ssh -o BatchMode=yes"}};
  std::vector<std::pair<std::string, std::string>> settings = {{"core.hooksPath", "/dev/null"},
                                                               {"core.symlinks", "false"},
                                                               {"core.fsmonitor", "false"},
                                                               {"http.followRedirects", "false"},
                                                               {"gc.autoDetach", "false"}};
  if (!source.token.empty()) {
    settings.emplace_back(fmt::format("http.{}.extraHeader", source.repository),
                          "Authorization: Basic " + base64("capstan:" + source.token.reveal()));
  }
  environment.emplace_back("GIT_CONFIG_COUNT", std::to_string(settings.size()));
  for (size_t i = 0; i < settings.size(); ++i) {
    environment.emplace_back(fmt::format("GIT_CONFIG_KEY_{}", i), settings[i].first);
    environment.emplace_back(fmt::format("GIT_CONFIG_VALUE_{}", i), settings[i].second);
  }
  return environment;
}

// The last line, where git says why.
std::string reason_of(const std::string& errors) {
  std::string text = errors.substr(0, errors.find_last_not_of(" \n") + 1);
  if (const size_t fatal = text.find("fatal: "); fatal != std::string::npos) text = text.substr(fatal + 7);
  for (char& c : text) c = static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  return mask_argument(text.substr(0, kLongestSaid));
}

}  // namespace

Status check_source(const std::string& repository, const std::string& ref) {
  if (repository.empty() || repository.front() == '-' || repository.find("::") != std::string::npos) {
    return fail(ErrorCode::kInvalidArgument, "a repository is a path or a URL");
  }
  const size_t host = repository.find("://");
  const std::string user =
      host == std::string::npos ? "" : repository.substr(host + 3, repository.find('/', host + 3) - host - 3);
  // Over HTTP a name alone may be a token.
  const bool holds_secret =
      user.find('@') != std::string::npos && (repository.starts_with("http") || user.find(':') < user.find('@'));
  if (holds_secret) {
    return fail(ErrorCode::kInvalidArgument,
                "a repository's URL must not hold a user or a password: name it by 'token'");
  }
  const bool is_plain = ref.find_first_not_of(kRefCharacters) == std::string::npos;
  if (!is_plain || ref.starts_with('-') || ref.find("..") != std::string::npos) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' is no branch or tag", ref));
  }
  return {};
}

Result<std::string> GitCheckout::git(std::vector<std::string> arguments, const GitSource& source,
                                     const std::stop_token& stop) {
  ProgramSpec spec;
  // No file that git writes, a pack among them, becomes larger; `ulimit` counts in blocks of 512 bytes.
  spec.argv = {"/bin/sh", "-c", fmt::format("ulimit -f {}; exec git \"$@\"", max_bytes_ / 512), "git"};
  spec.argv.insert(spec.argv.end(), arguments.begin(), arguments.end());
  spec.environment = environment_for(source, directory_);
  spec.directory = directory_.string();
  spec.time_limit = kTimeLimit;
  const ProgramOutcome outcome = TRY(run_program(spec, clock_, stop));
  if (outcome.succeeded()) return outcome.out.substr(0, outcome.out.find('\n'));
  return fail(ErrorCode::kUnavailable,
              fmt::format("git {}: {}", arguments.front(),
                          outcome.err.empty() ? outcome.describe(spec) : reason_of(outcome.err)));
}

Status GitCheckout::check_size(const std::stop_token& stop) {
  uint64_t bytes = 0;
  std::error_code none;
  for (std::filesystem::recursive_directory_iterator entry(directory_, none), end; !none && entry != end;
       entry.increment(none)) {
    std::error_code unreadable;
    const uintmax_t size = entry->is_regular_file(unreadable) ? entry->file_size(unreadable) : 0;
    if (!unreadable) bytes += size;
    if (bytes > max_bytes_ || stop.stop_requested()) break;
  }
  if (bytes <= max_bytes_) return {};
  std::filesystem::remove_all(directory_, none);
  return fail(ErrorCode::kResourceExhausted, fmt::format("the repository takes more than {} MiB", max_bytes_ >> 20));
}

Result<std::string> GitCheckout::fetch(const GitSource& source, const std::stop_token& stop) {
  TRY(check_source(source.repository, source.ref));
  std::error_code error;
  std::filesystem::create_directories(directory_, error);
  if (error) return fail(errno_code(error.value()), fmt::format("cannot make {}", directory_.string()));
  if (!std::filesystem::exists(directory_ / ".git", error)) TRY(git({"init", "-q"}, source, stop));
  TRY(git({"fetch", "-q", "--depth=1", "--no-tags", "--force", "--no-recurse-submodules", "--", source.repository,
           source.ref.empty() ? "HEAD" : source.ref},
          source, stop));
  TRY(check_size(stop));
  TRY(git({"checkout", "-q", "--force", "--detach", "FETCH_HEAD"}, source, stop));
  return git({"rev-parse", "HEAD"}, source, stop);
}

}  // namespace capstan::git
