#include "catalog/version_packer.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace capstan::catalog {
namespace {

// No two pieces of it are alike.
std::string text_of(size_t size) {
  SeededRandom random(1);
  std::string text;
  while (text.size() < size) text += std::to_string(random.next_u64());
  return text;
}

TEST(VersionPackerTest, GivesBackWhatItPacked) {
  VersionPacker packer;
  const std::string base = text_of(3'000);
  std::string text = base;
  text.replace(1'000, 4, "abcd");
  const auto packed = packer.pack(text, base);
  ASSERT_TRUE(packed.has_value());
  EXPECT_LT(packed->size(), 60) << "all but four characters are the base's";
  EXPECT_EQ(packer.unpack(*packed, base).value(), text);
  const auto alone = packer.pack(text, "");
  EXPECT_EQ(packer.unpack(*alone, "").value(), text);
}

TEST(VersionPackerTest, LeavesWhatIsSmall) { EXPECT_FALSE(VersionPacker().pack("{}", "{}").has_value()); }

TEST(VersionPackerTest, SaysWhenItIsNotWhatWasPacked) {
  VersionPacker packer;
  EXPECT_EQ(packer.unpack("nonsense", "").error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(packer.unpack("", "").error().code, ErrorCode::kCorrupt);
  const std::string base = text_of(3'000);
  const auto packed = packer.pack(base + "x", base);
  const auto other = packer.unpack(*packed, "short");
  EXPECT_TRUE(!other || *other != base + "x");
}

}  // namespace
}  // namespace capstan::catalog
