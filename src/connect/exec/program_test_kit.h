// A place to run real programs in, for tests: settings, secrets, records, and what the listener heard.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/random.h"
#include "connect/exec/program_verb.h"

namespace capstan::exec {

class TableOfSecrets final : public SecretStore {
 public:
  std::map<std::string, std::string, std::less<>> values;
  Result<Secret> get(std::string_view reference) const override {
    const auto found = values.find(reference);
    if (found == values.end()) return fail(ErrorCode::kNotFound, "there is no such secret");
    return Secret(found->second);
  }
};

class HeardRuns final : public RunListener {
 public:
  void began(std::string_view, Duration) override { ++begun; }
  void printed(std::string_view, std::string_view piece) override {
    const std::lock_guard lock(mutex_);
    text_ += piece;
    if (on_text) on_text(text_);
  }
  void progressed(std::string_view, RunProgress now) override { progress.push_back(std::move(now)); }
  void ended(std::string_view) override { ++ends; }
  std::string text() const {
    const std::lock_guard lock(mutex_);
    return text_;
  }
  int begun = 0;
  int ends = 0;
  std::vector<RunProgress> progress;
  std::function<void(const std::string&)> on_text;  // All that was printed so far.

 private:
  mutable std::mutex mutex_;
  std::string text_;
};

class ProgramTest : public ::testing::Test {
 protected:
  ProgramTest() {
    settings_.programs = {"/bin/sh", "/usr/bin/env", "/usr/bin/printf", "/usr/bin/cat"};
    settings_.directory = directory_;
    settings_.users = {"root"};
  }
  ~ProgramTest() override { std::filesystem::remove_all(directory_); }

  std::string file(const std::string& name) const { return directory_ + "/" + name; }
  std::string read(const std::string& name) const {
    std::ifstream in(file(name));
    return {std::istreambuf_iterator<char>(in), {}};
  }

  // With `user: root`, as the directory is root's where the tests run as root.
  std::unique_ptr<ProgramVerb> verb(const std::string& yaml) {
    const std::string head = "verb: test.run\non: host\nparameters: { word: { type: text } }\n";
    const std::string user = ::geteuid() == 0 ? "user: root\n" : "";
    const auto documents = parse_yaml(head + user + yaml, "test.yaml");
    if (!documents) {
      ADD_FAILURE() << documents.error().to_string();
      return nullptr;
    }
    const std::vector<KindSpec> kinds = {{.name = "host"}};
    ProgramDescriptions read = read_programs(*documents, kinds);
    for (const Error& problem : read.problems) ADD_FAILURE() << problem.to_string();
    if (read.verbs.size() != 1) return nullptr;
    return std::make_unique<ProgramVerb>(std::move(read.verbs.front()), settings_, around_);
  }

  Action action(Json parameters = Json::object()) const {
    return {.id = "act-1", .verb = "test.run", .target = host_.id, .parameters = std::move(parameters)};
  }

  // As the executor does it.
  Performed perform(ProgramVerb& verb, Json parameters = Json::object(), const std::stop_token& stop = {}) {
    const Action step = action(std::move(parameters));
    const Result<Json> before = verb.state_before(host_, step.parameters);
    EXPECT_TRUE(before.has_value()) << before.error().message;
    if (!before) return {};
    before_ = *before;
    return verb.perform(step, host_, before_, stop);
  }

  static std::string make_directory() {
    char name[] = "/tmp/capstan-exec-XXXXXX";
    const std::string made = ::mkdtemp(name);
    ::chmod(made.c_str(), 0755);
    return made;
  }

  std::string directory_ = make_directory();
  SystemClock clock_;
  SystemRandom random_;
  TableOfSecrets secrets_;
  HeardRuns heard_;
  RunRecords records_{directory_ + "/records", clock_};
  ExecSettings settings_;
  ProgramSurroundings around_{secrets_, heard_, records_, clock_, random_};
  Resource host_{.id = "host/a", .kind = "host", .name = "a", .labels = {}, .fields = Json::object({{"os", "linux"}})};
  Json before_;
};

}  // namespace capstan::exec
