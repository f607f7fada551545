#include "base/sqlite.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>

namespace capstan::sqlite {
namespace {

using testing::HasSubstr;

class SqliteTest : public testing::Test {
 protected:
  SqliteTest() {
    std::string name = (std::filesystem::temp_directory_path() / "capstan-sqlite-XXXXXX").string();
    directory_ = mkdtemp(name.data());
  }
  ~SqliteTest() override { std::filesystem::remove_all(directory_); }

  Database writer(const WriterOptions& options = {}) {
    Result<Database> database = Database::open_writer(file(), options);
    EXPECT_TRUE(database) << database.error().message;
    return *std::move(database);
  }
  std::filesystem::path file() const { return directory_ / "x.db"; }

  std::filesystem::path directory_;
};

TEST_F(SqliteTest, BindsAndReadsEveryType) {
  Database database = writer();
  Statement select = *database.prepare("SELECT ?, ?, ?, ?, ?");
  select.with(nullptr, int64_t{1} << 40, 1.5, "té\0xt");
  select.bind_blob(5, std::string_view("\0\1", 2));
  ASSERT_TRUE(*select.step());
  EXPECT_TRUE(select.is_null(0));
  EXPECT_EQ(select.integer(1), int64_t{1} << 40);
  EXPECT_EQ(select.real(2), 1.5);
  EXPECT_EQ(select.text(3), "té");
  EXPECT_EQ(select.blob(4), std::string_view("\0\1", 2));
  EXPECT_FALSE(*select.step());
}

TEST_F(SqliteTest, BindsAnEmptyTextAsTextAndNotAsNull) {
  Database database = writer();
  Statement select = *database.prepare("SELECT typeof(?)");
  select.bind(1, std::string_view());
  ASSERT_TRUE(*select.step());
  EXPECT_EQ(select.text(0), "text");
}

TEST_F(SqliteTest, ErrorsNameTheStatementAndThePlace) {
  Database database = writer();
  const Error error = database.prepare("SELECT 1,\n  absent").error();
  EXPECT_EQ(error.message, "no such column: absent (in: SELECT 1, absent)");
  EXPECT_EQ(error.where.line, 2);
  EXPECT_EQ(error.where.column, 3);
  EXPECT_THAT(database.prepare("SELECT 1; SELECT 2").error().message, HasSubstr("more than one statement"));
  EXPECT_EQ(database.prepare(" ").error().message, "an empty statement");
}

TEST_F(SqliteTest, ReportsABindThatCannotBeWhenItIsStepped) {
  Database database = writer();
  Statement select = *database.prepare("SELECT ?");
  select.with(1, 2);
  EXPECT_THAT(select.step().error().message, HasSubstr("cannot bind a parameter"));
}

TEST_F(SqliteTest, RollsBackATransactionThatWasNotCommitted) {
  Database database = writer();
  ASSERT_TRUE(database.execute("CREATE TABLE t(x)"));
  {
    const auto transaction = Transaction::begin(database);
    ASSERT_TRUE(transaction);
    ASSERT_TRUE(database.execute("INSERT INTO t VALUES(1)"));
  }
  EXPECT_EQ(*database.integer_of("SELECT count(*) FROM t"), 0);
}

TEST_F(SqliteTest, AReaderSeesOneMomentAndCannotWrite) {
  Database database = writer();
  ASSERT_TRUE(database.execute("CREATE TABLE t(x)"));
  Database reader = *Database::open_reader(file());
  {
    const auto view = Transaction::begin_read(reader);
    ASSERT_TRUE(database.execute("INSERT INTO t VALUES(1)"));
    EXPECT_EQ(*reader.integer_of("SELECT count(*) FROM t"), 0);
  }
  EXPECT_EQ(*reader.integer_of("SELECT count(*) FROM t"), 1);
  EXPECT_EQ(reader.execute("INSERT INTO t VALUES(2)").error().code, ErrorCode::kPermissionDenied);
}

TEST_F(SqliteTest, ChecksPointsOnlyWhenTold) {
  Database database = writer();
  ASSERT_TRUE(database.execute("CREATE TABLE t(x)"));
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(database.execute("INSERT INTO t VALUES(zeroblob(100000))"));
  EXPECT_GT(database.wal_bytes(), 5'000'000);
  EXPECT_LT(std::filesystem::file_size(file()), 100'000u);
  ASSERT_TRUE(database.checkpoint());
  EXPECT_EQ(database.wal_bytes(), 0);
  EXPECT_GT(std::filesystem::file_size(file()), 5'000'000u);
}

TEST_F(SqliteTest, ItsSizeLimitIsAResourceExhausted) {
  Database database = writer({.max_bytes = 1 << 20});
  ASSERT_TRUE(database.execute("CREATE TABLE t(x)"));
  EXPECT_EQ(database.execute("INSERT INTO t VALUES(zeroblob(2000000))").error().code, ErrorCode::kResourceExhausted);
}

TEST_F(SqliteTest, SaysWhichFileCannotBeOpenedAndWhy) {
  EXPECT_THAT(Database::open_writer(directory_ / "no" / "x.db", {}).error().message,
              testing::AllOf(HasSubstr("/no/x.db"), HasSubstr("No such file or directory")));
  EXPECT_EQ(Database::open_reader(directory_ / "missing.db").error().code, ErrorCode::kNotFound);
  std::ofstream(file()) << std::string(5'000, 'x');
  EXPECT_EQ(Database::open_writer(file(), {}).error().code, ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace capstan::sqlite
