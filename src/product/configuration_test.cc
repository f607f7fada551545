#include "product/configuration.h"

#include <gtest/gtest.h>

#include "product/product_kinds.h"
#include "product/setting_value.h"

namespace capstan::product {
namespace {

constexpr std::string_view kProducts = R"(
product: gate
kind: gate_server
process: { names: [gated] }
images: [gate]
files:
  - file: main
    format: ini
    paths: ["{argument -c}", "{environment GATE_HOME}/gate.ini", /etc/gate.ini]
    names: [gate.ini]
settings:
  - { name: server_port, path: server/port, type: integer, default: 80, argument: ["--port=VALUE"] }
  - { name: idle, path: server/idle, type: seconds, unit: ms }
  - { name: admin_password, path: server/password }
endpoints:
  - { name: listens, role: listens, protocol: http, host: setting nothing, port: setting server_port, default_host: "*" }
  - name: backend
    role: connects
    each: backend
    address: url
    connections: { from: pool, default: "8" }
)";

class Texts final : public FileSource {
 public:
  std::map<std::string, std::string> files;
  std::vector<std::string> list(const std::string& pattern) override {
    return files.contains(pattern) ? std::vector<std::string>{pattern} : std::vector<std::string>();
  }
  Result<std::string> read(const std::string& path, const std::vector<std::string>&) override { return files.at(path); }
};

ProductSpec gate() {
  const ProductFile file{.path = "products.yaml", .text = std::string(kProducts)};
  LoadedProducts loaded = read_products(std::span(&file, 1));
  for (const Error& problem : loaded.problems) ADD_FAILURE() << problem.to_string();
  return loaded.products.at(0);
}

Surroundings started_with(std::vector<std::string> arguments) {
  return {.arguments = std::move(arguments), .environment = {}, .directory = "/srv"};
}

TEST(Configuration, ASettingKnowsItsFileAndLineAndAnArgumentWins) {
  Texts texts;
  texts.files["/srv/g.ini"] = "[server]\nport = 81\nidle = 1500\n";
  const Configuration plain = read_configuration(gate(), texts, started_with({"gated", "-c", "g.ini"}));
  EXPECT_EQ(plain.main_file, "/srv/g.ini");
  const Json fields = fields_of(gate(), plain);
  EXPECT_EQ(fields["server_port"].int_or(0), 81);
  EXPECT_EQ(fields["server_port_at"].string_or_empty(), "/srv/g.ini:2");
  EXPECT_EQ(fields["idle"].number_or(0), 1.5);
  const Configuration argued = read_configuration(gate(), texts, started_with({"gated", "-c", "g.ini", "--port=82"}));
  EXPECT_EQ(fields_of(gate(), argued)["server_port"].int_or(0), 82);
  EXPECT_EQ(fields_of(gate(), argued)["server_port_at"].string_or_empty(), "argument --port=");
}

TEST(Configuration, WhatIsNotWrittenIsTheDefault) {
  Texts texts;
  texts.files["/etc/gate.ini"] = "";
  const Configuration read = read_configuration(gate(), texts, started_with({"gated"}));
  EXPECT_EQ(fields_of(gate(), read)["server_port_at"].string_or_empty(), "default");
  ASSERT_EQ(read.endpoints.items().size(), 1u);
  EXPECT_EQ(read.endpoints.items()[0]["port"].int_or(0), 80);
}

TEST(Configuration, NoPasswordIsTakenIn) {
  Texts texts;
  texts.files["/etc/gate.ini"] =
      "[server]\npassword = hush1\n[backend]\nurl = jdbc:acme://u:hush2@db:8629/shop?password=hush3\npool = 5\n";
  const Configuration read = read_configuration(gate(), texts, started_with({"gated"}));
  const std::string all = fields_of(gate(), read).dump();
  EXPECT_EQ(all.find("hush"), std::string::npos) << all;
  const Json& backend = read.endpoints.items().back();
  EXPECT_EQ(backend["host"].string_or_empty(), "db");
  EXPECT_EQ(backend["port"].int_or(0), 8629);
  EXPECT_EQ(backend["database"].string_or_empty(), "shop");
  EXPECT_EQ(backend["connections"]["value"].int_or(0), 5);
  EXPECT_EQ(backend["connections"]["at"].string_or_empty(), "/etc/gate.ini:5");
}

TEST(Configuration, OfAConfigMapOnlyWhatIsWrittenIsKnown) {
  const Configuration read = read_texts(gate(), {{"gate.ini", "[backend]\nurl=http://api:8080\n"}, {"other", "x"}});
  EXPECT_EQ(read.settings.items().size(), 0u);
  ASSERT_EQ(read.endpoints.items().size(), 1u);
  EXPECT_EQ(read.endpoints.items()[0]["host"].string_or_empty(), "api");
}

TEST(Configuration, AContainerOfTheImageHasTheSettingsOfItsArguments) {
  const auto reader = part_reader(RowsOf::kSettings, {gate()});
  const Json container =
      Json::parse(R"({"name": "g", "image": "example.org/gate:1.2", "args": ["--port=90"]})").value();
  const std::vector<Json> rows = reader->read("k8s_pod", container);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0]["number"].number_or(0), 90);
  EXPECT_EQ(rows[0]["container"].string_or_empty(), "g");
  EXPECT_TRUE(reader->read("k8s_pod", Json::parse(R"({"image": "gateway:1"})").value()).empty());
}

TEST(Configuration, ADeclarationWithAMistakeIsToldAndLeftOut) {
  const ProductFile file{.path = "p.yaml", .text = "product: a\nkind: a_server\nfiles: []\nsettings: [{nam: x}]\n"};
  const LoadedProducts loaded = read_products(std::span(&file, 1));
  EXPECT_TRUE(loaded.products.empty());
  ASSERT_EQ(loaded.problems.size(), 1u);
  EXPECT_EQ(loaded.problems[0].where.file, "p.yaml");
}

TEST(SettingValue, AddressesAreReadInAllTheirForms) {
  const auto is = [](std::string_view text, Address wanted) { EXPECT_EQ(parse_address(text), wanted) << text; };
  is("127.0.0.1:8080", {"", "127.0.0.1", 8080, ""});
  is("8080", {"", "", 8080, ""});
  is("[::1]:80", {"", "::1", 80, ""});
  is("::", {"", "::", 0, ""});
  is("backend", {"", "backend", 0, ""});
  is("unix:/run/x.sock", {"unix", "", 0, "/run/x.sock"});
  is("http://api:81/path?q", {"http", "api", 81, "path"});
  is("jdbc:mariadb://db:3306/shop?user=a", {"mariadb", "db", 3306, "shop"});
  is("jdbc:tibero:thin:@10.0.0.5:8629:tibero", {"tibero", "10.0.0.5", 8629, "tibero"});
  is("jdbc:oracle:thin:u/p@//db:1521/orcl", {"oracle", "db", 1521, "orcl"});
  EXPECT_FALSE(parse_address("a:99999"));
  EXPECT_FALSE(parse_address(""));
}

TEST(SettingValue, SizesAndSpansAreNumbers) {
  EXPECT_EQ(number_of(SettingType::kBytes, "1m", ""), 1048576);
  EXPECT_EQ(number_of(SettingType::kBytes, "16", "8kB"), 131072);
  EXPECT_EQ(number_of(SettingType::kBytes, "128MB", "8kB"), 134217728);
  EXPECT_EQ(number_of(SettingType::kSeconds, "1m 30s", ""), 90);
  EXPECT_EQ(number_of(SettingType::kSeconds, "2500", "ms"), 2.5);
  EXPECT_EQ(number_of(SettingType::kBoolean, "on", ""), 1);
  EXPECT_FALSE(number_of(SettingType::kBytes, "many", ""));
}

TEST(Arguments, ValuesStandApartOrTouch) {
  const std::vector<std::string> words = {"p", "-D", "/data", "-c", "port=1", "-c", "port=2", "-Xmx5m", "--host=h"};
  EXPECT_EQ(argument_value(words, "-D VALUE"), "/data");
  EXPECT_EQ(argument_value(words, "-c port=VALUE"), "2");
  EXPECT_EQ(argument_value(words, "-XmxVALUE"), "5m");
  EXPECT_EQ(argument_value(words, "--host=VALUE"), "h");
  EXPECT_FALSE(argument_value(words, "--port=VALUE"));
  EXPECT_EQ(split_arguments("a 'b c' \"d\""), (std::vector<std::string>{"a", "b c", "d"}));
}

}  // namespace
}  // namespace capstan::product
