#include "schema/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schema/fault_text.h"
#include "schema/open_api.h"

namespace capstan::schema {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Json json(std::string_view text) { return Json::parse(text).value(); }

std::vector<Fault> check(std::string_view schema, std::string_view value) {
  return Schema::read(json(schema)).value().check(json(value)).faults;
}

// "place: value (allowed) -> nearest"
std::vector<std::string> lines(const std::vector<Fault>& faults) {
  std::vector<std::string> all;
  for (const Fault& fault : faults) {
    all.push_back(fault.place + ": " + fault.value + " (" + fault.allowed.text + ") -> " + fault.nearest);
  }
  return all;
}

std::vector<std::string> told(std::string_view schema, std::string_view value) { return lines(check(schema, value)); }

TEST(Schema, NamesThePlaceTheValueWhatIsAllowedAndTheNearestAllowedValue) {
  EXPECT_THAT(told(R"({"properties":{"spec":{"properties":{"containers":{"items":{"properties":{
                "imagePullPolicy":{"enum":["Always","IfNotPresent","Never"]}}}}}}}})",
                   R"({"spec":{"containers":[{},{"imagePullPolicy":"always"}]}})"),
              ElementsAre("spec.containers[1].imagePullPolicy: always (one of Always, IfNotPresent, Never) -> Always"));
}

TEST(Schema, SuggestsNothingWhereNothingIsNear) {
  EXPECT_THAT(told(R"({"enum":["Always","Never"]})", R"("sometimes on weekdays")"),
              ElementsAre(": sometimes on weekdays (one of Always, Never) -> "));
}

TEST(Schema, ClampsANumberAndRoundsItToTheStep) {
  const std::string schema = R"({"type":"integer","minimum":2,"maximum":10,"multipleOf":4})";
  EXPECT_THAT(told(schema, "1"), ElementsAre(": 1 (at least 2 and at most 10 and a multiple of 4) -> 4"));
  EXPECT_THAT(told(schema, "99"), ElementsAre(HasSubstr("-> 8")));
  EXPECT_THAT(told(schema, "7"), ElementsAre(HasSubstr("-> 8")));
  EXPECT_THAT(told(schema, "8"), IsEmpty());
  EXPECT_THAT(told(R"({"type":"integer","exclusiveMinimum":0})", "0"), ElementsAre(": 0 (more than 0) -> 1"));
  EXPECT_THAT(told(R"({"minimum":0,"exclusiveMinimum":true})", "0"), ElementsAre(": 0 (more than 0) -> "));
}

TEST(Schema, KeepsAQuantityInItsOwnUnit) {
  const std::string schema = R"({"format":"quantity","minimum":"64Mi","maximum":"2Gi"})";
  EXPECT_THAT(told(schema, R"("4096Mi")"), ElementsAre(": 4096Mi (at least 64Mi and at most 2Gi) -> 2048Mi"));
  EXPECT_THAT(told(schema, R"("1k")"), ElementsAre(HasSubstr("-> 64Mi")));
  EXPECT_THAT(told(schema, R"("512MB")"), ElementsAre(": 512MB (an amount as 500m, 2 or 1Gi) -> 512M"));
  EXPECT_THAT(told(schema, R"("1 gib")"), ElementsAre(HasSubstr("-> 1Gi")));
  EXPECT_THAT(told(schema, "1000000000"), IsEmpty());
}

TEST(Schema, TellsWhatAValueOfAnotherTypeWouldBe) {
  EXPECT_THAT(told(R"({"type":"integer"})", R"("3")"), ElementsAre(": 3 (an integer) -> 3"));
  EXPECT_THAT(told(R"({"type":"string"})", "3"), ElementsAre(": 3 (a string) -> \"3\""));
  EXPECT_THAT(told(R"({"type":"boolean"})", R"("yes")"), ElementsAre(": yes (true or false) -> true"));
  EXPECT_THAT(told(R"({"type":"array"})", R"("a")"), ElementsAre(": a (a list) -> [a]"));
  EXPECT_THAT(told(R"({"type":["string","null"]})", "null"), IsEmpty());
  EXPECT_THAT(told(R"({"type":"integer"})", "2.0"), IsEmpty());
}

TEST(Schema, SaysWhatIsWrongInBothLanguages) {
  const Fault number = check(R"({"properties":{"replicas":{"minimum":2,"maximum":10}}})", R"({"replicas":1})").at(0);
  EXPECT_EQ(say(to_sentence(number), Language::kEnglish), "replicas is 1: allowed is at least 2 and at most 10");
  EXPECT_EQ(say(to_sentence(number), Language::kKorean), "replicas: 허용되지 않는 값 1 (허용: 2 이상, 10 이하)");
  EXPECT_EQ(say(to_advice(number), Language::kKorean), "다음과 같이 적으세요: replicas: 2.");
  const Fault choice = check(R"({"properties":{"a":{"enum":["x","y"]}}})", R"({"a":"nothing like it"})").at(0);
  EXPECT_EQ(say(to_advice(choice), Language::kEnglish), "Write what is allowed at a: one of x, y.");
  EXPECT_EQ(say(to_advice(choice), Language::kKorean), "허용되는 값을 적으세요. a: x, y 중 하나.");
  const Fault missing = check(R"({"required":["a"],"properties":{"a":{"type":"string"}}})", "{}").at(0);
  EXPECT_EQ(say(to_sentence(missing), Language::kKorean), "a: 필수 필드가 없음");
  EXPECT_EQ(say(to_advice(missing), Language::kKorean), "다음과 같이 적으세요: a: 문자열.");
}

TEST(Schema, NamesManyValuesUpToALimit) {
  std::string values;
  for (int i = 0; i < 22; ++i) values += (i == 0 ? "" : ",") + std::to_string(i);
  const Fault many = check(R"({"enum":[)" + values + "]}", R"("none of them")").at(0);
  EXPECT_THAT(say(many.allowed, Language::kEnglish), HasSubstr("18, 19, and 2 more"));
  EXPECT_THAT(say(many.allowed, Language::kKorean), HasSubstr("18, 19 외 2개 중 하나"));
}

TEST(Schema, MendsATextThatDoesNotMatchWhereThatIsSimple) {
  const std::string name = R"({"pattern":"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$","maxLength":8})";
  EXPECT_THAT(check(name, R"("My_App")")[0].nearest, "my-app");
  EXPECT_THAT(check(name, R"("abcdefghij")")[0].nearest, "abcdefgh");
  EXPECT_THAT(check(R"({"pattern":"^[0-9]+$"})", R"("x")")[0].nearest, "");
}

TEST(Schema, RefusesWhatDoesNotFitAnyOrMoreThanOneForm) {
  const std::string one = R"({"oneOf":[{"required":["a"]},{"required":["b"]}]})";
  EXPECT_THAT(told(one, R"({"a":1})"), IsEmpty());
  EXPECT_THAT(told(one, R"({"a":1,"b":1})"), ElementsAre(HasSubstr("exactly one of 2 forms")));
  EXPECT_THAT(told(one, "{}"), ElementsAre("a:  (a value, or another of 2 forms) -> "));
  EXPECT_THAT(told(R"({"anyOf":[{"type":"integer"},{"type":"string"}]})", "true"),
              ElementsAre(": true (an integer or a string) -> \"true\""));
  EXPECT_THAT(told(R"({"not":{"required":["a"]}})", R"({"a":1})"), ElementsAre(HasSubstr("does not have this form")));
}

TEST(Schema, CountsItemsAndFieldsAndFindsWhatComesTwice) {
  EXPECT_THAT(told(R"({"minItems":1})", "[]"), ElementsAre(": 0 items (at least 1 items) -> "));
  EXPECT_THAT(told(R"({"maxProperties":1})", R"({"a":1,"b":1})"), ElementsAre(HasSubstr("at most 1 fields")));
  EXPECT_THAT(told(R"({"uniqueItems":true})", "[1,2,1]"), ElementsAre("[2]: 1 (each once; item 0 is the same) -> "));
  EXPECT_THAT(told(R"({"x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["name"]})",
                   R"([{"name":"a"},{"name":"b"},{"name":"a","x":1}])"),
              ElementsAre("[2]: a (each once; item 0 is the same) -> "));
}

TEST(Schema, FollowsReferencesAlsoInCircles) {
  const std::string tree = R"({"$ref":"#/$defs/tree","$defs":{"tree":{"properties":{
    "size":{"type":"integer"},"children":{"items":{"$ref":"#/$defs/tree"}}}}}})";
  EXPECT_THAT(told(tree, R"({"children":[{"children":[{"size":"x"}]}]})"),
              ElementsAre("children[0].children[0].size: x (an integer) -> "));
  EXPECT_THAT(told(R"({"$ref":"#/$defs/a","$defs":{"a":{"allOf":[{"$ref":"#/$defs/a"}]}}})", "1"), IsEmpty());
  EXPECT_EQ(Schema::read(json(R"({"$ref":"#/nowhere"})")).error().message, "#/nowhere: a reference to nowhere");
}

TEST(Schema, SaysWhichKeywordItDoesNotKnow) {
  EXPECT_EQ(Schema::read(json(R"({"properties":{"a":{"minimun":1}}})")).error().message,
            "#/properties/a: 'minimun' is not checked here (did you mean 'minimum'?)");
  EXPECT_EQ(Schema::read(json(R"({"pattern":"("})")).error().message,
            "#/pattern: the pattern cannot be checked: missing ): (");
  EXPECT_FALSE(Schema::read(json(R"({"type":"strin"})")));
  EXPECT_FALSE(Schema::read(json("3")));
}

TEST(Schema, NeverShowsASecret) {
  const std::string schema = R"({"properties":{"password":{"type":"integer"},"env":{"items":{"properties":{
    "value":{"type":"string"}}}},"url":{"type":"integer"},"address":{"maxLength":40},"link":{"pattern":"^[a-z0-9:/@.]+$"}}})";
  const std::string far = "https://me:hunter2" + std::string(90, 'x') + "@example.com";
  for (const std::string& line : told(schema, R"({"password":"hunter2","env":[{"name":"DB_PASSWORD","value":12345}],
                                                  "url":"https://me:hunter2@example.com","link":"HTTPS://me:hunter2@example.com",
                                                  "address":")" +
                                                  far + R"("})")) {
    EXPECT_THAT(line, testing::Not(HasSubstr("hunter2")));
    EXPECT_THAT(line, testing::Not(HasSubstr("12345")));
  }
}

TEST(Schema, JudgesNothingThatIsNotThereInFull) {
  EXPECT_THAT(told(R"({"properties":{"a":{"type":"array"},"b":{"format":"byte","type":"string"}}})",
                   R"({"a":{"$omitted":70000},"b":"***"})"),
              IsEmpty());
}

TEST(Schema, EndsWhereThereIsTooMuchToSay) {
  std::string many = "[0";
  for (int i = 0; i < 1'000; ++i) many += ",0";
  const CheckedValue checked = Schema::read(json(R"({"items":{"type":"string"}})")).value().check(json(many + "]"));
  EXPECT_EQ(checked.faults.size(), 100U);
  EXPECT_FALSE(checked.is_complete);
}

constexpr std::string_view kDocument = R"({"openapi":"3.0.0","components":{"schemas":{
  "io.k8s.api.apps.v1.Thing":{"type":"object","x-kubernetes-group-version-kind":[{"group":"apps","version":"v1","kind":"Thing"}],
    "properties":{"apiVersion":{"type":"string"},"kind":{"type":"string"},"spec":{"default":{},
      "allOf":[{"$ref":"#/components/schemas/io.k8s.api.apps.v1.Spec"}]}}},
  "io.k8s.api.apps.v1.Spec":{"type":"object","required":["port"],"properties":{
    "replicas":{"type":"integer","format":"int32"},"port":{"default":0,"type":"integer"},
    "memory":{"$ref":"#/components/schemas/io.k8s.apimachinery.pkg.api.resource.Quantity"},
    "labels":{"type":"object","additionalProperties":{"type":"string"}},"raw":{"type":"object"}}},
  "io.k8s.apimachinery.pkg.api.resource.Quantity":{"oneOf":[{"type":"string"},{"type":"number"}]},
  "org.example.v1.Custom":{"type":"object","x-kubernetes-group-version-kind":[{"group":"example.org","version":"v1","kind":"Custom"}],
    "properties":{"spec":{"type":"object","required":["size","mode"],"properties":{
      "size":{"type":"integer"},"mode":{"type":"string","default":"a"},"any":{"type":"object","x-kubernetes-preserve-unknown-fields":true}}}}}
}}})";

std::vector<std::string> told_of(const KindName& name, std::string_view value) {
  const auto document = OpenApi::parse(kDocument, "openapi.json").value();
  return lines(document->find(name)->check(json(value)).faults);
}

TEST(OpenApi, FieldsThatABuiltInTypeDoesNotHaveAreFaults) {
  const KindName name("apps/v1", "Thing");
  EXPECT_THAT(
      told_of(name, R"({"apiVersion":"apps/v1","spec":{"port":1,"replica":3,"raw":{"x":1},"labels":{"a":"b"}}})"),
      ElementsAre("spec.replica:  (a field that it has) -> replicas"));
  EXPECT_THAT(told_of(name, R"({"spec":{"port":1,"replicas":null,"memory":"1Gi"}})"), IsEmpty());
  EXPECT_THAT(told_of(name, R"({"spec":{"memory":"1GB","labels":{"a":1},"replicas":99999999999}})"),
              ElementsAre("spec.labels.a: 1 (a string) -> \"1\"", HasSubstr("spec.memory: 1GB"),
                          HasSubstr("spec.replicas: 99999999999"), HasSubstr("spec.port")));
}

TEST(OpenApi, WhatACustomTypeFillsInIsNotMissing) {
  const KindName name("example.org/v1", "Custom");
  EXPECT_THAT(told_of(name, R"({"spec":{"size":1,"any":{"x":1}}})"), IsEmpty());
  EXPECT_THAT(told_of(name, R"({"spec":{"size":null}})"), ElementsAre("spec.size:  (an integer) -> "));
  EXPECT_THAT(told_of(name, R"({"spec":{}})"), ElementsAre("spec.size:  (an integer) -> "));
}

TEST(OpenApi, SaysWhatItExpects) {
  EXPECT_THAT(OpenApi::parse("{}", "x.json").error().message, HasSubstr("OpenAPI document of version 2 or 3"));
  EXPECT_FALSE(OpenApi::parse("[", "x.json"));
}

TEST(OpenApi, ACustomDefinitionKnowsWhatEveryObjectHas) {
  const Json definition = json(R"({"spec":{"group":"example.org","names":{"kind":"Widget"},"versions":[
    {"name":"v1","served":true,"schema":{"openAPIV3Schema":{"type":"object","properties":{"spec":{"type":"object",
      "properties":{"size":{"type":"integer"}}}}}}},
    {"name":"v2","served":true}]}})");
  const auto schemas = schemas_of_definition(definition);
  ASSERT_EQ(schemas.size(), 1U);
  EXPECT_THAT(
      lines(schemas.begin()
                ->second
                .check(json(R"({"apiVersion":"example.org/v1","kind":"Widget",
      "metadata":{"name":"a","creationTimestamp":null,"labels":{"a":"b"},"lables":{}},"spec":{"sice":1}})"))
                .faults),
      ElementsAre("metadata.lables:  (a field that it has) -> labels", "spec.sice:  (a field that it has) -> size"));
}

}  // namespace
}  // namespace capstan::schema
