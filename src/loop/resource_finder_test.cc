#include "loop/resource_finder.h"

#include <gmock/gmock.h>

#include "base/clock.h"
#include "catalog/sql_engine.h"
#include "catalog/test_catalog.h"

namespace capstan::loop {
namespace {

using catalog::at_second;
using testing::HasSubstr;

constexpr std::string_view kKinds = R"(
kind: account
columns: { mail: { type: text } }
---
kind: portal_account
columns: { login: { type: text } }
---
kind: record
columns: { mail: { type: text } }
)";

class ResourceFinderTest : public catalog::CatalogFixture {
 protected:
  void SetUp() override {
    open(kKinds);
    sql_ = std::make_unique<catalog::SqlEngine>(catalog(), clock_, catalog::SqlEngineOptions{});
    appears("account", "1", "user01");
    appears("portal_account", "7", "user01");
    appears("account", "2", "user02");
  }
  void TearDown() override { sql_.reset(); }

  void appears(const std::string& kind, const std::string& key, const std::string& name) {
    write(fact_kind::kResourceAppeared, kind + "/" + key,
          Json::object({{"kind", kind}, {"name", name}, {"fields", Json::object()}, {"scope", "test"}}));
  }
  void relates(const std::string& source, const std::string& kind, const std::string& target) {
    write(fact_kind::kRelationAppeared, source,
          Json::object({{"kind", kind}, {"target", target}, {"origin", "declared"}, {"scope", "test"}}));
  }
  std::string found(std::string_view text) {
    const auto reader = catalog().reader();
    const auto resource = find_resource(text, *reader, *sql_, at_second(0));
    return resource ? resource->id : resource.error().to_string();
  }

  VirtualClock clock_{at_second(0)};
  std::unique_ptr<catalog::SqlEngine> sql_;
};

TEST_F(ResourceFinderTest, TakesAnIdOrANameThatIsOnesAlone) {
  EXPECT_EQ(found("account/1"), "account/1");
  EXPECT_EQ(found("user02"), "account/2");
}

TEST_F(ResourceFinderTest, MeansTheOneToWhichAllOthersOfTheNameBelong) {
  EXPECT_EQ(found("user01"), "several resources are named 'user01'; say which: account/1, portal_account/7");
  relates("portal_account/7", "belongs_to", "account/1");
  EXPECT_EQ(found("user01"), "account/1");
}

TEST_F(ResourceFinderTest, DoesNotMeanWhatDescribesIt) {
  relates("portal_account/7", "belongs_to", "account/1");
  appears("record", "user01", "user01");
  EXPECT_THAT(found("user01"), HasSubstr("say which"));
  relates("record/user01", "describes", "account/1");
  EXPECT_EQ(found("user01"), "account/1");
}

TEST_F(ResourceFinderTest, NamesTheNearestForASlipOfTheFinger) {
  EXPECT_EQ(found("zebra"), "there is no resource 'zebra'");
  EXPECT_EQ(found("usr02"), "there is no resource 'usr02' (did you mean 'user02'?)");
}

}  // namespace
}  // namespace capstan::loop
