// The product of docs/products.md, as a reader would try it out.
#include <gtest/gtest.h>

#include "base/file.h"
#include "product/configuration.h"
#include "product/product_kinds.h"

namespace capstan::product {
namespace {

class Texts final : public FileSource {
 public:
  std::map<std::string, std::string> files;
  std::vector<std::string> list(const std::string& pattern) override {
    return files.contains(pattern) ? std::vector<std::string>{pattern} : std::vector<std::string>();
  }
  Result<std::string> read(const std::string& path, const std::vector<std::string>&) override { return files.at(path); }
};

// The first block of YAML on the page.
std::string documented() {
  const std::string page = read_file(CAPSTAN_SOURCE_DIR "/docs/products.md").value();
  const size_t begin = page.find("```yaml\n") + 8;
  return page.substr(begin, page.find("```", begin) - begin);
}

class DocumentedProduct : public testing::Test {
 protected:
  DocumentedProduct() {
    const ProductFile file{.path = "products.yaml", .text = documented()};
    LoadedProducts loaded = read_products(std::span(&file, 1));
    for (const Error& problem : loaded.problems) ADD_FAILURE() << problem.to_string();
    acme = loaded.products.at(0);
    texts.files["/opt/acme/conf/domain.xml"] = R"(<domain>
  <listener port="9090" threads="64"/>
  <resources>
    <data-source>
      <url>jdbc:vendor:thin:@db1:8629:shop</url>
      <pool><max>25</max><wait>1500</wait></pool>
    </data-source>
  </resources>
</domain>)";
  }
  Configuration read() {
    return read_configuration(
        acme, texts, {.arguments = {"acmed", "-home", "/opt/acme", "-Xmx2g"}, .environment = {}, .directory = "/"});
  }

  ProductSpec acme;
  Texts texts;
};

TEST_F(DocumentedProduct, ItsSettingsAreReadWithFileAndLine) {
  const Json fields = fields_of(acme, read());
  EXPECT_EQ(fields["max_threads"].int_or(0), 64);
  EXPECT_EQ(fields["max_threads_at"].string_or_empty(), "/opt/acme/conf/domain.xml:2");
  EXPECT_EQ(fields["max_heap"].int_or(0), 2LL << 30);
  EXPECT_EQ(fields["max_heap_at"].string_or_empty(), "argument -Xmx");
}

TEST_F(DocumentedProduct, ItsAddressesAreReadWithWhatBoundsThem) {
  const Json endpoints = read().endpoints;
  ASSERT_EQ(endpoints.items().size(), 2u);
  const Json& listens = endpoints.items()[0];
  EXPECT_EQ(listens["host"].string_or_empty(), "0.0.0.0");
  EXPECT_EQ(listens["port"].int_or(0), 9090);
  EXPECT_EQ(listens["threads"]["value"].int_or(0), 64);
  EXPECT_EQ(listens["queue"]["at"].string_or_empty(), "default");
  const Json& connects = endpoints.items()[1];
  EXPECT_EQ(connects["host"].string_or_empty(), "db1");
  EXPECT_EQ(connects["port"].int_or(0), 8629);
  EXPECT_EQ(connects["database"].string_or_empty(), "shop");
  EXPECT_EQ(connects["connections"]["value"].int_or(0), 25);
  EXPECT_DOUBLE_EQ(connects["wait"]["value"].number_or(0), 1.5);
}

TEST_F(DocumentedProduct, ItsTableAndWhatItsLogsSayAreKnown) {
  EXPECT_EQ(kind_of(acme).name, "acme_server");
  const Json rows = [&] {
    Json list = Json::array();
    for (Json& row : part_reader(RowsOf::kSettings, {acme})->read("acme_server", read().settings))
      list.push_back(std::move(row));
    return list;
  }();
  ASSERT_FALSE(rows.items().empty());
  EXPECT_EQ(rows.items()[0]["name"].string_or_empty(), "max_threads");
  EXPECT_EQ(rows.items()[0]["seen_in_log"].string_or_empty(), "%no free thread for request%");
  EXPECT_EQ(rows.items()[0]["applies"].string_or_empty(), "restart");
}

}  // namespace
}  // namespace capstan::product
