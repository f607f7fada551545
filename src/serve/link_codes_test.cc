#include "serve/link_codes.h"

#include <gtest/gtest.h>

namespace capstan::serve {
namespace {

class LinkCodesTest : public testing::Test {
 protected:
  VirtualClock clock_{from_unix_ms(1'800'000'000'000)};
  SystemRandom random_;
  LinkCodes codes_{clock_, random_};
};

TEST_F(LinkCodesTest, AreGoodForOneTime) {
  const std::string code = codes_.make("U1");
  EXPECT_EQ(code.size(), 9u);
  EXPECT_EQ(code[4], '-');
  EXPECT_EQ(codes_.redeem(code).value(), "U1");
  EXPECT_EQ(codes_.redeem(code).error().code, ErrorCode::kNotFound);
}

TEST_F(LinkCodesTest, AreGoodForTenMinutes) {
  const std::string code = codes_.make("U1");
  clock_.advance(LinkCodes::kValid - Duration(1));
  const std::string later = codes_.make("U2");
  clock_.advance(Duration(1));
  EXPECT_EQ(codes_.redeem(code).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(codes_.redeem(later).value(), "U2");
}

TEST_F(LinkCodesTest, OfAnAccountAreOneAtATime) {
  const std::string first = codes_.make("U1");
  const std::string second = codes_.make("U1");
  EXPECT_EQ(codes_.redeem(first).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(codes_.redeem(second).value(), "U1");
}

TEST_F(LinkCodesTest, AreReadAsPeopleTypeThem) {
  std::string code = codes_.make("U1");
  code.erase(4, 1);
  for (char& c : code) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  EXPECT_EQ(codes_.redeem(" " + code + " ").value(), "U1");
  EXPECT_EQ(codes_.redeem("").error().code, ErrorCode::kNotFound);
}

TEST_F(LinkCodesTest, AreBounded) {
  const std::string first = codes_.make("U0");
  clock_.advance(Duration(1));
  for (int i = 1; i <= 1'000; ++i) codes_.make("U" + std::to_string(i));
  EXPECT_EQ(codes_.redeem(first).error().code, ErrorCode::kNotFound) << "the oldest made room";
}

}  // namespace
}  // namespace capstan::serve
