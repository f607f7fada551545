// The rules of packs/products that need more than a picture: what logs and metrics say of settings; and the product of
// docs/products.md under the rules that are on all products.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/file.h"
#include "catalog/pack_kinds.h"
#include "catalog/sql_engine.h"
#include "catalog/test_catalog.h"
#include "detect/fake_sources.h"
#include "detect/sql_rule.h"
#include "foresee/workbench.h"
#include "product/product_kinds.h"
#include "product/seen_in_log.h"
#include "product/setting_metrics.h"

namespace capstan::loop {
namespace {

using testing::HasSubstr;

const std::filesystem::path kPacks = std::filesystem::path(CAPSTAN_SOURCE_DIR) / "packs";

class WrittenFiles final : public product::FileSource {
 public:
  std::map<std::string, std::string> files;
  std::vector<std::string> list(const std::string& pattern) override {
    return files.contains(pattern) ? std::vector<std::string>{pattern} : std::vector<std::string>();
  }
  Result<std::string> read(const std::string& path, const std::vector<std::string>&) override { return files.at(path); }
};

Resource server_of(const product::ProductSpec& spec, WrittenFiles& files, std::vector<std::string> arguments) {
  const product::Configuration configuration = read_configuration(
      spec, files, {.arguments = std::move(arguments), .environment = {}, .directory = "/", .has_defaults = false});
  Resource server{.id = spec.kind + "/testhost:" + configuration.main_file, .kind = spec.kind, .name = spec.name};
  server.fields = product::fields_of(spec, configuration);
  server.fields.set("host", "testhost");
  server.fields.set("running", true);
  return server;
}

class SaidBefore final : public LogSource {
 public:
  Result<std::vector<LogLine>> lines(const LogQuery&) const override { return said; }
  Result<std::vector<LogTemplate>> templates(const LogQuery&) const override { return std::vector<LogTemplate>(); }
  std::vector<LogLine> said;
};

// Two databases and who asks one of them, each with a process that writes to a log.
class ProductRules : public catalog::CatalogFixture {
 protected:
  void SetUp() override {
    products_ = product::load_products(std::span(&kPacks, 1)).products;
    kinds_ = catalog::load_kinds(std::span(&kPacks, 1)).kinds;
    catalog::must(catalog().set_kinds(kinds_));
    shelf_.set(products_);
    catalog::must(engine_.add(seen_in_log_));
    catalog::must(engine_.add(setting_metrics_));
    const detect::SqlRuleFile file =
        detect::read_sql_rules(read_file(kPacks / "products/rules.yaml").value(), "rules.yaml", engine_, kinds_);
    for (const Error& problem : file.problems) ADD_FAILURE() << problem.to_string();
    rules_ = file.rules;
    files_.files["/pg/postgresql.conf"] = "data_directory = '/pg/data'\nport = 5432\nmax_connections = 60\n";
    files_.files["/my.cnf"] = "[mysqld]\ndatadir = /my\nport = 3306\nmax_connections = 40\n";
    files_.files["/tc/conf/context.xml"] =
        "<Context>\n<Resource url=\"jdbc:postgresql://127.0.0.1:5432/shop\"/>\n"
        "<Resource url=\"jdbc:mariadb://127.0.0.1:3306/stock\"/>\n</Context>";
    add("postgresql", {"postgres", "-c", "config_file=/pg/postgresql.conf"});
    add("mariadb", {"mariadbd", "--defaults-file=/my.cnf"});
    add("tomcat", {"java", "-Dcatalina.base=/tc"});
    observe();
  }

  void add(const std::string& name, std::vector<std::string> arguments) {
    const auto spec = std::ranges::find(products_, name, &product::ProductSpec::name);
    servers_[name] = server_of(*spec, files_, std::move(arguments));
  }
  void observe() {
    Observation seen{.scope = "test", .at = at_second_, .resources = {}, .relations = {}, .complete_kinds = {}};
    for (const auto& [name, server] : servers_) {
      seen.resources.push_back(server);
      seen.relations.push_back({server.id, "runs_as", "host_process/" + name, Origin::kDeclared});
      seen.relations.push_back({"host_process/" + name, "writes_to", "host_log_file/" + name, Origin::kDeclared});
      if (name != "tomcat")
        seen.relations.push_back({servers_.at("tomcat").id, "connects_to", server.id, Origin::kDeclared});
    }
    look(seen);
  }
  void says(const std::string& log, std::string text, Duration ago = Duration(1'000)) {
    logs_.said.push_back(
        {.at = at_second_ - ago, .labels = {{"resource", "host_log_file/" + log}}, .text = std::move(text)});
  }
  // What a rule finds once it has held long enough.
  std::vector<Finding> findings_of(std::string_view name) {
    const auto rule = std::ranges::find(rules_, name, &detect::SqlRule::name);
    detect::SqlRuleState state;
    (void)catalog::must(evaluate_sql_rule(*rule, engine_, at_second_ - rule->hold, state));
    return catalog::must(evaluate_sql_rule(*rule, engine_, at_second_, state));
  }

  const Time at_second_ = catalog::at_second(3'600);
  SystemClock clock_;
  detect::FakeSignals signals_;
  SaidBefore logs_;
  product::ProductShelf shelf_;
  product::SeenInLogTable seen_in_log_{logs_, shelf_};
  product::SettingMetricsTable setting_metrics_{signals_, shelf_};
  std::vector<product::ProductSpec> products_;
  std::vector<KindSpec> kinds_;
  catalog::SqlEngine engine_{catalog(), clock_};
  std::vector<detect::SqlRule> rules_;
  WrittenFiles files_;
  std::map<std::string, Resource> servers_;
};

constexpr std::string_view kSessions =
    "sum without (datname, state, usename, application_name, backend_type, wait_event, wait_event_type) "
    "(pg_stat_activity_count)";

TEST_F(ProductRules, ALogNamesTheSettingOfItsOwnServer) {
  says("postgresql", "ERROR: could not extend file: No space left on device");
  const std::vector<Finding> found = findings_of("SettingSeenInLog");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_THAT(found[0].says, HasSubstr("data_directory brings that is wrong (/pg/data, /pg/postgresql.conf:1)"));
  EXPECT_THAT(found[0].remedy, HasSubstr("Make room"));
  EXPECT_THAT(found[0].explains, testing::Contains("%No space left on device%"));
}

TEST_F(ProductRules, ACallersLogAccusesNobodyWhereSeveralCanBeMeant) {
  says("tomcat", "could not extend file: No space left on device");
  says("tomcat", "root cause java.net.ConnectException: Connection refused");
  EXPECT_TRUE(findings_of("SettingSeenInLog").empty());
}

TEST_F(ProductRules, ACallersLogAccusesTheAddressThatItNames) {
  says("tomcat", "Connection to 127.0.0.1:5432 refused");
  const std::vector<Finding> found = findings_of("SettingSeenInLog");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_THAT(found[0].says, HasSubstr("/tc/conf/context.xml:2"));
}

TEST_F(ProductRules, WhatWasSaidBeforeTheConfigurationWasChangedIsOver) {
  says("tomcat", "Connection to 127.0.0.1:5432 refused", std::chrono::seconds(20));
  EXPECT_EQ(findings_of("SettingSeenInLog").size(), 1u);
  servers_["tomcat"].fields.set("changed_at", format_time(at_second_ - std::chrono::seconds(10)));
  observe();
  EXPECT_TRUE(findings_of("SettingSeenInLog").empty());
}

TEST_F(ProductRules, WhereAnotherFindingExplainsTheLinesNothingIsAdded) {
  says("postgresql", "FATAL: sorry, too many clients already");
  EXPECT_EQ(findings_of("SettingSeenInLog").size(), 1u);
  Finding pool{.id = "p", .rule = "PoolAboveMaxConnections", .resource = servers_["tomcat"].id};
  pool.explains = {"%too many clients%"};
  write(fact_kind::kFindingOpened, "p", pool.to_json());
  EXPECT_TRUE(findings_of("SettingSeenInLog").empty());
}

TEST_F(ProductRules, AMetricNearTheLimitNamesTheSetting) {
  const Labels series{{"instance", "localhost:9187"}, {"server", "localhost:5432"}};
  signals_.set(std::string(kSessions), {series}, 53);
  EXPECT_TRUE(findings_of("SettingNearLimit").empty());
  signals_.set(std::string(kSessions), {series}, 57);
  const std::vector<Finding> found = findings_of("SettingNearLimit");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].says,
            "postgresql: 57 of 60 are in use, which is what max_connections allows (60, /pg/postgresql.conf:3)");
  EXPECT_THAT(found[0].remedy, HasSubstr("in /pg/postgresql.conf:3 write max_connections 90, which a restart brings"));
  EXPECT_THAT(found[0].explains, testing::Contains("%sorry, too many clients already%"));
}

TEST_F(ProductRules, AMetricOfAnotherMachineIsNotOfAServerHere) {
  signals_.set(std::string(kSessions), {Labels{{"instance", "db7:9187"}, {"server", "db7:5432"}}}, 57);
  EXPECT_TRUE(findings_of("SettingNearLimit").empty());
}

TEST_F(ProductRules, ARunningValueThatIsNotTheWrittenOneIsFound) {
  const Labels series{{"instance", "localhost:9104"}};
  signals_.set("mysql_global_variables_max_connections", {series}, 40);
  EXPECT_TRUE(findings_of("SettingNotInForce").empty());
  signals_.set("mysql_global_variables_max_connections", {series}, 151);
  const std::vector<Finding> found = findings_of("SettingNotInForce");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].says, "mariadb: max_connections is 151 in the running server, and 40 is written (/my.cnf:4)");
}

// The page's product beside a database that it can reach, and its configuration leads elsewhere.
TEST(DocumentedProductRules, AWrongPortOfItIsFound) {
  std::string name = (std::filesystem::temp_directory_path() / "capstan-acme-XXXXXX").string();
  const std::filesystem::path directory = mkdtemp(name.data());
  const std::string page = read_file(CAPSTAN_SOURCE_DIR "/docs/products.md").value();
  const size_t begin = page.find("```yaml\n") + 8;
  std::ofstream(directory / "products.yaml") << page.substr(begin, page.find("```", begin) - begin);
  foresee::Workbench bench = catalog::must(foresee::open_workbench({kPacks, directory}));
  for (const Error& problem : bench.problems) ADD_FAILURE() << problem.to_string();

  const product::LoadedProducts loaded = product::load_products(std::span(&directory, 1));
  ASSERT_EQ(loaded.products.size(), 1u);
  WrittenFiles files;
  files.files["/opt/acme/conf/domain.xml"] =
      "<domain>\n<listener "
      "port=\"9090\"/>\n<data-source><url>jdbc:vendor:thin:@127.0.0.1:8629:shop</url></data-source>\n"
      "</domain>";
  catalog::must(bench.picture->put(server_of(loaded.products[0], files, {"acmed", "-home", "/opt/acme"})));
  catalog::must(
      bench.picture->put({.id = "host_listening_port/testhost:tcp:0.0.0.0:9090",
                          .kind = "host_listening_port",
                          .name = "9090",
                          .fields = Json::object({{"port", 9090}, {"protocol", "tcp"}, {"address", "0.0.0.0"}})}));
  (void)bench.rules->ask_all();
  const std::vector<Finding> found = bench.rules->holding();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].rule, "ConnectionPortWrong");
  EXPECT_EQ(found[0].says,
            "acme: data source leads to 127.0.0.1:8629 (/opt/acme/conf/domain.xml:3), where nothing listens");
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace capstan::loop
