#include "ledger/postgres.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace capstan::ledger {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(PostgresAddress, IsShownWithoutWhatIsNotForPeople) {
  const auto address = PostgresAddress::parse("postgresql://capstan@db1:5433/ledger?sslmode=verify-full");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->shown(), "database ledger at db1:5433");
  EXPECT_TRUE(PostgresAddress::parse("host=/run/postgresql dbname=capstan"));
}

TEST(PostgresAddress, RefusesAPasswordAndNeverRepeatsIt) {
  for (const char* text : {"postgresql://capstan:hunter2@db1/ledger", "host=db1 password=hunter2 dbname=ledger",
                           "postgresql://capstan@db1/ledger?password=hunter2"}) {
    const auto address = PostgresAddress::parse(text);
    ASSERT_FALSE(address) << text;
    EXPECT_THAT(address.error().message, HasSubstr("PGPASSFILE"));
    EXPECT_THAT(address.error().message, Not(HasSubstr("hunter2")));
  }
}

TEST(PostgresAddress, RefusesWhatIsNoneAndNeverRepeatsIt) {
  for (const char* text : {"", " ", "hunter2", "postgresql://a:hunter2@[::1/x", "postgresql://db1/?hunter2=1",
                           "postgresql://db1/%zzhunter2"}) {
    const auto address = PostgresAddress::parse(text);
    ASSERT_FALSE(address) << text;
    EXPECT_EQ(address.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(address.error().message, Not(HasSubstr("hunter2")));
  }
}

TEST(Postgres, TellsWhereNobodyAnswers) {
  const auto address = PostgresAddress::parse("postgresql://capstan@127.0.0.1:1/ledger");
  ASSERT_TRUE(address);
  const auto connection = Postgres::connect(*address);
  ASSERT_FALSE(connection);
  EXPECT_EQ(connection.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(connection.error().message, HasSubstr("cannot reach the database ledger at 127.0.0.1:1"));
}

}  // namespace
}  // namespace capstan::ledger
