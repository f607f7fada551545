#include "model/quantity.h"

#include <gtest/gtest.h>

namespace capstan {
namespace {

TEST(Quantity, ReadsWhatKubernetesWrites) {
  EXPECT_EQ(parse_quantity("500m"), 0.5);
  EXPECT_EQ(parse_quantity("1"), 1);
  EXPECT_EQ(parse_quantity("+1.5"), 1.5);
  EXPECT_EQ(parse_quantity("-2"), -2);
  EXPECT_EQ(parse_quantity("1Gi"), 1073741824);
  EXPECT_EQ(parse_quantity("1G"), 1e9);
  EXPECT_EQ(parse_quantity("12e6"), 12e6);
  EXPECT_EQ(parse_quantity("1E3"), 1000);
  EXPECT_EQ(parse_quantity("1e+3"), 1000);
  EXPECT_EQ(parse_quantity("1E"), 1e18);
  EXPECT_EQ(parse_quantity(".5"), 0.5);
  EXPECT_EQ(parse_quantity("100n"), 100 * 1e-9);
  for (const char* wrong : {"", "Mi", "1MiB", "1 Gi", "1.2.3", "e3", "1e", "--1", "0x10", "1K", "."}) {
    EXPECT_EQ(parse_quantity(wrong), std::nullopt) << wrong;
  }
}

TEST(Quantity, WritesBytesExactly) {
  EXPECT_EQ(bytes_quantity(1073741824), "1Gi");
  EXPECT_EQ(bytes_quantity(1610612736), "1536Mi");
  EXPECT_EQ(bytes_quantity(1000), "1000");
  EXPECT_EQ(bytes_quantity(0), "0");
}

TEST(Quantity, WritesProcessorsAsPeopleDo) {
  EXPECT_EQ(cores_quantity(3), "3");
  EXPECT_EQ(cores_quantity(0.25), "250m");
  EXPECT_EQ(cores_quantity(2.5), "2500m");
}

}  // namespace
}  // namespace capstan
