#include "base/json_path.h"

#include <gtest/gtest.h>

namespace capstan {
namespace {

Json pod() {
  return Json::parse(R"({"metadata": {"name": "web", "annotations": {"a/b": "1", "a.b": "2"}},
    "spec": {"containers": [{"name": "app", "ports": [{"port": 80}, {"port": 81}]}, {"name": "side"}]}})")
      .value();
}

std::string read(std::string_view path) { return JsonPath::parse(path).value().read(pod()).dump(); }

std::string after_removing(std::string_view path) {
  Json json = pod();
  JsonPath::parse(path).value().remove(json);
  return json.dump();
}

TEST(JsonPath, ReadsWhatIsThereAndNullWhereNothingIs) {
  EXPECT_EQ(read("metadata.name"), R"("web")");
  EXPECT_EQ(read("$.metadata.name"), R"("web")");
  EXPECT_EQ(read(R"(metadata.annotations["a/b"])"), R"("1")");
  EXPECT_EQ(read("metadata.annotations['a.b']"), R"("2")");
  EXPECT_EQ(read("spec.containers[1].name"), R"("side")");
  EXPECT_EQ(read("spec.containers[-1].name"), R"("side")");
  EXPECT_EQ(read("spec.containers[2].name"), "null");
  EXPECT_EQ(read("metadata.name.first"), "null");
  EXPECT_EQ(read(""), pod().dump());
  EXPECT_EQ(read("$"), pod().dump());
}

TEST(JsonPath, GathersWhatAStarFinds) {
  EXPECT_EQ(read("spec.containers[*].name"), R"(["app","side"])");
  EXPECT_EQ(read("spec.containers[*].ports[*].port"), "[80,81]");
  EXPECT_EQ(read("metadata.annotations[*]"), R"(["2","1"])");
  EXPECT_EQ(read("spec.volumes[*].name"), "[]");
}

TEST(JsonPath, RemovesWhatItFinds) {
  EXPECT_EQ(after_removing("spec.containers[*].ports"),
            R"({"metadata":{"annotations":{"a.b":"2","a/b":"1"},"name":"web"},)"
            R"("spec":{"containers":[{"name":"app"},{"name":"side"}]}})");
  EXPECT_EQ(after_removing("spec.containers[0]"), R"({"metadata":{"annotations":{"a.b":"2","a/b":"1"},"name":"web"},)"
                                                  R"("spec":{"containers":[{"name":"side"}]}})");
  EXPECT_EQ(after_removing("spec.volumes[*].name"), pod().dump());
  EXPECT_EQ(after_removing("metadata.name.first"), pod().dump());
}

TEST(JsonPath, GoesOnFromAnother) {
  const auto joined = [](std::string_view first, std::string_view rest) {
    return JsonPath::parse(first).value().then(JsonPath::parse(rest).value());
  };
  EXPECT_EQ(joined("spec", "containers[0].name").read(pod()).dump(), R"("app")");
  EXPECT_EQ(joined("spec.containers", "[1].name").text(), "spec.containers[1].name");
  EXPECT_EQ(joined("", "spec").text(), "spec");
  EXPECT_EQ(joined("spec", "$.x").text(), "spec.x");
  EXPECT_EQ(joined("spec", ""), JsonPath::parse("spec").value());
}

TEST(JsonPath, SaysWhereAPathIsWrong) {
  const auto message = [](std::string_view path) { return JsonPath::parse(path).error().message; };
  EXPECT_EQ(message("spec..x"), "the path 'spec..x': expected a name at character 6");
  EXPECT_EQ(message("spec[x]"), "the path 'spec[x]': expected an index, [*] or a quoted name at character 6");
  EXPECT_EQ(message("spec[0"), "the path 'spec[0': expected ']' at character 7");
  EXPECT_EQ(message("spec[\"x]"), "the path 'spec[\"x]': expected a closing \" at character 9");
  EXPECT_EQ(message("$x"), "the path '$x': expected '.' or '[' at character 2");
  EXPECT_EQ(message("a]b"), "the path 'a]b': expected '.' or '[' at character 2");
}

}  // namespace
}  // namespace capstan
