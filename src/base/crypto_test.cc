#include "base/crypto.h"

#include <gtest/gtest.h>

namespace capstan {
namespace {

class CryptoTest : public ::testing::Test {
 protected:
  void SetUp() override { start_crypto(); }
};

// Test vectors: FIPS 180-4 ("abc") and RFC 4231, case 2.
TEST_F(CryptoTest, HashesAsTheStandardsSay) {
  EXPECT_EQ(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hex(md5("abc")), "900150983cd24fb0d6963f7d28e17f72");
}

TEST_F(CryptoTest, EncodesAndDecodes) {
  const std::string bytes("\x00\xff\x10 text", 8);
  EXPECT_EQ(unhex(hex(bytes)).value(), bytes);
  EXPECT_EQ(unbase64(base64(bytes)).value(), bytes);
  EXPECT_FALSE(unhex("abc"));
  EXPECT_FALSE(unhex("zz"));
  EXPECT_FALSE(unbase64("a*b="));
}

TEST_F(CryptoTest, VerifiesOnlyTheRightPassword) {
  const std::string hash = hash_password("correct horse").value();
  EXPECT_TRUE(hash.starts_with("$argon2id$"));
  EXPECT_TRUE(verify_password(hash, "correct horse"));
  EXPECT_FALSE(verify_password(hash, "correct horsf"));
  EXPECT_FALSE(verify_password("nonsense", "correct horse"));
  EXPECT_NE(hash, hash_password("correct horse").value()) << "every hash has a salt of its own";
}

TEST_F(CryptoTest, MakesTokensThatDiffer) {
  SystemRandom random;
  EXPECT_NE(random_token(random), random_token(random));
  EXPECT_EQ(random_token(random, 32).size(), 43u);
  SeededRandom a(7);
  SeededRandom b(7);
  EXPECT_EQ(random_token(a), random_token(b)) << "a seed replays";
}

TEST_F(CryptoTest, ComparesWholeTexts) {
  EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
  EXPECT_FALSE(equal_in_constant_time("abc", "abd"));
  EXPECT_FALSE(equal_in_constant_time("abc", "abcd"));
}

}  // namespace
}  // namespace capstan
