#include "catalog/resource_packer.h"

#include <gtest/gtest.h>

namespace capstan::catalog {
namespace {

TEST(ResourcePacker, GivesBackWhatWasPacked) {
  const ResourcePacker packer;
  const ResourceLabels labels = {{"app", "web"}, {"empty", ""}};
  for (const size_t size : {size_t{0}, size_t{10}, size_t{1'100}, size_t{100'000}}) {
    const std::string fields = R"({"text":")" + std::string(size, 'x') + "\"}";
    const std::string packed = packer.pack("a name", labels, fields);
    const ResourcePacker::Parts parts = packer.unpack(packed);
    EXPECT_EQ(parts.name, "a name");
    EXPECT_EQ(parts.labels, labels);
    EXPECT_EQ(parts.fields, fields);
    EXPECT_EQ(packer.pack("a name", labels, fields), packed);
    EXPECT_LT(packed.size(), 1'200u);
  }
}

TEST(ResourcePacker, KeepsWhatDoesNotGetSmaller) {
  const ResourcePacker packer;
  std::string noise;
  uint32_t state = 1;
  for (int i = 0; i < 5'000; ++i) noise += static_cast<char>((state = state * 1'664'525 + 1'013'904'223) >> 24);
  EXPECT_EQ(packer.unpack(packer.pack("", {}, noise)).fields, noise);
}

}  // namespace
}  // namespace capstan::catalog
