#include "catalog/resource_packer.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace capstan::catalog {
namespace {

std::string noise(size_t size, uint32_t state) {
  std::string text;
  while (text.size() < size) text += static_cast<char>((state = state * 1'664'525 + 1'013'904'223) >> 24);
  return text;
}

TEST(ResourcePacker, GivesBackWhatWasPacked) {
  ResourcePacker packer;
  const ResourceLabels labels = {{"app", "web"}, {"empty", ""}};
  for (const size_t size : {size_t{0}, size_t{10}, size_t{1'100}, size_t{100'000}, size_t{1'100}}) {
    const std::string fields = R"({"text":")" + std::string(size, 'x') + "\"}";
    const PackedResource packed = packer.pack("thing", "a name", labels, fields);
    const ResourcePacker::Parts parts = packer.unpack(packed);
    EXPECT_EQ(parts.name, "a name");
    EXPECT_EQ(parts.labels, labels);
    EXPECT_EQ(parts.fields, fields);
    EXPECT_LT(packed.size(), 1'200u);
  }
}

TEST(ResourcePacker, KeepsWhatDoesNotGetSmaller) {
  ResourcePacker packer;
  for (uint32_t seed : {1, 2}) {
    EXPECT_EQ(packer.unpack(packer.pack("thing", "", {}, noise(5'000, seed))).fields, noise(5'000, seed));
  }
}

TEST(ResourcePacker, KeepsOnlyWhatDiffersFromTheFirstOfItsKind) {
  ResourcePacker packer;
  const std::string text = noise(3'000, 1);
  (void)packer.pack("thing", "1", {}, text);
  const PackedResource second = packer.pack("thing", "2", {}, text + "!");
  EXPECT_LT(second.size(), 100u);
  EXPECT_EQ(second, packer.pack("thing", "2", {}, text + "!"));
  EXPECT_FALSE(second == packer.pack("thing", "3", {}, text + "!"));
  EXPECT_GT(packer.pack("other", "2", {}, text + "!").size(), 3'000u);
  EXPECT_EQ(ResourcePacker().unpack(second).fields, text + "!");
}

TEST(ResourcePacker, ReadsWhatOutlivesItsPacker) {
  const std::string text = noise(3'000, 1);
  const auto pack = [&] {
    ResourcePacker packer;
    (void)packer.pack("thing", "1", {}, text);
    return packer.pack("thing", "2", {}, text);
  };
  EXPECT_EQ(ResourcePacker().unpack(pack()).fields, text);
}

}  // namespace
}  // namespace capstan::catalog
