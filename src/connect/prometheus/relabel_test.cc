#include "connect/prometheus/relabel.h"

#include <gtest/gtest.h>

namespace capstan::prometheus {
namespace {

std::vector<RelabelRule> rules(std::string_view yaml) {
  const auto documents = parse_yaml(yaml, "test.yaml");
  auto read = read_relabel_rules(documents->front(), "relabel_configs");
  EXPECT_TRUE(read.has_value()) << (read ? "" : read.error().to_string());
  return read.value_or(std::vector<RelabelRule>{});
}

std::string error_of(std::string_view yaml) {
  const auto documents = parse_yaml(yaml, "test.yaml");
  const auto read = read_relabel_rules(documents->front(), "relabel_configs");
  return read ? "" : read.error().to_string();
}

std::string apply(std::string_view yaml, Labels labels) {
  return relabel(labels, rules(yaml)) ? labels.to_string() : "dropped";
}

TEST(Relabel, RewritesWithGroups) {
  EXPECT_EQ(apply("[{source_labels: [a, b], regex: '(.+);(?P<x>.+)', target_label: c, replacement: '${x}-$1'}]",
                  {{"a", "1"}, {"b", "2"}}),
            R"({a="1",b="2",c="2-1"})");
  EXPECT_EQ(apply("[{source_labels: [a], regex: no, target_label: c}]", {{"a", "yes"}}), R"({a="yes"})");
  EXPECT_EQ(apply("[{target_label: c, replacement: x$$y}]", {{"a", "1"}}), R"({a="1",c="x$y"})");
  EXPECT_EQ(apply("[{target_label: a, replacement: ''}]", {{"a", "1"}, {"b", "2"}}), R"({b="2"})");
}

TEST(Relabel, KeepsAndDrops) {
  EXPECT_EQ(apply("[{source_labels: [a], regex: 'x.*', action: keep}]", {{"a", "y"}}), "dropped");
  EXPECT_EQ(apply("[{source_labels: [a], regex: 'x', action: drop}]", {{"a", "xy"}}), R"({a="xy"})");
  EXPECT_EQ(apply("[{source_labels: [a], target_label: b, action: keepequal}]", {{"a", "1"}, {"b", "2"}}), "dropped");
  EXPECT_EQ(apply("[{source_labels: [a], target_label: b, action: dropequal}]", {{"a", "1"}, {"b", "1"}}), "dropped");
}

TEST(Relabel, MapsAndDropsNames) {
  EXPECT_EQ(apply("[{regex: '__meta_(.+)', action: labelmap}]", {{"__meta_zone", "z"}}),
            R"({__meta_zone="z",zone="z"})");
  EXPECT_EQ(apply("[{regex: 'a.*', action: labeldrop}]", {{"ab", "1"}, {"b", "2"}}), R"({b="2"})");
  EXPECT_EQ(apply("[{regex: 'a.*', action: labelkeep}]", {{"ab", "1"}, {"b", "2"}}), R"({ab="1"})");
  EXPECT_EQ(apply("[{source_labels: [a], target_label: a, action: uppercase}]", {{"a", "xY"}}), R"({a="XY"})");
}

// The value that Prometheus 2.42 gives for the same rule (its own test: modulus 1000 of "baz" is 976).
TEST(Relabel, SpreadsByTheSameHashAsPrometheus) {
  EXPECT_EQ(apply("[{source_labels: [c], target_label: d, modulus: 1000, action: hashmod}]",
                  {{"a", "foo"}, {"b", "bar"}, {"c", "baz"}}),
            R"({a="foo",b="bar",c="baz",d="976"})");
}

TEST(Relabel, SaysWhatIsWrongWithARule) {
  EXPECT_NE(error_of("[{action: repalce, target_label: a}]").find("did you mean 'replace'"), std::string::npos);
  EXPECT_NE(error_of("[{regex: '(', target_label: a}]").find("test.yaml:1"), std::string::npos);
  EXPECT_NE(error_of("[{action: hashmod, target_label: a}]").find("modulus"), std::string::npos);
  EXPECT_NE(error_of("[{source_labels: [a]}]").find("target_label"), std::string::npos);
  EXPECT_NE(error_of("[{sourcelabels: [a], target_label: b}]").find("did you mean 'source_labels'"), std::string::npos);
}

}  // namespace
}  // namespace capstan::prometheus
