// What the verb promises, with real programs.
#include "connect/exec/program_verb.h"

#include <signal.h>

#include <thread>

#include "connect/exec/program_test_kit.h"

namespace capstan::exec {
namespace {

TEST_F(ProgramTest, RunsAProgramAndSaysWhatItTook) {
  const auto verb = this->verb(R"(
run: [printf, 'hello %s\n', "{{word}}"]
take: { greeted: { text: 'hello (\w+)' } }
says: "greeted {{greeted}} of {{name}}"
result: [greeted]
)");
  const Performed done = perform(*verb, Json::object({{"word", "world; rm -rf /"}}));
  EXPECT_EQ(done.state, ActionState::kSucceeded) << done.says;
  EXPECT_EQ(done.says, "greeted world of a");
  EXPECT_EQ(done.result["greeted"].string_or_empty(), "world");
  EXPECT_EQ(done.result["stdout"].string_or_empty(), "hello world; rm -rf /\n");
  EXPECT_EQ(heard_.text(), "$ /usr/bin/printf 'hello %s\\n' 'world; rm -rf /'\nhello world; rm -rf /\n");
  EXPECT_EQ(heard_.begun, 1);
  EXPECT_EQ(heard_.ends, 1);
  EXPECT_EQ(verb->probe(action(), host_, before_), ProbeAnswer::kHappened);
}

TEST_F(ProgramTest, AValueIsOneArgumentAndNeverAnOption) {
  const auto verb = this->verb("run: [printf, --, '<%s>', \"{{word}}\", \"{{more?}}\"]");
  EXPECT_EQ(perform(*verb, Json::object({{"word", "-n a 'b' \"c\" $HOME"}})).result["stdout"].string_or_empty(),
            "<-n a 'b' \"c\" $HOME>");
  const auto open = this->verb("run: [printf, '<%s>', \"{{word}}\"]");
  const Performed refused = perform(*open, Json::object({{"word", "--help"}}));
  EXPECT_EQ(refused.state, ActionState::kFailed);
  EXPECT_TRUE(refused.certain);
  EXPECT_NE(refused.says.text.find("would be an option"), std::string::npos) << refused.says;
  EXPECT_EQ(heard_.begun, 1);  // Only the first has begun.
  EXPECT_EQ(perform(*open, Json::object({{"word", std::string("a\0b", 3)}})).state, ActionState::kFailed);
  const auto glued = this->verb("run: [printf, '<%s>', \"x{{word}}\"]");
  EXPECT_EQ(perform(*glued, Json::object({{"word", "--help"}})).result["stdout"].string_or_empty(), "<x--help>");
}

TEST_F(ProgramTest, GivesItAMinimalEnvironmentWithWhatIsAsked) {
  ::setenv("CAPSTAN_TEST_LEAK", "leaked", 1);
  secrets_.values["secret:infra#token"] = "tok-1234567890";
  const auto verb = this->verb("run: [env]\nenv: { KIND: \"{{os}}\", TOKEN: 'secret:infra#token' }");
  const std::string out = perform(*verb).result["stdout"].string_or_empty();
  EXPECT_EQ(out.find("leaked"), std::string::npos);
  EXPECT_NE(out.find("KIND=linux\n"), std::string::npos) << out;
  EXPECT_NE(out.find("TOKEN=***\n"), std::string::npos) << out;
  EXPECT_NE(out.find("CAPSTAN_ACTION=act-1\n"), std::string::npos);
  EXPECT_NE(out.find("HOME="), std::string::npos);
}

TEST_F(ProgramTest, WhatLooksLikeAReferenceInAValueIsNone) {
  secrets_.values["secret:infra#token"] = "tok-1234567890";
  const auto verb = this->verb("run: [env]\nenv: { WORD: \"{{word}}\" }");
  const std::string out =
      perform(*verb, Json::object({{"word", "secret:infra#token"}})).result["stdout"].string_or_empty();
  EXPECT_NE(out.find("WORD=secret:infra#token\n"), std::string::npos) << out;
}

TEST_F(ProgramTest, ASecretIsNowhereToBeSeen) {
  secrets_.values["file:/run/key"] = "open-sesame-42";
  const auto verb = this->verb(R"(
run: [sh, -c, 'read key; printf "%.5s" "$key"; sleep 0.1; printf "%s\n" "$key" | tail -c +6; echo "$KEY" >&2; exit 3']
secrets: { key: 'file:/run/key' }
input: "{{key}}\n"
env: { KEY: "Bearer {{key}}" }
)");
  const Performed done = perform(*verb);
  EXPECT_EQ(done.result["stdout"].string_or_empty(), "***\n");
  EXPECT_EQ(done.result["stderr"].string_or_empty(), "Bearer ***\n");
  EXPECT_NE(done.says.text.find("Bearer ***"), std::string::npos) << done.says;
  EXPECT_EQ(heard_.text().find("sesame"), std::string::npos) << heard_.text();
}

TEST_F(ProgramTest, TellsProgress) {
  const auto verb = this->verb(R"(
run: [sh, -c, 'for i in 1 2 3; do echo "Apply: $i of 3"; sleep 0.05; done; printf "then Apply: 3 of 3"']
progress: 'Apply: (\d+) of (\d+)'
)");
  EXPECT_EQ(perform(*verb).state, ActionState::kSucceeded);
  ASSERT_GE(heard_.progress.size(), 2u);
  EXPECT_EQ(heard_.progress.front().of, 3);
  EXPECT_EQ(heard_.progress.back().done, 3);
  EXPECT_EQ(heard_.progress.back().says, "then Apply: 3 of 3");
}

TEST_F(ProgramTest, TellsApartWhatWasRefusedAndWhatMayHaveBeenDone) {
  const auto verb = this->verb("run: [sh, -c, 'exit {{word}}']\nsucceeds: { exit: [0, 4] }\nrefused: [2]");
  EXPECT_EQ(perform(*verb, Json::object({{"word", 4}})).state, ActionState::kSucceeded);
  const Performed refused = perform(*verb, Json::object({{"word", 2}}));
  EXPECT_EQ(refused.state, ActionState::kFailed);
  EXPECT_TRUE(refused.certain);
  EXPECT_EQ(verb->probe(action(), host_, before_), ProbeAnswer::kDidNotHappen);
  const Performed failed = perform(*verb, Json::object({{"word", 1}}));
  EXPECT_EQ(failed.state, ActionState::kPartial);
  EXPECT_NE(failed.says.text.find("exited with code 1"), std::string::npos) << failed.says;
  EXPECT_EQ(verb->probe(action(), host_, before_), ProbeAnswer::kCannotTell);
}

TEST_F(ProgramTest, MayNeedWordsInTheOutputToSucceed) {
  const auto verb = this->verb("run: [printf, '%s', \"{{word}}\"]\nsucceeds: { output: 'complete!$' }");
  EXPECT_EQ(perform(*verb, Json::object({{"word", "Apply complete!"}})).state, ActionState::kSucceeded);
  EXPECT_EQ(perform(*verb, Json::object({{"word", "nothing"}})).state, ActionState::kPartial);
}

TEST_F(ProgramTest, AsksAProgramWhetherItHappened) {
  const auto verb = this->verb(R"(
run: [sh, -c, '{{word}}']
probe: { run: [sh, -c, 'test -e made || exit 7'], exit: { 0: happened, 7: did_not_happen } }
)");
  EXPECT_EQ(perform(*verb, Json::object({{"word", "touch made; exit 1"}})).state, ActionState::kUnknown);
  EXPECT_EQ(verb->probe(action(), host_, before_), ProbeAnswer::kHappened);
  std::filesystem::remove(file("made"));
  EXPECT_EQ(verb->probe(action(), host_, before_), ProbeAnswer::kDidNotHappen);
}

TEST_F(ProgramTest, RemembersWhatWasBeforeAndUndoesByIt) {
  std::ofstream(file("state")) << R"({"serial": 7})";
  const auto verb = this->verb(R"(
before: { run: [cat, state] }
run: [sh, -c, 'echo 8 > state']
undo: { run: [sh, -c, 'echo "$1" > state', sh, "{{before.serial}}"] }
)");
  EXPECT_TRUE(verb->spec().undoable);
  EXPECT_EQ(perform(*verb).state, ActionState::kSucceeded);
  EXPECT_EQ(before_["before"]["serial"].int_or(0), 7);
  EXPECT_EQ(read("state"), "8\n");
  EXPECT_EQ(verb->undo(action(), host_, before_, {}).state, ActionState::kSucceeded);
  EXPECT_EQ(read("state"), "7\n");
  EXPECT_EQ(verb->probe(action(), host_, before_), ProbeAnswer::kDidNotHappen);
}

TEST_F(ProgramTest, DoesNothingWhereTheStateBeforeCannotBeTold) {
  const auto verb =
      this->verb("before: { run: [sh, -c, 'echo no such stack >&2; exit 1'] }\nrun: [sh, -c, 'touch made']");
  const Result<Json> before = verb->state_before(host_, Json::object());
  ASSERT_FALSE(before.has_value());
  EXPECT_NE(before.error().message.find("no such stack"), std::string::npos) << before.error().message;
}

TEST_F(ProgramTest, EndsAtItsTimeLimitWithAllThatItStarted) {
  const auto verb = this->verb(R"(
run: [sh, -c, "(setsid sh -c 'trap \"\" TERM; while :; do echo x >> alive; sleep 0.05; done' &) ; sleep 100"]
timeout: 1s
grace: 100ms
)");
  const Performed done = perform(*verb);
  EXPECT_EQ(done.state, ActionState::kPartial);
  EXPECT_NE(done.says.text.find("its time limit of 1s"), std::string::npos) << done.says;
  const std::string alive = read("alive");
  EXPECT_FALSE(alive.empty());
  std::this_thread::sleep_for(Duration(300));
  EXPECT_EQ(read("alive"), alive);
}

TEST_F(ProgramTest, IsCancelledAlsoWhenItIgnoresBeingAsked) {
  const auto verb = this->verb("run: [sh, -c, 'trap \"\" TERM; echo begun; while :; do sleep 1; done']\ngrace: 100ms");
  std::stop_source stop;
  heard_.on_text = [&](const std::string& text) {
    if (text.find("\nbegun\n") != std::string::npos) stop.request_stop();
  };
  const Performed done = perform(*verb, Json::object(), stop.get_token());
  EXPECT_EQ(done.state, ActionState::kPartial);
  EXPECT_NE(done.says.text.find("a stop was requested"), std::string::npos) << done.says;
  EXPECT_EQ(verb->probe(action(), host_, before_), ProbeAnswer::kCannotTell);
}

TEST_F(ProgramTest, WhatIsCancelledBeforeItBeginsDoesNothing) {
  const auto verb = this->verb("run: [sh, -c, 'touch made']");
  std::stop_source stop;
  stop.request_stop();
  const Performed done = perform(*verb, Json::object(), stop.get_token());
  EXPECT_EQ(done.state, ActionState::kFailed);
  EXPECT_TRUE(done.certain);
  EXPECT_FALSE(std::filesystem::exists(file("made")));
  EXPECT_EQ(verb->probe(action(), host_, before_), ProbeAnswer::kDidNotHappen);
}

TEST_F(ProgramTest, BeginsAtMostOnce) {
  const auto verb = this->verb("run: [sh, -c, 'echo x >> runs']");
  EXPECT_EQ(perform(*verb).state, ActionState::kSucceeded);
  const Performed again = verb->perform(action(), host_, before_, {});
  EXPECT_EQ(again.state, ActionState::kFailed);
  EXPECT_NE(again.says.text.find("has begun before"), std::string::npos) << again.says;
  EXPECT_EQ(read("runs"), "x\n");
}

TEST_F(ProgramTest, TellsASignalFromAnExitCode) {
  const auto verb = this->verb("run: [sh, -c, 'kill -SEGV $$']");
  const Performed done = perform(*verb);
  EXPECT_EQ(done.state, ActionState::kPartial);
  EXPECT_EQ(done.result["signal"].int_or(0), SIGSEGV);
}

TEST_F(ProgramTest, AFloodOfOutputIsKeptInPart) {
  const auto verb = this->verb("run: [sh, -c, 'echo first; yes | head -c 200000000; echo last']\ntimeout: 2m");
  const Performed done = perform(*verb);
  EXPECT_EQ(done.state, ActionState::kSucceeded) << done.says;
  const std::string out = done.result["stdout"].string_or_empty();
  EXPECT_TRUE(out.starts_with("first\n"));
  EXPECT_TRUE(out.ends_with("last\n"));
  EXPECT_NE(out.find("bytes are left out here"), std::string::npos);
  EXPECT_LT(out.size(), 40'000u);
  EXPECT_EQ(done.result["printed_bytes"].int_or(0), 200'000'000 + 11);
}

TEST_F(ProgramTest, BytesThatAreNoTextAreShownAsSuch) {
  const auto verb = this->verb(R"(run: [sh, -c, 'printf "a\000b\377\376c\033[31mred"; exec >&-; exit 0'])");
  const Performed done = perform(*verb);
  EXPECT_EQ(done.state, ActionState::kSucceeded);
  EXPECT_EQ(done.result["stdout"].string_or_empty(),
            "a b\xEF\xBF\xBD"
            "cred");
}

TEST_F(ProgramTest, GoesOnWhenItsOutputIsClosed) {
  const auto verb = this->verb("run: [sh, -c, 'exec >&- 2>&-; sleep 0.2; touch made']");
  EXPECT_EQ(perform(*verb).state, ActionState::kSucceeded);
  EXPECT_TRUE(std::filesystem::exists(file("made")));
}

TEST_F(ProgramTest, RefusesWhatTheSettingsDoNotAllow) {
  const auto other = this->verb("run: [python3, --version]");
  const Status program = other->check(host_, Json::object());
  ASSERT_FALSE(program);
  EXPECT_NE(program.error().message.find("exec.programs"), std::string::npos) << program.error().message;
  settings_.directory = directory_ + "/gone";
  const Status directory = this->verb("run: [sh]")->check(host_, Json::object());
  EXPECT_EQ(directory.error().code, ErrorCode::kNotFound);
  settings_.directory = "/tmp";  // Everybody may write there.
  EXPECT_EQ(this->verb("run: [sh]")->check(host_, Json::object()).error().code, ErrorCode::kPermissionDenied);
  settings_.directory = directory_;
  settings_.users = {};
  if (::geteuid() != 0) return;
  const Status user = this->verb("run: [sh]")->check(host_, Json::object());
  ASSERT_FALSE(user);
  EXPECT_NE(user.error().message.find("exec.users"), std::string::npos) << user.error().message;
}

TEST_F(ProgramTest, RunsAsNobodyWhereRootWouldRunIt) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  settings_.user = "nobody";
  settings_.users = {};
  const auto documents = parse_yaml("verb: test.run\non: host\nrun: [sh, -c, 'id -un; echo $HOME']", "test.yaml");
  const std::vector<KindSpec> kinds = {{.name = "host"}};
  ProgramVerb verb(std::move(read_programs(*documents, kinds).verbs.front()), settings_, around_);
  EXPECT_EQ(perform(verb).result["stdout"].string_or_empty(), "nobody\n/nonexistent\n");
}

// What is left of Capstan after a crash is a keeper that ends the program; whoever looks then waits for it.
TEST_F(ProgramTest, AfterACrashNothingIsJudgedWhileAnythingStillRuns) {
  const auto verb = this->verb(R"(
run: [sh, -c, 'trap "echo cleaning; sleep 0.5; touch cleaned; exit 0" TERM; echo begun; touch begun; while :; do sleep 0.05; done']
grace: 5s
probe: { run: [sh, -c, 'test -e cleaned'] }
)");
  const Result<Json> before = verb->state_before(host_, Json::object());
  ASSERT_TRUE(before.has_value());
  const pid_t capstan = ::fork();
  if (capstan == 0) {
    (void)verb->perform(action(), host_, *before, {});
    ::_exit(0);
  }
  for (int i = 0; i < 1'000 && !std::filesystem::exists(file("begun")); ++i) std::this_thread::sleep_for(Duration(5));
  ::kill(capstan, SIGKILL);
  EXPECT_EQ(verb->probe(action(), host_, *before), ProbeAnswer::kHappened);
  EXPECT_TRUE(std::filesystem::exists(file("cleaned")));
  EXPECT_EQ(records_.read((*before)["run"].string_or_empty(), Duration(0))->state, RunState::kCutOff);
}

TEST_F(ProgramTest, ACrashBeforeItBeganIsKnownToHaveDoneNothing) {
  const auto verb = this->verb("run: [sh, -c, 'touch made']");
  const Result<Json> before = verb->state_before(host_, Json::object());
  ASSERT_TRUE(before.has_value());
  EXPECT_EQ(verb->probe(action(), host_, *before), ProbeAnswer::kDidNotHappen);
  std::filesystem::remove_all(file("records"));
  EXPECT_EQ(verb->probe(action(), host_, *before), ProbeAnswer::kCannotTell);
}

TEST_F(ProgramTest, SaysWhyItCouldNotBegin) {
  ::mkdir(file("bin").c_str(), 0755);
  std::ofstream(file("bin/broken")) << "#!/no/such/interpreter\n";
  ::chmod(file("bin/broken").c_str(), 0755);
  settings_.programs = {file("bin/broken")};
  const auto verb = this->verb("run: [broken]");
  const Performed done = perform(*verb);
  EXPECT_EQ(done.state, ActionState::kFailed);
  EXPECT_TRUE(done.certain);
  EXPECT_NE(done.says.text.find("cannot start"), std::string::npos) << done.says;
  EXPECT_EQ(verb->probe(action(), host_, before_), ProbeAnswer::kDidNotHappen);
}

}  // namespace
}  // namespace capstan::exec
