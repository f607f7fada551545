#include "catalog/sql_engine.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <thread>

#include "base/guarded.h"
#include "base/sqlite.h"
#include "catalog/test_catalog.h"

namespace capstan::catalog {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Gives the rows it was made with, and remembers how it was called.
class FakeFunction final : public TableFunction {
 public:
  FakeFunction(std::string name, Table table) : name_(std::move(name)), table_(std::move(table)) {}
  std::string_view name() const override { return name_; }
  Result<Table> fetch(const std::vector<SqlValue>& arguments, Time now) const override {
    calls_.write([&](std::vector<std::string>& calls) {
      for (const SqlValue& argument : arguments) calls.push_back(to_text(argument) + " at " + format_time(now));
    });
    if (!arguments.empty() && to_text(arguments[0]) == "bad")
      return fail(ErrorCode::kInvalidArgument, "no such metric");
    return table_;
  }
  std::vector<std::string> calls() const {
    return calls_.read([](const std::vector<std::string>& calls) { return calls; });
  }

 private:
  mutable Guarded<std::vector<std::string>> calls_;  // Many threads may ask at once.
  std::string name_;
  Table table_;
};

class SqlTest : public CatalogFixture {
 protected:
  SqlTest() : engine_(catalog(), clock_) {
    must(engine_.add(promql_));
    must(engine_.add(empty_));
    look(
        {.scope = "host:web1",
         .at = at_second(0),
         .resources =
             {{.id = "host/web1", .kind = "host", .name = "web1", .labels = {}, .fields = Json::object({{"cores", 2}})},
              process(1, "init", "root"),
              process(2, "nginx", "www"),
              process(3, "php's", "www", 300)},
         .relations = {{.source = "host_process/2", .kind = "child_of", .target = "host_process/1"}},
         .complete_kinds = {"host", "host_process"},
         .departures = {}});
  }

  // All rows in one line: "a,b;c,d".
  std::string ask(std::string_view sql, SqlSource::Options options = {}) {
    const Result<Table> table = engine_.query(sql, at_second(100), options);
    if (!table) return "error: " + table.error().to_string();
    std::string text;
    for (const auto& row : table->rows) {
      if (!text.empty()) text += ';';
      for (size_t i = 0; i < row.size(); ++i) text += (i > 0 ? "," : "") + to_text(row[i]);
    }
    return text;
  }

  SystemClock clock_;
  FakeFunction promql_{"promql",
                       {.columns = {"instance", "process", "value"},
                        .rows = {{"web1", "host_process/2", 0.5}, {"web1", "host_process/3", 1.5}}}};
  FakeFunction empty_{"logs", {}};
  SqlEngine engine_;
};

TEST_F(SqlTest, AnswersFromTypedTables) {
  EXPECT_EQ(ask("SELECT name, pid FROM host_process WHERE user = 'www' ORDER BY pid"), "nginx,2;php's,3");
  EXPECT_EQ(ask("WITH x AS (SELECT 1 AS n) SELECT n + 1 FROM x"), "2");
  EXPECT_EQ(ask("VALUES (1, NULL, 1.5, 'x')"), "1,,1.5,x");
}

TEST_F(SqlTest, ReadsNoJsonForAConditionOnATypedColumn) {
  sqlite::Database database = must(sqlite::Database::open_reader(file()));
  sqlite::Statement plan = must(database.prepare("EXPLAIN SELECT name FROM host_process WHERE pid = 2"));
  std::string program;
  while (must(plan.step())) program += std::string(plan.text(1)) + " " + std::string(plan.text(5)) + "\n";
  EXPECT_EQ(program.find("json"), std::string::npos) << program;
  sqlite::Statement opened = must(database.prepare("EXPLAIN QUERY PLAN SELECT name FROM host_process WHERE pid = 2"));
  ASSERT_TRUE(must(opened.step()));
  EXPECT_EQ(opened.text(3), "SCAN host_process");
  EXPECT_FALSE(must(opened.step()));
}

TEST_F(SqlTest, ReadsTheItemsOfJson) {
  EXPECT_EQ(ask("SELECT value FROM json_each('[1,2]')"), "1;2");
  EXPECT_EQ(ask("SELECT count(*) FROM json_tree('{\"a\": [1]}')"), "3");
}

TEST_F(SqlTest, BindsNowToTheTimeOfTheQuestion) {
  EXPECT_EQ(ask("SELECT now"), "2026-01-01T00:01:40.000Z");
  EXPECT_EQ(ask("SELECT count(*) FROM resource WHERE since < now AND since > time_add(now, '-2m')"), "4");
  EXPECT_EQ(ask("SELECT 'now', \"now\" FROM (SELECT 7 AS now)"), "now,7") << "not in strings and quoted names";
  EXPECT_EQ(ask("SELECT x.now /* now */ FROM (SELECT 7 AS now) x -- now"), "7");
  EXPECT_EQ(ask("SELECT unix_seconds(now) - unix_seconds('2026-01-01T00:00:00Z'), iso_time(0)"),
            "100,1970-01-01T00:00:00.000Z");
  EXPECT_EQ(ask("SELECT date(now), strftime('%H:%M', now)"), "2026-01-01,00:01");
}

TEST_F(SqlTest, RefusesWhatWouldChangeAnything) {
  for (std::string_view sql :
       {"DELETE FROM resource", "UPDATE resource SET name = 'x'", "INSERT INTO label VALUES(1,2,3)",
        "DROP TABLE resource", "ATTACH '/etc/passwd' AS x", "PRAGMA journal_mode = DELETE", "VACUUM",
        "CREATE TEMP TABLE x(y)", "BEGIN", "SELECT 1; DELETE FROM resource",
        "WITH x AS (SELECT 1) DELETE FROM resource", "EXPLAIN DELETE FROM resource",
        "SELECT load_extension('/tmp/x.so')", "SELECT * FROM pragma_table_info('resource')",
        "SELECT writefile('/tmp/x', 'y')", "SELECT fts3_tokenizer('simple')"}) {
    const Result<Table> table = engine_.query(sql, at_second(0), {});
    EXPECT_FALSE(table) << sql;
  }
  EXPECT_EQ(ask("SELECT count(*) FROM resource"), "4");
}

TEST_F(SqlTest, SaysWhatItRefusesAndWhere) {
  EXPECT_EQ(ask("DELETE FROM resource"),
            "error: line 1:1: only questions are allowed here (SELECT, WITH, VALUES, EXPLAIN), not 'DELETE'");
  EXPECT_EQ(ask("SELECT 1;\n SELECT 2"), "error: line 2:2: only one statement at a time");
  EXPECT_EQ(ask("SELECT id,\n  random() FROM host"),
            "error: line 2:3: random is refused, because the same question must give the same answer");
  EXPECT_THAT(ask("SELECT current_timestamp"), HasSubstr("write now"));
  EXPECT_THAT(ask("SELECT datetime('now')"), HasSubstr("write now without quotes"));
  EXPECT_THAT(ask("SELECT datetime('n' || 'ow')"), HasSubstr("write now without quotes"));
  EXPECT_THAT(ask("SELECT date()"), HasSubstr("without a time means the present"));
  EXPECT_THAT(ask("SELECT datetime(now, 'localtime')"), HasSubstr("local time differs"));
  EXPECT_THAT(ask("SELECT load_extension('x')"), HasSubstr("load_extension"));
}

TEST_F(SqlTest, SuggestsTablesColumnsAndFunctions) {
  EXPECT_EQ(ask("SELECT *\nFROM host_proces"),
            "error: line 2:6: there is no table 'host_proces' (did you mean 'host_process'?)");
  EXPECT_EQ(ask("SELECT p.nmae FROM host_process p"),
            "error: line 1:8: there is no column 'p.nmae' (did you mean 'name'?)");
  EXPECT_EQ(ask("SELECT cout(*) FROM host"), "error: line 1:8: there is no function 'cout' (did you mean 'count'?)");
  EXPECT_EQ(ask("SELECT 1 FROM host WHERE"), "error: line 1:25: the query ends too early");
  EXPECT_EQ(ask("SELECT name FROM host\nWHERE ORDER"), "error: line 2:7: near \"ORDER\": syntax error");
  EXPECT_EQ(ask("SELECT 'open"), "error: line 1:8: the quote ' is never closed");
  EXPECT_EQ(ask("SELECT \"nothing\" FROM host"), "error: line 1:8: there is no column 'nothing'");
  EXPECT_EQ(ask(""), "error: an empty query");
}

TEST_F(SqlTest, StopsAtTheRowLimitAndSaysSo) {
  const Table table = must(engine_.query("SELECT id FROM resource", at_second(0), {.row_limit = 2, .bind = {}}));
  EXPECT_EQ(table.rows.size(), 2u);
  EXPECT_TRUE(table.truncated);
  EXPECT_FALSE(must(engine_.query("SELECT id FROM resource", at_second(0), {.row_limit = 4, .bind = {}})).truncated);
}

TEST_F(SqlTest, StopsAtTheTimeLimit) {
  const auto endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n";
  const Result<Table> table = engine_.query(endless, at_second(0), {.time_limit = Duration(50), .bind = {}});
  ASSERT_FALSE(table);
  EXPECT_EQ(table.error().code, ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(table.error().message, "the query was stopped after 50ms");
  EXPECT_EQ(ask("SELECT 1"), "1") << "the next question is not hurt";
}

TEST_F(SqlTest, SearchesTextsAsSqliteDoes) {
  sqlite::Database plain = must(sqlite::Database::open_memory());
  const std::string texts[] = {"NULL", "''",   "'a'",   "'aaa'", "'aXbXX'", "'X'",         "'aäbä'",
                               "'ä'",  "'äa'", "' a '", "12345", "34",      "x'61c3a462'", "x'62'"};
  for (const std::string& text : texts) {
    for (const std::string& other : texts) {
      for (std::string_view call :
           {"instr({0}, {1})", "replace({0}, {1}, 'yy')", "replace({0}, {1}, NULL)", "replace('aaaa', {0}, {1})",
            "trim({0}, {1})", "ltrim({0}, {1})", "rtrim({0}, {1})"}) {
        const std::string written = fmt::format(fmt::runtime(call), text, other);
        const std::string sql = fmt::format("SELECT typeof({0}) || hex({0})", written);
        sqlite::Statement expected = must(plain.prepare(sql));
        must(expected.step());
        EXPECT_EQ(ask(sql), expected.text(0)) << written;
      }
    }
  }
}

// Each takes minutes or hours where the time is quadratic.
TEST_F(SqlTest, SearchesLargeTextsInLinearTime) {
  EXPECT_EQ(ask("SELECT instr(hex(zeroblob(500000)), hex(zeroblob(250000)) || '1')"), "0");
  EXPECT_EQ(ask("SELECT length(replace(hex(zeroblob(500000)), hex(zeroblob(250000)) || '1', ''))"), "1000000");
  EXPECT_EQ(ask("SELECT length(trim(hex(zeroblob(500000)), replace(hex(zeroblob(250000)), '0', 'ab') || '0'))"), "0");
  EXPECT_THAT(ask("SELECT length(replace(hex(zeroblob(500000)), '0', 'abc'))"), HasSubstr("too big"));
  EXPECT_THAT(ask("SELECT json_patch('{}', '{}')"), HasSubstr("not allowed"));
}

TEST_F(SqlTest, StopsAtTheSizeLimit) {
  SqlEngine small(catalog(), clock_, {.max_result_bytes = 10'000});
  const Result<Table> table = small.query("SELECT hex(zeroblob(100000))", at_second(0), {});
  ASSERT_FALSE(table);
  EXPECT_EQ(table.error().code, ErrorCode::kResourceExhausted);
  EXPECT_THAT(ask("SELECT zeroblob(1000000000)"), HasSubstr("too big"));
}

TEST_F(SqlTest, BindsNamedParameters) {
  EXPECT_EQ(ask("SELECT name FROM host_process WHERE id = :id", {.bind = {{":id", "host_process/2"}}}), "nginx");
  EXPECT_EQ(ask("SELECT :n + 1", {.bind = {{"n", int64_t{41}}}}), "42");
  EXPECT_EQ(ask("SELECT :missing"), "error: line 1:8: the parameter :missing has no value");
}

TEST_F(SqlTest, JoinsWhatATableFunctionGives) {
  EXPECT_EQ(ask("SELECT p.name, c.value FROM promql('rate(x[1m])') c JOIN host_process p ON p.id = c.process "
                "ORDER BY c.value DESC"),
            "php's,1.5;nginx,0.5");
  EXPECT_THAT(promql_.calls(), ElementsAre("rate(x[1m]) at 2026-01-01T00:01:40.000Z"));
  EXPECT_EQ(ask("SELECT max(promql.value) FROM promql('x')"), "1.5");
  EXPECT_EQ(ask("SELECT max(value) FROM promql('x') WHERE instance = 'web1'"), "1.5");
  EXPECT_EQ(ask("SELECT count(*) FROM promql('x') AS a, promql('y') AS b"), "4");
}

TEST_F(SqlTest, GivesBackWhatWasFetchedForTheRecord) {
  const Answer answer = must(engine_.answer("SELECT count(*) FROM promql( 'up' )", at_second(0), {}));
  ASSERT_EQ(answer.fetched.size(), 1u);
  EXPECT_EQ(answer.fetched[0].call, "promql( 'up' )");
  EXPECT_EQ(answer.fetched[0].table.rows.size(), 2u);
  EXPECT_EQ(answer.seq, catalog().seq());
}

TEST_F(SqlTest, FindsCallsOnlyWhereTheyAreCalls) {
  EXPECT_EQ(ask("SELECT 'promql(1)' -- promql('x')\n /* promql('y') */"), "promql(1)");
  EXPECT_TRUE(promql_.calls().empty());
  EXPECT_THAT(ask("SELECT * FROM promql"), HasSubstr("'promql' is a table function and needs its arguments"));
  EXPECT_THAT(ask("SELECT * FROM promql(name)"), HasSubstr("line 1:22: promql() takes constants"));
  EXPECT_THAT(ask("SELECT * FROM promql('x'"), HasSubstr("never closed"));
  EXPECT_THAT(ask("SELECT * FROM promql('bad')"), HasSubstr("line 1:15: promql('bad'): no such metric"));
}

TEST_F(SqlTest, TakesParametersAndNumbersAsConstants) {
  EXPECT_EQ(ask("SELECT count(*) FROM promql(:q, -1.5, now)", {.bind = {{":q", "up"}}}), "2");
  EXPECT_THAT(promql_.calls(), ElementsAre(HasSubstr("up"), HasSubstr("-1.5"), HasSubstr("2026-01-01T00:01:40.000Z")));
}

TEST_F(SqlTest, ALabelThatNoSeriesHasIsNull) {
  EXPECT_EQ(ask("SELECT l.filename FROM logs('x') l"), "");
  EXPECT_EQ(ask("SELECT count(c.mountpoint), count(*) FROM promql('x') c"), "0,2");
  EXPECT_EQ(ask("SELECT count(mountpoint) FROM promql('x')"), "0");
  EXPECT_EQ(ask("SELECT valeu FROM promql('x')"), "error: line 1:8: there is no column 'valeu' (did you mean 'value'?)")
      << "a misspelt one is not";
  EXPECT_EQ(ask("SELECT * FROM logs('x')"), "");
}

TEST_F(SqlTest, ChecksWithoutAsking) {
  EXPECT_TRUE(engine_.check("SELECT c.anything FROM promql('up') c WHERE c.value > :limit"));
  EXPECT_TRUE(promql_.calls().empty());
  const Status wrong = engine_.check("SELECT nme FROM host");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().to_string(), "line 1:8: there is no column 'nme' (did you mean 'name'?)");
}

TEST_F(SqlTest, LooksIntoThePast) {
  Observation later = processes(50, {process(1, "init", "eve")});
  look(later);
  EXPECT_EQ(ask("SELECT count(*) FROM host_process"), "1");
  EXPECT_EQ(ask("SELECT count(*) FROM host_process_at('2026-01-01T00:00:10Z')"), "3");
  EXPECT_EQ(ask("SELECT user, typeof(pid), memory_bytes FROM host_process_at('now-1m') WHERE name = 'init'"),
            "root,integer,");
  EXPECT_EQ(ask("SELECT x.kind FROM relation_at('now-60s') x"), "child_of");
  EXPECT_EQ(ask("SELECT count(*) FROM relation_at(now)"), "0");
  EXPECT_EQ(ask("SELECT count(*) FROM resource_at('2025-01-01T00:00:00Z')"), "0");
  EXPECT_THAT(ask("SELECT * FROM resource_at('yesterday')"), HasSubstr("line 1:15: resource_at():"));
  EXPECT_THAT(ask("SELECT * FROM resource_at()"), HasSubstr("takes one time"));
}

TEST_F(SqlTest, PlacesErrorsBehindRewrittenPartsWhereTheyStand) {
  EXPECT_EQ(ask("SELECT now, now FROM promql('x') c\nWHERE c.value > nowhere.x"),
            "error: line 2:17: there is no column 'nowhere.x'");
  EXPECT_EQ(ask("SELECT * FROM resource_at(now) WHERE kid = 1"),
            "error: line 1:38: there is no column 'kid' (did you mean 'id'?)");
}

TEST_F(SqlTest, FollowsAPackThatChanges) {
  EXPECT_EQ(ask("SELECT count(cores) FROM host"), "1");
  must(catalog().set_kinds(read_kinds("kind: host\ncolumns: { zone: }", "k.yaml").kinds));
  EXPECT_EQ(ask("SELECT count(zone) FROM host"), "0");
  EXPECT_THAT(ask("SELECT * FROM host_process"), HasSubstr("there is no table"));
}

TEST_F(SqlTest, IsAskedByManyThreadsAtOnce) {
  std::vector<std::jthread> threads;
  std::atomic<int> right = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 50; ++n) {
        const auto table = engine_.query("SELECT count(*) FROM host_process p JOIN promql('x') c ON c.process = p.id",
                                         at_second(0), {});
        if (table && to_text(table->rows[0][0]) == "2") ++right;
      }
    });
  }
  for (int n = 0; n < 20; ++n) must(catalog().update_volatile(std::vector<Resource>{process(1, "init", "root", n)}));
  threads.clear();
  EXPECT_EQ(right, 200);
}

TEST_F(SqlTest, ShowsTheFactsOfALedger) {
  sqlite::Database ledger = must(sqlite::Database::open_writer(directory() / "it's a ledger.db", {}));
  must(ledger.execute("CREATE TABLE fact(seq, kind); INSERT INTO fact VALUES(1, 'a'), (2, 'b')"));
  SqlEngine engine(
      catalog(), clock_,
      {.ledger_path = directory() / "it's a ledger.db", .ledger_view = "SELECT seq, kind FROM ledger.fact"});
  EXPECT_EQ(must(engine.query("SELECT kind FROM fact WHERE seq = 2", at_second(0), {})).rows[0][0], SqlValue("b"));
  EXPECT_FALSE(engine.query("WITH x AS (SELECT 1) DELETE FROM ledger.fact", at_second(0), {}));
  EXPECT_FALSE(engine.query("SELECT * FROM fact JOIN nothing", at_second(0), {}));
}

TEST_F(SqlTest, TheLedgersOwnTablesAreNotForQuestions) {
  sqlite::Database ledger = must(sqlite::Database::open_writer(directory() / "ledger.db", {}));
  must(
      ledger.execute("CREATE TABLE fact(seq, kind); CREATE TABLE body(seq, salt, body);"
                     "INSERT INTO fact VALUES(1, 'a'); INSERT INTO body VALUES(1, x'00', '{}')"));
  const SqlEngine engine(
      catalog(), clock_,
      {.ledger_path = directory() / "ledger.db",
       .ledger_view = "SELECT f.seq, f.kind, b.body FROM ledger.fact f JOIN ledger.body b USING(seq)"});
  EXPECT_EQ(must(engine.query("SELECT f.body FROM fact f JOIN (SELECT max(seq) AS m FROM fact) ON m = f.seq",
                              at_second(0), {}))
                .rows[0][0],
            SqlValue("{}"));
  for (const char* sql : {"SELECT seq FROM fact", "SELECT kind FROM fact WHERE seq = 1", "SELECT count(*) FROM fact",
                          "SELECT 1 FROM fact WHERE kind = 'a' AND body LIKE '%'"})
    EXPECT_EQ(must(engine.query(sql, at_second(0), {})).rows.size(), 1u) << sql;
  for (const char* sql :
       {"SELECT * FROM ledger.fact", "SELECT salt FROM body", "SELECT * FROM \"ledger\".body",
        "WITH fact AS (SELECT * FROM ledger.body) SELECT * FROM fact", "SELECT (SELECT salt FROM ledger.body)",
        "WITH capstan_ledger_view AS (SELECT * FROM ledger.body) SELECT * FROM capstan_ledger_view",
        "SELECT * FROM (SELECT salt FROM body) AS [Capstan_Ledger_View]", "SELECT * FROM ledger.sqlite_schema",
        "SELECT * FROM fact f, ledger.body b WHERE b.seq = f.seq", "SELECT * FROM capstan_ledger_view"}) {
    const auto answer = engine.query(sql, at_second(0), {});
    ASSERT_FALSE(answer) << sql;
    EXPECT_EQ(answer.error().code, ErrorCode::kPermissionDenied) << sql;
  }
  EXPECT_THAT(engine.query("SELECT salt FROM body", at_second(0), {}).error().message,
              testing::HasSubstr("ask the table fact"));
}

}  // namespace
}  // namespace capstan::catalog
