#include "connect/aws/wire_request.h"

#include "base/crypto.h"
#include "connect/aws/test_models.h"

namespace capstan::aws {
namespace {

WireRequest written(std::string_view text, std::string_view operation, std::string_view input) {
  const auto model = test_model("x", text);
  auto request = write_request(*model, **model->operation(operation), json(input));
  EXPECT_TRUE(request) << request.error().message;
  return request.value_or(WireRequest{});
}

std::string header(const WireRequest& request, std::string_view name) {
  for (const auto& [known, value] : request.headers) {
    if (known == name) return value;
  }
  return {};
}

TEST(QueryProtocol, WritesMembersListsMapsAndTimesAsAForm) {
  const WireRequest request = written(kRolesModel, "CreateRole", R"({"RoleName": "a b", "Open": true, "MaxSessions": 2,
    "Since": 1440938160, "Key": "aGk=", "Tags": [{"Key": "k", "Value": "v"}, {"Key": "l"}], "Aliases": ["x", "y"],
    "Limits": {"m": 1}})");
  EXPECT_EQ(request.body,
            "Action=CreateRole&Version=2010-05-08&Item.1=x&Item.2=y&Key=aGk%3D&Limits.entry.1.key=m&"
            "Limits.entry.1.value=1&MaxSessions=2&Open=true&RoleName=a%20b&Since=2015-08-30T12%3A36%3A00Z&"
            "Tags.member.1.Key=k&Tags.member.1.Value=v&Tags.member.2.Key=l");
  EXPECT_EQ(request.path, "/");
  EXPECT_EQ(written(kRolesModel, "CreateRole", R"({"RoleName": "a", "Tags": []})").body,
            "Action=CreateRole&Version=2010-05-08&RoleName=a&Tags=");
}

TEST(QueryProtocol, WritesTheNamesOfEc2) {
  const std::string model =
      R"({"metadata": {"protocol": "ec2", "endpointPrefix": "ec2", "apiVersion": "1"},
      "operations": {"Run": {"name": "Run", "http": {"method": "POST", "requestUri": "/"}, "input": {"shape": "In"}}},
      "shapes": {"Text": {"type": "string"}, "Texts": {"type": "list", "member": {"shape": "Text", "locationName": "item"}},
      "In": {"type": "structure", "members": {"groups": {"shape": "Texts", "locationName": "group"},
      "key": {"shape": "Text", "queryName": "KeyName"}}}}})";
  EXPECT_EQ(written(model, "Run", R"({"groups": ["a", "b"], "key": "k"})").body,
            "Action=Run&Version=1&Group.1=a&Group.2=b&KeyName=k");
}

TEST(RestProtocol, PutsMembersWhereTheModelWantsThem) {
  const WireRequest put =
      written(kStoreModel, "PutObject", R"({"Bucket": "b", "Key": "a b/ü/../%2F+&", "Body": "aGVsbG8=",
    "Expires": "2015-08-30T12:36:00Z", "Metadata": {"Color": "red"}})");
  EXPECT_EQ(put.method, "PUT");
  EXPECT_EQ(put.path, "/b/a%20b/%C3%BC/../%252F%2B%26");
  EXPECT_EQ(put.body, "hello");
  EXPECT_EQ(header(put, "Expires"), "Sun, 30 Aug 2015 12:36:00 GMT");
  EXPECT_EQ(header(put, "x-amz-meta-Color"), "red");
  const WireRequest list = written(kStoreModel, "ListObjects", R"({"Bucket": "b"})");
  EXPECT_EQ(list.query, (QueryParameters{{"list-type", "2"}}));
  const WireRequest things =
      written(kClustersModel, "ListThings", R"({"account": "1", "kinds": ["a", "b"], "filter": {"x": "y"}})");
  EXPECT_EQ(things.query, (QueryParameters{{"x", "y"}, {"kind", "a"}, {"kind", "b"}}));
  EXPECT_EQ(things.host_prefix, "1.");
}

TEST(RestProtocol, RefusesAnEmptyLabelAndAHostThatIsNone) {
  const auto model = test_model("s3", kStoreModel);
  EXPECT_EQ(
      write_request(*model, **model->operation("PutObject"), json(R"({"Bucket": "b", "Key": ""})")).error().message,
      "input.Key: is required");
  const auto clusters = test_model("eks", kClustersModel);
  EXPECT_FALSE(write_request(*clusters, **clusters->operation("ListThings"), json(R"({"account": "evil.example/"})")));
}

TEST(RestProtocol, WritesXmlWithAttributesNamespacesAndAChecksum) {
  const WireRequest request = written(kStoreModel, "DeleteObjects", R"({"Bucket": "b", "Delete":
    {"Objects": [{"Key": "a<&>"}, {"Key": "b", "Size": 1}], "Owner": {"Type": "User", "ID": "1"}}})");
  EXPECT_EQ(request.body,
            "<Delete xmlns=\"http://s3/\"><Object><Key>a&lt;&amp;&gt;</Key></Object><Object><Key>b</Key><Size>1</Size>"
            "</Object><Owner xmlns:xsi=\"http://xsi\" xsi:type=\"User\"><ID>1</ID></Owner></Delete>");
  EXPECT_EQ(header(request, "Content-MD5"), base64(md5(request.body)));
  EXPECT_EQ(request.query, (QueryParameters{{"delete", ""}}));
}

TEST(RestProtocol, WritesJsonWithWhatBelongsIntoTheBody) {
  const WireRequest request = written(kClustersModel, "CreateNodegroup", R"({"clusterName": "a/b", "labels": {"x": "y"},
    "since": "2015-08-30T12:36:00Z", "settings": {"any": [1, null]}})");
  EXPECT_EQ(request.path, "/clusters/a%2Fb/node-groups");
  EXPECT_EQ(request.body, R"({"labels":{"x":"y"},"settings":{"any":[1,null]},"since":1440938160})");
  EXPECT_EQ(header(request, "Content-Type"), "application/json");
}

TEST(JsonProtocol, NamesItsTarget) {
  const std::string model =
      R"({"metadata": {"protocol": "json", "endpointPrefix": "x", "targetPrefix": "Table_2012", "jsonVersion": "1.1"},
      "operations": {"Get": {"name": "Get", "http": {"method": "POST", "requestUri": "/"}, "input": {"shape": "In"}}},
      "shapes": {"Text": {"type": "string"}, "In": {"type": "structure", "members": {"A": {"shape": "Text"}}}}})";
  const WireRequest request = written(model, "Get", R"({"A": "b"})");
  EXPECT_EQ(header(request, "X-Amz-Target"), "Table_2012.Get");
  EXPECT_EQ(header(request, "Content-Type"), "application/x-amz-json-1.1");
  EXPECT_EQ(request.body, R"({"A":"b"})");
}

}  // namespace
}  // namespace capstan::aws
