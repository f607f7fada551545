#include "connect/exec/program_description.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace capstan::exec {
namespace {

ProgramDescriptions read(const std::string& yaml) {
  const auto documents = parse_yaml(yaml, "verbs.yaml");
  EXPECT_TRUE(documents.has_value()) << documents.error().to_string();
  const std::vector<KindSpec> kinds = {{.name = "host"}};
  return read_programs(*documents, kinds);
}

// What is wrong with a verb that says, beside its name and kind, only this.
std::string problem_of(const std::string& rest) {
  const ProgramDescriptions read = exec::read("verb: a.b\non: host\n" + rest);
  EXPECT_TRUE(read.verbs.empty());
  return read.problems.empty() ? "" : read.problems.front().to_string();
}

bool says(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(ProgramDescription, ReadsAllThatAVerbMaySay) {
  const ProgramDescriptions read = exec::read(R"(
verb: infra.apply
title: Apply a plan
title_ko: 계획 적용
on: host
parameters: { plan: { type: text, required: true, help: the file } }
danger: disruptive
idempotent: true
run: [terraform, apply, -input=false, "{{plan}}"]
in: /srv/infra
user: infra
env: { A: one, B: "secret:x#y" }
secrets: { key: "file:/run/key" }
input: "{{key}}"
timeout: 30m
grace: 1m
succeeds: { exit: [0, 3], output: complete }
refused: 2
progress: '(\d+) of (\d+)'
take: { added: { text: '(\d+) added' }, id: $.id }
says: "added {{added}}"
result: [added]
before: { run: [terraform, show], env: { A: two } }
probe: { run: [terraform, plan], exit: { 0: happened, 2: did_not_happen, 3: cannot_tell }, timeout: 2m }
undo: { run: [terraform, apply, old] }
)");
  for (const Error& problem : read.problems) ADD_FAILURE() << problem.to_string();
  ASSERT_EQ(read.verbs.size(), 1u);
  const ProgramDescription& verb = read.verbs.front();
  EXPECT_EQ(verb.spec.title_ko, "계획 적용");
  EXPECT_TRUE(verb.spec.idempotent);
  EXPECT_TRUE(verb.spec.undoable);
  EXPECT_TRUE(verb.spec.stoppable);
  EXPECT_EQ(verb.spec.danger, Danger::kDisruptive);
  EXPECT_EQ(verb.perform.timeout, Duration(1'800'000));
  EXPECT_EQ(verb.undo->timeout, verb.perform.timeout);
  EXPECT_EQ(verb.probe->invocation.timeout, Duration(120'000));
  EXPECT_EQ(verb.probe->answers.at(3), ProbeAnswer::kCannotTell);
  ASSERT_EQ(verb.before->environment.size(), 2u);
  EXPECT_EQ(verb.before->environment.back().second.text(), "two");
  EXPECT_EQ(verb.undo->environment.front().second.text(), "one");
  EXPECT_EQ(verb.succeeds, (std::vector{0, 3}));
  EXPECT_EQ(verb.refused, std::vector{2});
}

TEST(ProgramDescription, SaysWhatIsWrongWhere) {
  EXPECT_TRUE(says(problem_of("run: rm -rf /"), "verbs.yaml:3"));
  EXPECT_TRUE(says(problem_of("run: []"), "needs a program"));
  EXPECT_TRUE(says(problem_of("run: [sh]\nshell: ls | wc"), "shell"));
  EXPECT_TRUE(says(problem_of("run: [\"{{x}}\"]"), "has no places"));
  EXPECT_TRUE(says(problem_of("run: [sh, \"{{x\"]"), "without '}}'"));
  EXPECT_TRUE(says(problem_of("run: [sh, [a]]"), "must be a text"));
  EXPECT_TRUE(says(problem_of("run: [sh]\nin: here"), "absolute"));
  EXPECT_TRUE(says(problem_of("run: [sh]\nenv: { 'A-B': x }"), "environment variable"));
  EXPECT_TRUE(says(problem_of("run: [sh]\ntimeout: 0s"), "between 1s and 24h"));
  EXPECT_TRUE(says(problem_of("run: [sh]\ngrace: 1h"), "at most 10m"));
  EXPECT_TRUE(says(problem_of("run: [sh]\nsucceeds: { exit: [300] }"), "between 0 and 255"));
  EXPECT_TRUE(says(problem_of("run: [sh]\nrefused: [0]"), "both"));
  EXPECT_TRUE(says(problem_of("run: [sh]\nprogress: 'a'"), "one group"));
  EXPECT_TRUE(says(problem_of("run: [sh]\nprogress: '(a'"), "no regular expression"));
  EXPECT_TRUE(says(problem_of("run: [sh]\nprobe: { run: [sh], exit: { 0: yes } }"), "expected happened"));
  EXPECT_TRUE(says(problem_of("run: [sh]\nundo: {}"), "run"));
  EXPECT_TRUE(says(problem_of("run: [sh]\nsecrets: { a: plain }"), "must refer to a secret"));
  EXPECT_TRUE(says(exec::read("verb: a.b\non: hots\nrun: [sh]").problems.front().to_string(), "host"));
}

TEST(ProgramDescription, ASecretIsNoArgument) {
  EXPECT_TRUE(says(problem_of("run: [curl, -u, \"me:{{key}}\"]\nsecrets: { key: 'env:KEY' }"), "can read arguments"));
  EXPECT_TRUE(says(problem_of("run: [curl, 'secret:a#b']"), "can read arguments"));
  EXPECT_TRUE(says(problem_of("run: [sh]\nsecrets: { key: 'env:KEY' }\nundo: { run: [sh, \"{{ key }}\"] }"),
                   "can read arguments"));
}

TEST(ProgramDescription, TwoVerbsOfOneNameAreAMistake) {
  const ProgramDescriptions read = exec::read("verb: a.b\non: host\nrun: [sh]\n---\nverb: a.b\non: host\nrun: [sh]\n");
  EXPECT_EQ(read.verbs.size(), 1u);
  ASSERT_EQ(read.problems.size(), 1u);
  EXPECT_TRUE(says(read.problems.front().message, "already at verbs.yaml:1"));
}

}  // namespace
}  // namespace capstan::exec
