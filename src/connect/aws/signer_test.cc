#include "connect/aws/signer.h"

#include <gtest/gtest.h>

#include "base/crypto.h"

namespace capstan::aws {
namespace {

// The credentials, the date and the expected signatures are those of AWS' published examples.
class SignerTest : public testing::Test {
 protected:
  SignerTest() { start_crypto(); }

  static Credentials example(std::string secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY") {
    return {.access_key_id = "AKIDEXAMPLE",
            .secret_access_key = Secret(std::move(secret)),
            .session_token = {},
            .expires = {},
            .source = {}};
  }
  static std::string signature_of(WireRequest request, SigningScope scope, const Credentials& credentials,
                                  std::string host, const char* time = "2015-08-30T12:36:00Z") {
    sign(request, {.host = std::move(host)}, scope, credentials, *parse_time(time));
    const std::string& header = request.headers.back().second;
    return header.substr(header.find("Signature=") + 10);
  }
};

// From the Signature Version 4 test suite: get-vanilla, get-vanilla-query-order-key-case, post-vanilla,
// post-x-www-form-urlencoded.
TEST_F(SignerTest, SignsAsThePublishedTestSuiteHasIt) {
  const SigningScope scope{.region = "us-east-1", .service = "service"};
  const auto of = [&](WireRequest request) {
    return signature_of(std::move(request), scope, example(), "example.amazonaws.com");
  };
  EXPECT_EQ(of({.method = "GET", .path = "/"}), "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
  EXPECT_EQ(of({.method = "GET", .path = "/", .query = {{"Param2", "value2"}, {"Param1", "value1"}}}),
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500");
  EXPECT_EQ(of({.method = "POST", .path = "/"}), "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
  EXPECT_EQ(of({.method = "POST",
                .path = "/",
                .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
                .body = "Param1=value1"}),
            "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a");
}

// From the IAM user guide's example of ListUsers.
TEST_F(SignerTest, SignsAsTheUserGuideHasIt) {
  const WireRequest request{.method = "GET",
                            .path = "/",
                            .query = {{"Action", "ListUsers"}, {"Version", "2010-05-08"}},
                            .headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}}};
  EXPECT_EQ(signature_of(request, {.region = "us-east-1", .service = "iam"}, example(), "iam.amazonaws.com"),
            "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
}

// From the S3 reference: "GET Object" and "PUT Object" with the body's hash as a header, and a pre-signed GET.
TEST_F(SignerTest, SignsAsTheS3ReferenceHasIt) {
  Credentials credentials = example("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
  credentials.access_key_id = "AKIAIOSFODNN7EXAMPLE";
  const SigningScope scope{.region = "us-east-1", .service = "s3", .s3 = true};
  const char* time = "2013-05-24T00:00:00Z";
  EXPECT_EQ(signature_of({.method = "GET", .path = "/test.txt", .headers = {{"Range", "bytes=0-9"}}}, scope,
                         credentials, "examplebucket.s3.amazonaws.com", time),
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
  EXPECT_EQ(signature_of(
                {.method = "PUT",
                 .path = "/test%24file.text",
                 .headers = {{"Date", "Fri, 24 May 2013 00:00:00 GMT"}, {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
                 .body = "Welcome to Amazon S3."},
                scope, credentials, "examplebucket.s3.amazonaws.com", time),
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
  EXPECT_EQ(presign({.method = "GET", .path = "/test.txt"}, {.host = "examplebucket.s3.amazonaws.com"}, scope,
                    credentials, *parse_time(time), 86400),
            "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential="
            "AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires="
            "86400&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404&"
            "X-Amz-SignedHeaders=host");
}

TEST_F(SignerTest, SignsTheSessionTokenAndNeverShowsTheKey) {
  Credentials credentials = example();
  credentials.session_token = Secret("TOKEN");
  WireRequest request{.method = "GET", .path = "/"};
  sign(request, {.host = "h"}, {.region = "r", .service = "s"}, credentials, *parse_time("2015-08-30T12:36:00Z"));
  const std::string& header = request.headers.back().second;
  EXPECT_NE(header.find("SignedHeaders=host;x-amz-date;x-amz-security-token"), std::string::npos);
  EXPECT_EQ(header.find("wJalr"), std::string::npos);
}

}  // namespace
}  // namespace capstan::aws
