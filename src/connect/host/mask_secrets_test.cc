#include "connect/host/mask_secrets.h"

#include <gtest/gtest.h>

namespace capstan::host {
namespace {

std::string mask(std::initializer_list<std::string_view> arguments) {
  std::string joined;
  for (const std::string_view argument : arguments) {
    joined += argument;
    joined += '\0';
  }
  return masked_command(joined);
}

TEST(MaskSecrets, HidesValuesOfOptionsThatSpeakOfSecrets) {
  EXPECT_EQ(mask({"db", "--password=geheim", "--user=eve"}), "db --password=*** --user=eve");
  EXPECT_EQ(mask({"db", "--password", "geheim", "--port", "5"}), "db --password *** --port 5");
  EXPECT_EQ(mask({"x", "--api-key=k1", "API_KEY=k2", "--auth-token", "k3"}),
            "x --api-key=*** API_KEY=*** --auth-token ***");
  EXPECT_EQ(mask({"x", "-o", "user=a,password=b,uid=0"}), "x -o user=a,password=***,uid=0");
  EXPECT_EQ(mask({"curl", "-H", "Authorization: Bearer abc.def"}), "curl -H Authorization: ***");
  EXPECT_EQ(mask({"x", "{\"password\": \"b\", \"a\": 1}"}), "x {\"password\": \"***\", \"a\": 1}");
}

TEST(MaskSecrets, HidesCredentialsInUrls) {
  EXPECT_EQ(mask({"psql", "postgres://app:pw@db:5432/shop"}), "psql postgres://app:***@db:5432/shop");
  EXPECT_EQ(mask({"curl", "https://h/x?token=abc&page=2"}), "curl https://h/x?token=***&page=2");
  EXPECT_EQ(mask({"curl", "https://h:8080/a@b"}), "curl https://h:8080/a@b");
}

TEST(MaskSecrets, HidesTokensOfKnownForm) {
  EXPECT_EQ(mask({"bot", "xoxb-123456789012-abcdef"}), "bot xoxb-***");
  EXPECT_EQ(mask({"gh", "ghp_abcdefghijklmnopqrstuv"}), "gh ghp_***");
}

TEST(MaskSecrets, LeavesWhatNamesAPlaceReadable) {
  EXPECT_EQ(mask({"x", "--password-file=/etc/pw", "--token-path", "/etc/t"}),
            "x --password-file=/etc/pw --token-path /etc/t");
  EXPECT_EQ(mask({"nginx", "-p", "8080"}), "nginx -p 8080");
}

TEST(MaskSecrets, GivesOneLineOfBoundedLength) {
  EXPECT_EQ(mask({"sh", "-c", "a\nb\x01"}), "sh -c a b ");
  const std::string large(10'000, 'x');
  EXPECT_EQ(mask({large}).size(), 512u);
  std::string umlauts;
  for (int i = 0; i < 400; ++i) umlauts += "ä";
  EXPECT_EQ(mask({"x", umlauts}).size() % 2, 0u);  // "x " and whole characters.
}

}  // namespace
}  // namespace capstan::host
