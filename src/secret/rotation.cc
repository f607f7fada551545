#include "secret/rotation.h"

#include <fmt/format.h>

#include <charconv>

namespace capstan::secret {
namespace {

constexpr std::string_view kCurrent = "password";
constexpr std::string_view kPending = "pending_password";
constexpr std::string_view kTries = "pending_tries";

class Rotation {
 public:
  Rotation(const RotationParts& parts, std::string_view path) : parts_(parts), path_(path) {}

  Status load();
  Status load_if_there();
  Result<RotationReport> issue();
  bool is_pending() const { return record_.fields.contains(kPending); }

  Status begin();
  Status claim();
  Result<RotationReport> set_and_prove(bool is_first);
  Result<RotationReport> find_out();
  Result<RotationReport> end_with(RotationEnd end);

 private:
  const Secret& field(std::string_view name) const { return record_.fields.find(name)->second; }
  int tries() const;
  Status save(SecretFields fields);
  LoginAnswer log_in(std::string_view name);
  Result<RotationReport> promote();
  Result<RotationReport> drop_pending();
  Result<RotationReport> prove(std::string_view first, std::string_view second);
  Result<RotationReport> judge(std::string_view name);

  const RotationParts& parts_;
  const std::string path_;
  SecretRecord record_;
  RotationReport report_;
};

Status Rotation::load() {
  record_ = TRY(parts_.store.read(path_));
  report_.version = record_.version.version;
  if (record_.fields.contains(kCurrent)) return {};
  return fail(ErrorCode::kFailedPrecondition,
              fmt::format("the secret {} has no field '{}', so there is nothing to rotate", path_, kCurrent));
}

// Of a record that may not exist yet.
Status Rotation::load_if_there() {
  Result<SecretRecord> found = parts_.store.read(path_);
  if (found)
    record_ = std::move(*found);
  else if (found.error().code != ErrorCode::kNotFound)
    return fail(found.error());
  report_.version = record_.version.version;
  return {};
}

Result<RotationReport> Rotation::issue() {
  // A password that works is one that an earlier call has issued. One that does not is of an account that is no more,
  // whose record stays when it goes; the next account of its name is issued like any other.
  if (!is_pending() && record_.fields.contains(kCurrent)) {
    const LoginAnswer known = log_in(kCurrent);
    if (known == LoginAnswer::kWorks) return end_with(RotationEnd::kRotated);
    if (known == LoginAnswer::kCannotTell) return end_with(RotationEnd::kCannotTell);
  }
  bool is_first = false;
  if (is_pending()) {
    TRY(claim());
    const LoginAnswer known = log_in(kPending);
    if (known == LoginAnswer::kWorks) return promote();
    if (known == LoginAnswer::kCannotTell) return end_with(RotationEnd::kCannotTell);
  } else {
    is_first = true;
    TRY(begin());
  }
  const SetAnswer set = parts_.set_password(Secret(), field(kPending));
  switch (log_in(kPending)) {
    case LoginAnswer::kWorks: return promote();
    case LoginAnswer::kCannotTell: return end_with(RotationEnd::kCannotTell);
    case LoginAnswer::kRefused: break;
  }
  if (set == SetAnswer::kCannotTell) return end_with(RotationEnd::kCannotTell);
  // Nobody else can have asked for it: the next attempt makes another, as the rules of the portal may be stricter.
  return is_first ? drop_pending() : end_with(RotationEnd::kRefused);
}

int Rotation::tries() const {
  const auto found = record_.fields.find(kTries);
  int tries = 0;
  if (found == record_.fields.end()) return tries;
  const std::string& text = found->second.reveal();
  std::from_chars(text.data(), text.data() + text.size(), tries);
  return tries;
}

Status Rotation::save(SecretFields fields) {
  report_.version = TRY(parts_.store.write(path_, fields, record_.version.version));
  record_.fields = std::move(fields);
  record_.version.version = report_.version;
  return {};
}

// From here on the new password may be in force at any moment.
Status Rotation::begin() {
  SecretFields fields = record_.fields;
  fields[std::string(kPending)] = TRY(parts_.make_password());
  fields[std::string(kTries)] = Secret("1");
  return save(std::move(fields));
}

// Counts before logins are spent, and stops whoever else is at it: their next write fails.
Status Rotation::claim() {
  if (tries() >= kMostTries) {
    return fail(ErrorCode::kFailedPrecondition,
                fmt::format("{} attempts could not end the rotation of the secret {}: find out which of '{}' and '{}' "
                            "works, and write it as the only '{}'",
                            tries(), path_, kCurrent, kPending, kCurrent));
  }
  SecretFields fields = record_.fields;
  fields[std::string(kTries)] = Secret(std::to_string(tries() + 1));
  return save(std::move(fields));
}

LoginAnswer Rotation::log_in(std::string_view name) {
  ++report_.logins;
  const LoginAnswer answer = parts_.try_login(field(name));
  if (answer == LoginAnswer::kRefused) ++report_.refused;
  return answer;
}

Result<RotationReport> Rotation::set_and_prove(bool is_first) {
  const SetAnswer set = parts_.set_password(field(kCurrent), field(kPending));
  if (set != SetAnswer::kRefused) return prove(kPending, kCurrent);
  RotationReport proven = TRY(prove(kCurrent, kPending));
  // An earlier request for the same may still be under way, unless this was the first.
  if (proven.end == RotationEnd::kCurrentWorks && is_first) return drop_pending();
  return proven;
}

Result<RotationReport> Rotation::find_out() { return prove(kPending, kCurrent); }

Result<RotationReport> Rotation::prove(std::string_view first, std::string_view second) {
  for (const std::string_view name : {first, second}) {
    if (report_.refused >= kMostRefused) return end_with(RotationEnd::kCannotTell);
    switch (log_in(name)) {
      case LoginAnswer::kWorks: return judge(name);
      case LoginAnswer::kCannotTell: return end_with(RotationEnd::kCannotTell);
      case LoginAnswer::kRefused: break;
    }
  }
  return end_with(RotationEnd::kNeitherWorks);
}

Result<RotationReport> Rotation::judge(std::string_view name) {
  if (name == kPending) return promote();
  return end_with(RotationEnd::kCurrentWorks);
}

Result<RotationReport> Rotation::promote() {
  SecretFields fields = record_.fields;
  fields[std::string(kCurrent)] = field(kPending);
  fields.erase(fields.find(kPending));
  fields.erase(std::string(kTries));
  for (const auto& [name, text] : parts_.marks) fields[name] = Secret(text);
  TRY(save(std::move(fields)));
  return end_with(RotationEnd::kRotated);
}

Result<RotationReport> Rotation::drop_pending() {
  SecretFields fields = record_.fields;
  fields.erase(fields.find(kPending));
  fields.erase(std::string(kTries));
  if (fields.empty()) {
    TRY(parts_.store.remove_all(path_));
    record_ = {};
    report_.version = 0;
  } else {
    TRY(save(std::move(fields)));
  }
  return end_with(RotationEnd::kRefused);
}

Result<RotationReport> Rotation::end_with(RotationEnd end) {
  report_.end = end;
  // A portal that is down spends no logins: that call does not count.
  if (end == RotationEnd::kCannotTell && report_.refused == 0 && tries() > 0) {
    SecretFields fields = record_.fields;
    fields[std::string(kTries)] = Secret(std::to_string(tries() - 1));
    TRY(save(std::move(fields)));
  }
  return report_;
}

}  // namespace

Result<RotationReport> rotate_password(const RotationParts& parts, std::string_view path) {
  Rotation rotation(parts, path);
  TRY(rotation.load());
  if (!rotation.is_pending()) {
    TRY(rotation.begin());
    return rotation.set_and_prove(true);
  }
  TRY(rotation.claim());
  const RotationReport found = TRY(rotation.find_out());
  if (found.end != RotationEnd::kCurrentWorks) return found;
  return rotation.set_and_prove(false);
}

Result<RotationReport> issue_password(const RotationParts& parts, std::string_view path) {
  Rotation rotation(parts, path);
  TRY(rotation.load_if_there());
  return rotation.issue();
}

Result<RotationReport> recover_password(const RotationParts& parts, std::string_view path) {
  Rotation rotation(parts, path);
  TRY(rotation.load());
  if (!rotation.is_pending()) return rotation.end_with(RotationEnd::kCurrentWorks);
  TRY(rotation.claim());
  return rotation.find_out();
}

}  // namespace capstan::secret
