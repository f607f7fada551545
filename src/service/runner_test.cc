#include "service/runner.h"

#include <gtest/gtest.h>

#include "service/fake_service.h"

namespace capstan::service {
namespace {

Procedure steps(std::string_view yaml) {
  const auto documents = parse_yaml(yaml, "test.yaml");
  EXPECT_TRUE(documents.has_value());
  std::vector<Error> problems;
  const FakeService any([](const ServiceCall&) { return answer(200); });
  Procedure procedure = read_procedure(
      documents->front(), "shop", [&](std::string_view, const Json& request) { return any.check(request); }, problems);
  for (const Error& problem : problems) ADD_FAILURE() << problem.to_string();
  return procedure;
}

TEST(Runner, GivesWhatOneAnswerHasToTheNextCall) {
  FakeOutside fake([](const ServiceCall& call) {
    return call.request.contains("get") ? answer(200, R"({"items": [{"name": "x", "id": 1}, {"name": "y", "id": 2}]})")
                                        : answer(201);
  });
  Scope scope;
  scope.values.set("wanted", "y");
  const Ran ran = run_procedure(steps(R"(
- { get: /all, take: { found: { in: $.items, where: { name: "{{wanted}}" } } } }
- { post: "/more/{{found.id}}", when: { found: "*" }, body: { of: "{{found.id}}" } }
- { post: /never, when: { found: null } }
)"),
                                scope, fake.outside, {});
  ASSERT_TRUE(ran.status.has_value()) << ran.status.error().message;
  EXPECT_TRUE(ran.changed);
  ASSERT_EQ(fake.service->calls.size(), 2u);
  EXPECT_EQ(fake.service->calls[1].request.dump(), R"({"body":{"of":2},"post":"/more/2"})");
}

TEST(Runner, WaitsUntilItIsSoAndStopsWhereItFails) {
  int looks = 0;
  FakeOutside fake(
      [&](const ServiceCall&) { return answer(200, ++looks < 4 ? R"({"s": "BUSY"})" : R"({"s": "DONE"})"); });
  Scope scope;
  EXPECT_TRUE(
      run_procedure(steps("- { get: /x, until: { $.s: DONE }, every: 5s, within: 1m }"), scope, fake.outside, {})
          .status.has_value());
  EXPECT_EQ(looks, 4);
  FakeOutside broken([](const ServiceCall&) { return answer(200, R"({"s": "BROKEN"})"); });
  const Ran failed =
      run_procedure(steps("- { get: /x, until: { $.s: DONE }, fails: { $.s: BROKEN } }"), scope, broken.outside, {});
  EXPECT_EQ(failed.status.error().code, ErrorCode::kFailedPrecondition);
  FakeOutside slow([](const ServiceCall&) { return answer(200, R"({"s": "BUSY"})"); });
  const Ran late =
      run_procedure(steps("- { get: /x, until: { $.s: DONE }, every: 5s, within: 1m }"), scope, slow.outside, {});
  EXPECT_EQ(late.status.error().code, ErrorCode::kDeadlineExceeded);
}

TEST(Runner, NeverRepeatsACallThatMayHaveBeenActedOn) {
  FakeOutside fake([](const ServiceCall&) { return fail(ErrorCode::kDeadlineExceeded, "no answer"); });
  Scope scope;
  const Ran ran = run_procedure(steps("- { post: /x }"), scope, fake.outside, {});
  EXPECT_FALSE(ran.status.has_value());
  EXPECT_TRUE(ran.uncertain);
  EXPECT_FALSE(ran.changed);
  EXPECT_EQ(fake.service->calls.size(), 1u);
  EXPECT_TRUE(run_procedure(steps("- { put: /x }"), scope, fake.outside, {}).uncertain);
  EXPECT_GT(fake.service->calls.size(), 2u);  // What is repeatable is repeated.
}

TEST(Runner, RepeatsWhatWasNotActedOnForCertain) {
  int calls = 0;
  FakeOutside fake([&](const ServiceCall&) {
    ServiceAnswer busy = answer(429);
    busy.may_retry = true;
    return ++calls < 3 ? busy : answer(201);
  });
  Scope scope;
  const Ran ran = run_procedure(steps("- { post: /x }"), scope, fake.outside, {});
  EXPECT_TRUE(ran.status.has_value());
  EXPECT_EQ(calls, 3);
  int refusals = 0;
  FakeOutside gone([&](const ServiceCall&) {
    ++refusals;
    return fail(ErrorCode::kUnavailable, "refused");
  });
  EXPECT_FALSE(run_procedure(steps("- { post: /x }"), scope, gone.outside, {}).uncertain);
  EXPECT_EQ(refusals, 5);
}

TEST(Runner, ARefusalChangesNothingAndAServerErrorLeavesItOpen) {
  Scope scope;
  FakeOutside refused([](const ServiceCall&) { return answer(409); });
  const Ran no = run_procedure(steps("- { post: /x }"), scope, refused.outside, {});
  EXPECT_FALSE(no.changed || no.uncertain);
  FakeOutside broken([](const ServiceCall&) { return answer(500); });
  EXPECT_TRUE(run_procedure(steps("- { post: /x }"), scope, broken.outside, {}).uncertain);
}

TEST(Runner, WhatWasLostOnceStaysUncertainWhateverALaterAttemptSays) {
  const auto second = [](auto then) {
    return [then, calls = 0](const ServiceCall&) mutable -> Result<ServiceAnswer> {
      if (++calls == 1) return fail(ErrorCode::kDeadlineExceeded, "no answer");
      return then();
    };
  };
  Scope scope;
  FakeOutside gone(second([] { return Result<ServiceAnswer>(fail(ErrorCode::kUnavailable, "refused")); }));
  EXPECT_TRUE(run_procedure(steps("- { put: /x }"), scope, gone.outside, {}).uncertain);
  FakeOutside missing(second([] { return Result<ServiceAnswer>(answer(404)); }));
  EXPECT_TRUE(run_procedure(steps("- { put: /x }"), scope, missing.outside, {}).uncertain);
  // Where the step counts that answer as its end, it was reached.
  FakeOutside fine(second([] { return Result<ServiceAnswer>(answer(404)); }));
  const Ran ran = run_procedure(steps("- { put: /x, expect: [204, 404] }"), scope, fine.outside, {});
  EXPECT_TRUE(ran.status.has_value() && ran.changed && !ran.uncertain);
}

TEST(Runner, ALoginThatIsRefusedLeavesNothingOpen) {
  FakeOutside fake([](const ServiceCall&) { return fail(ErrorCode::kPermissionDenied, "logging in: 403"); });
  Scope scope;
  const Ran ran = run_procedure(steps("- { post: /x }"), scope, fake.outside, {});
  EXPECT_FALSE(ran.changed || ran.uncertain);
}

TEST(Runner, WaitsAsLongAsItIsAskedTo) {
  const auto waited = [](std::string_view asked) {
    int calls = 0;
    FakeOutside fake([&](const ServiceCall&) {
      if (++calls > 1) return answer(201);
      ServiceAnswer busy = answer(429);
      busy.may_retry = true;
      busy.headers = {{"Retry-After", std::string(asked)}};
      return busy;
    });
    Scope scope;
    const Duration before = fake.clock.monotonic();
    EXPECT_TRUE(run_procedure(steps("- { post: /x }"), scope, fake.outside, {}).status.has_value());
    return fake.clock.monotonic() - before;
  };
  EXPECT_EQ(waited("7"), Duration(7'000));
  EXPECT_EQ(waited("90"), Duration(90'000));
  EXPECT_EQ(waited("Mon, 29 Dec 2025 09:20:40 GMT"), Duration(40'000));  // The fake clock says 09:20:00.
  // Nobody is waited for until tomorrow, and nonsense is no time.
  EXPECT_EQ(waited("86400"), Duration(120'000));
  EXPECT_EQ(waited("soon"), Duration(500));
  EXPECT_EQ(waited("-1"), Duration(500));
}

TEST(Runner, NothingWhereAListShouldBeIsNoEmptyList) {
  const auto error = [](std::string_view yaml, std::string_view body) {
    FakeOutside fake([&](const ServiceCall&) { return answer(200, body); });
    Scope scope;
    const Ran ran = run_procedure(steps(yaml), scope, fake.outside, {});
    return ran.status ? std::string() : std::string(ran.status.error().message);
  };
  EXPECT_NE(error("- { get: /x, gather: { from: $.items } }", R"({"message": "maintenance"})").find("$.items"),
            std::string::npos);
  EXPECT_EQ(error("- { get: /x, gather: { from: $.items } }", R"({"items": []})"), "");
  const std::string_view loop =
      "- { get: /x, take: { all: $.items } }\n- { for_each: { in: all, as: one }, do: [ { take: { n: $ } } ] }";
  EXPECT_NE(error(loop, "{}").find("expected a list at all"), std::string::npos);
  EXPECT_EQ(error(loop, R"({"items": []})"), "");
  const std::string_view search = "- { get: /x, take: { one: { in: $.items, where: { id: 1 } } } }";
  EXPECT_NE(error(search, "{}").find("expected a list at $.items"), std::string::npos);
  EXPECT_EQ(error(search, R"({"items": []})"), "");
}

TEST(Runner, WhatIsNotThereHasNoItems) {
  FakeOutside fake([](const ServiceCall&) { return answer(404, R"({"message": "no such project"})"); });
  Scope scope;
  const Ran ran =
      run_procedure(steps("- { get: /x, expect: [200, 404], gather: { from: $ } }"), scope, fake.outside, {});
  ASSERT_TRUE(ran.status.has_value()) << ran.status.error().message;
  EXPECT_EQ(scope.values["items"].dump(), "[]");
}

TEST(Runner, WhatIsCancelledAfterALostAnswerIsLeftOpen) {
  FakeOutside fake([](const ServiceCall&) { return fail(ErrorCode::kDeadlineExceeded, "no answer"); });
  fake.outside.pause = [](Duration, const std::stop_token&) { return false; };
  Scope scope;
  const Ran ran = run_procedure(steps("- { put: /x }"), scope, fake.outside, {});
  EXPECT_EQ(ran.status.error().code, ErrorCode::kCancelled);
  EXPECT_TRUE(ran.uncertain);
}

TEST(Runner, GathersOverLoops) {
  FakeOutside fake([](const ServiceCall& call) {
    return call.request["get"] == Json("/parents") ? answer(200, R"([{"id": 1}, {"id": 2}])")
                                                   : answer(200, R"({"items": [{"x": 0}]})");
  });
  Scope scope;
  const Ran ran = run_procedure(steps(R"(
- { get: /parents, take: { parents: $ } }
- for_each: { in: parents, as: parent }
  do: [ { get: "/of/{{parent.id}}", gather: { from: $.items, add: { parent: "{{parent.id}}" } } } ]
)"),
                                scope, fake.outside, {});
  ASSERT_TRUE(ran.status.has_value());
  EXPECT_EQ(scope.values["items"].dump(), R"([{"parent":1,"x":0},{"parent":2,"x":0}])");
}

TEST(Runner, SaysWhichServiceIsNotSetUp) {
  FakeOutside fake([](const ServiceCall&) { return answer(200); });
  Scope scope;
  Procedure procedure = steps("- { get: /x }");
  procedure[0].service = "elsewhere";
  const Ran ran = run_procedure(procedure, scope, fake.outside, {});
  EXPECT_NE(ran.status.error().message.find("'elsewhere' is not set up"), std::string::npos);
}

TEST(Procedure, SaysWhatIsWrongAndWhere) {
  const auto documents =
      parse_yaml("- { got: /x }\n- { get: /x, until: [] }\n- { get: /x, fails: { $.a: 1 } }\n", "steps.yaml");
  std::vector<Error> problems;
  const FakeService any([](const ServiceCall&) { return answer(200); });
  read_procedure(
      documents->front(), "shop", [&](std::string_view, const Json& request) { return any.check(request); }, problems);
  ASSERT_EQ(problems.size(), 3u);
  for (size_t i = 0; i < problems.size(); ++i) {
    EXPECT_EQ(problems[i].where.file, "steps.yaml");
    EXPECT_EQ(problems[i].where.line, static_cast<int>(i) + 1) << problems[i].to_string();
  }
}

}  // namespace
}  // namespace capstan::service
