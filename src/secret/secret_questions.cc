#include "secret/secret_questions.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace capstan::secret {
namespace {

Json described(const SecretVersion& version) {
  Json json = Json::object({{"version", version.version}, {"created", format_time(version.created)}});
  if (version.deleted) json.set("deleted", format_time(*version.deleted));
  if (version.destroyed) json.set("destroyed", true);
  return json;
}

Json names_of(const SecretFields& fields) {
  Json names = Json::array();
  for (const auto& [name, value] : fields) names.push_back(name);
  return names;
}

}  // namespace

// Reads the members of a question. Messages never repeat what a member holds.
class SecretQuestions::Question {
 public:
  explicit Question(const Json& json) : json_(json) {}

  std::string text(std::string_view name) {
    const Json& value = member(name);
    if (!value.is_null() && !value.is_string()) problem(fmt::format("'{}' must be text", name));
    return value.string_or_empty();
  }
  std::string required_text(std::string_view name) {
    std::string value = text(name);
    if (value.empty()) problem(fmt::format("'{}' is missing", name));
    return value;
  }
  bool flag(std::string_view name) {
    const Json& value = member(name);
    if (!value.is_null() && !value.is_bool()) problem(fmt::format("'{}' must be true or false", name));
    return value.bool_or(false);
  }
  std::optional<int64_t> number(std::string_view name) {
    const Json& value = member(name);
    if (value.is_null()) return std::nullopt;
    if (!value.is_int() || value.int_or(-1) < 0) problem(fmt::format("'{}' must be a whole number from 0", name));
    return value.int_or(0);
  }
  SecretFields fields(std::string_view name) {
    SecretFields fields;
    const Json& value = member(name);
    for (const auto& [field, text] : value.members()) {
      if (!text.is_string()) problem(fmt::format("'{}' must have texts as values", name));
      fields.emplace(field, text.string_or_empty());
    }
    if (fields.empty()) problem(fmt::format("'{}' must have at least one member", name));
    return fields;
  }
  // The first mistake. Call last.
  Status finish() {
    if (!json_.is_object() && !json_.is_null()) problem("a question about secrets must be an object");
    for (const auto& [name, value] : json_.members()) {
      if (std::ranges::find(known_, name) == known_.end()) {
        problem(fmt::format("unknown member: expected {}", fmt::join(known_, ", ")));
      }
    }
    if (problem_.empty()) return {};
    return fail(ErrorCode::kInvalidArgument, problem_);
  }

 private:
  const Json& member(std::string_view name) {
    known_.push_back(name);
    return json_[name];
  }
  void problem(std::string text) {
    if (problem_.empty()) problem_ = std::move(text);
  }

  const Json& json_;
  std::vector<std::string_view> known_;
  std::string problem_;
};

Result<Json> SecretQuestions::answer(std::string_view what, const Json& asked, std::string_view by) const {
  Question question(asked);
  if (what == "put") return put(question, by);
  if (what == "get") return get(question, by);
  if (what == "list") return list(question);
  if (what == "versions") return versions(question);
  if (what == "delete") return remove(question, by);
  if (what == "rekey") return rekey(question, by);
  if (what == "generate") return generate(question, by);
  return fail(ErrorCode::kNotFound,
              "secrets can be asked for put, get, list, versions, delete, rekey and generate only");
}

Result<Json> SecretQuestions::put(Question& question, std::string_view by) const {
  const std::string path = question.required_text("path");
  SecretFields fields = question.fields("fields");
  const std::optional<int64_t> expected = question.number("version");
  TRY(question.finish());
  return write(path, std::move(fields), expected, by);
}

// What is read and written again must not undo what somebody wrote in between.
Result<Json> SecretQuestions::write(std::string_view path, SecretFields fields, std::optional<int64_t> expected,
                                    std::string_view by) const {
  const std::shared_ptr<VersionedSecretStore> store = TRY(parts_.store());
  const Json changed = names_of(fields);
  Result<SecretRecord> before = store->read(path);
  int64_t newest = VersionedSecretStore::kMustNotExist;
  if (before) {
    newest = before->version.version;
    fields.merge(before->fields);
  } else if (before.error().code == ErrorCode::kNotFound) {
    const Result<std::vector<SecretVersion>> known = store->versions(path);
    if (known && !known->empty()) newest = known->back().version;
    if (!known && known.error().code != ErrorCode::kNotFound) return fail(known.error());
  } else {
    return fail(before.error());
  }
  if (expected && *expected != newest) return fail(version_conflict(path, *expected, newest));
  const int64_t version = TRY(store->write(path, fields, newest));
  const Json body = Json::object({{"path", path}, {"version", version}, {"fields", changed}});
  TRY(during("the secret was written, but the fact could not be", record(fact_kind::kSecretWritten, path, body, by)));
  return body;
}

Result<Json> SecretQuestions::get(Question& question, std::string_view by) const {
  const std::string path = question.required_text("path");
  const int64_t version = question.number("version").value_or(0);
  const bool reveal = question.flag("reveal");
  TRY(question.finish());
  const SecretRecord record_now = TRY(TRY(parts_.store())->read(path, version));
  Json answer = described(record_now.version);
  answer.set("path", path);
  if (!reveal) {
    answer.set("fields", names_of(record_now.fields));
    return answer;
  }
  // Before anybody sees it: what is not written down is not shown.
  TRY(record(fact_kind::kSecretRevealed, path, Json::object({{"path", path}, {"version", record_now.version.version}}),
             by));
  Json values = Json::object();
  for (const auto& [name, value] : record_now.fields) values.set(name, value.reveal());
  answer.set("values", std::move(values));
  return answer;
}

Result<Json> SecretQuestions::list(Question& question) const {
  const std::string prefix = question.text("prefix");
  TRY(question.finish());
  Json names = Json::array();
  for (const std::string& name : TRY(TRY(parts_.store())->list(prefix))) names.push_back(name);
  return Json::object({{"names", std::move(names)}});
}

Result<Json> SecretQuestions::versions(Question& question) const {
  const std::string path = question.required_text("path");
  TRY(question.finish());
  Json all = Json::array();
  for (const SecretVersion& version : TRY(TRY(parts_.store())->versions(path))) all.push_back(described(version));
  return Json::object({{"path", path}, {"versions", std::move(all)}});
}

Result<Json> SecretQuestions::remove(Question& question, std::string_view by) const {
  const std::string path = question.required_text("path");
  const std::optional<int64_t> version = question.number("version");
  const bool destroys = question.flag("destroy");
  TRY(question.finish());
  const std::shared_ptr<VersionedSecretStore> store = TRY(parts_.store());
  Json body = Json::object({{"path", path}});
  if (version) {
    TRY(destroys ? store->destroy(path, *version) : store->remove(path, *version));
    body.set("version", *version);
  } else {
    TRY(store->remove_all(path));
  }
  if (destroys) body.set("destroyed", true);
  TRY(during("the secret was deleted, but the fact could not be written",
             record(fact_kind::kSecretDeleted, path, body, by)));
  return body;
}

Result<Json> SecretQuestions::rekey(Question& question, std::string_view by) const {
  const std::string key = question.text("key");
  TRY(question.finish());
  TRY(parts_.rekey(key));
  const Json body = Json::object({{"key", key.empty() ? "secrets.key" : key}});
  TRY(during("the key was changed, but the fact could not be written",
             record(fact_kind::kSecretsRekeyed, "sealed", body, by)));
  return body;
}

Result<Json> SecretQuestions::generate(Question& question, std::string_view by) const {
  const std::string policy = question.text("policy");
  const std::string path = question.text("path");
  std::string field = question.text("field");
  TRY(question.finish());
  const Secret password = TRY(parts_.generate(policy));
  if (path.empty()) return Json::object({{"password", password.reveal()}});
  if (field.empty()) field = "password";
  return write(path, {{std::move(field), password}}, std::nullopt, by);
}

Status SecretQuestions::record(std::string_view kind, std::string_view path, Json body, std::string_view by) const {
  return parts_.record({.at = parts_.clock.now(),
                        .kind = std::string(kind),
                        .subject = fmt::format("secret:{}", path),
                        .body = std::move(body),
                        .cause = 0,
                        .actor = std::string(by)});
}

}  // namespace capstan::secret
