// Texts, arguments and variables of Kubernetes objects as rows of config_setting and config_endpoint.
#include <gtest/gtest.h>

#include "catalog/sql_engine.h"
#include "catalog/test_catalog.h"

namespace capstan::catalog {
namespace {

class ProductTables : public CatalogFixture {
 protected:
  void SetUp() override {
    const std::filesystem::path packs = std::filesystem::path(CAPSTAN_SOURCE_DIR) / "packs";
    LoadedKinds loaded = load_kinds(std::span(&packs, 1));
    for (const Error& problem : loaded.problems) ADD_FAILURE() << problem.to_string();
    must(catalog().set_kinds(std::move(loaded.kinds)));
  }

  void see(const std::string& kind, const std::string& name, std::string_view rest) {
    Json fields = Json::parse(rest, "fields").value();
    fields.set("cluster", "prod");
    fields.set("metadata", Json::object({{"name", name}, {"namespace", "shop"}}));
    look(
        {.scope = "kubernetes:prod:" + kind,
         .at = at_second(++second_),
         .resources = {{.id = kind + "/prod/shop/" + name, .kind = kind, .name = name, .labels = {}, .fields = fields}},
         .relations = {},
         .complete_kinds = {kind}});
  }
  // All rows in one line: "a,b;c,d".
  std::string ask(std::string_view sql) {
    const Table table = must(engine_.query(sql, at_second(100), {}));
    std::string text;
    for (const auto& row : table.rows) {
      if (!text.empty()) text += ';';
      for (size_t i = 0; i < row.size(); ++i) text += (i > 0 ? "," : "") + to_text(row[i]);
    }
    return text;
  }

  int64_t second_ = 0;
  SystemClock clock_;
  SqlEngine engine_{catalog(), clock_};
};

constexpr std::string_view kSettings = "SELECT product, name, value, at FROM config_setting ORDER BY name";

TEST_F(ProductTables, ATextOfAConfigMapIsReadAsWhatItsNameSays) {
  see("k8s_config_map", "web",
      R"({"data": {"nginx.conf": "events {\n  worker_connections 64;\n}", "note": "port = 1"}})");
  EXPECT_EQ(ask(kSettings), "nginx,worker_connections,64,nginx.conf:2");
  EXPECT_EQ(ask("SELECT owner FROM config_setting"), "k8s_config_map/prod/shop/web");
}

TEST_F(ProductTables, ATextThatChangesChangesItsRows) {
  see("k8s_config_map", "web", R"({"data": {"nginx.conf": "events { worker_connections 64; }"}})");
  see("k8s_config_map", "web", R"({"data": {"nginx.conf": "\nevents { worker_connections 65; }"}})");
  EXPECT_EQ(ask(kSettings), "nginx,worker_connections,65,nginx.conf:2");
  see("k8s_config_map", "web", R"({"data": {"note": "nothing"}})");
  EXPECT_EQ(ask(kSettings), "");
}

TEST_F(ProductTables, AddressesInTextsAreRowsOfTheirOwn) {
  see("k8s_config_map", "web",
      R"({"data": {"nginx.conf": "http { server { location / {\nproxy_pass http://shop:8080/x; } } }"}})");
  EXPECT_EQ(ask("SELECT role, address, port, at FROM config_endpoint"), "connects,shop,8080,nginx.conf:2");
}

TEST_F(ProductTables, TheArgumentsOfAnImageThatIsKnownAreRows) {
  see("k8s_deployment", "db", R"({"spec": {"template": {"spec": {"containers": [
    {"name": "db", "image": "docker.io/library/postgres:15", "args": ["-c", "max_connections=20"]},
    {"name": "side", "image": "example.org/sidecar:1", "args": ["-c", "max_connections=7"]}]}}}})");
  EXPECT_EQ(ask("SELECT container, value, at FROM config_setting WHERE name = 'max_connections'"),
            "db,20,argument -c max_connections=");
}

}  // namespace
}  // namespace capstan::catalog
