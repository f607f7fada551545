// tests/manual/texts.yaml: lines as programs write them, and which entry of the packs' manuals must be the first
// answer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>

#include "base/config.h"
#include "base/file.h"
#include "manual/manual_shelf.h"

namespace capstan::manual {
namespace {

const std::filesystem::path kRoot = CAPSTAN_SOURCE_DIR;

void load_packs(ManualShelf& shelf) {
  std::vector<ManualText> files;
  for (const auto& pack : std::filesystem::directory_iterator(kRoot / "packs")) {
    const std::filesystem::path path = pack.path() / "manual.yaml";
    if (std::filesystem::exists(path)) files.push_back({path.string(), read_file(path).value()});
  }
  for (const Error& problem : shelf.load(files)) ADD_FAILURE() << problem.to_string();
}

struct Case {
  std::string text;
  std::string product;  // To be asked for.
  std::string expect;   // "postgresql 53300", or "nothing".
  std::string says;     // A part of what it means.
};

std::vector<Case> read_cases() {
  const std::filesystem::path path = kRoot / "tests/manual/texts.yaml";
  std::vector<Case> cases;
  const std::vector<ConfigNode> documents = parse_yaml(read_file(path).value(), path.string()).value();
  for (const ConfigNode& document : documents) {
    for (const ConfigNode& item : document.items) {
      MapReader reader(item, "a text");
      Case one{.text = reader.required_string("text"),
               .product = reader.string_or("of", ""),
               .expect = reader.required_string("is"),
               .says = reader.string_or("says", "")};
      if (const Status read = reader.finish(); !read) ADD_FAILURE() << read.error().to_string();
      cases.push_back(std::move(one));
    }
  }
  return cases;
}

TEST(ManualTexts, WhatProgramsWriteIsFound) {
  ManualShelf shelf;
  load_packs(shelf);
  EXPECT_GE(shelf.size(), 400U);
  for (const Case& one : read_cases()) {
    const std::vector<ManualEntry> found = shelf.look_up(one.text, one.product);
    const std::string first =
        found.empty() ? "nothing" : found[0].product + (found[0].code.empty() ? "" : " " + found[0].code);
    EXPECT_EQ(first, one.expect) << one.text << (found.empty() ? "" : "\n  means: " + found[0].means);
    if (!found.empty()) {
      EXPECT_THAT(found[0].means, testing::HasSubstr(one.says)) << one.text;
    }
  }
}

// A matcher that tried one pattern after the other would take hundreds of times as long.
TEST(ManualTexts, ALineIsComparedWithAllPatternsInLittleTime) {
  ManualShelf shelf;
  load_packs(shelf);
  const std::vector<Case> cases = read_cases();
  const auto began = std::chrono::steady_clock::now();
  size_t looked_up = 0;
  for (int round = 0; round < 20; ++round) {
    for (const Case& one : cases) looked_up += shelf.look_up(one.text).size() + 1;
  }
  const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - began;
  const double each = took.count() / (20.0 * static_cast<double>(cases.size()));
  RecordProperty("microseconds_each", static_cast<int>(each));
  EXPECT_GT(looked_up, 0U);
  EXPECT_LT(each, 2'000);
  std::printf("%.1f us a text, %zu entries\n", each, shelf.size());
}

}  // namespace
}  // namespace capstan::manual
