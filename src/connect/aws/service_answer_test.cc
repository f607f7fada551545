#include "connect/aws/service_answer.h"

#include "connect/aws/test_models.h"

namespace capstan::aws {
namespace {

ServiceAnswer answered(std::string_view text, std::string_view operation, HttpResponse response) {
  const auto model = test_model("x", text);
  auto answer = read_answer(*model, **model->operation(operation), response);
  EXPECT_TRUE(answer) << answer.error().message;
  return answer.value_or(ServiceAnswer{});
}

TEST(ServiceAnswer, ReadsTheXmlOfTheQueryProtocol) {
  const ServiceAnswer answer = answered(kRolesModel, "ListRoles", {200, {}, R"(<ListRolesResponse xmlns="https://iam/">
    <ListRolesResult><Roles><member><RoleName>a</RoleName><CreateDate>2015-08-30T12:36:00Z</CreateDate>
    <Tags><member><Key>k</Key><Value/></member></Tags><MaxSessions>3</MaxSessions></member></Roles>
    <IsTruncated>false</IsTruncated></ListRolesResult>
    <ResponseMetadata><RequestId>id-1</RequestId></ResponseMetadata></ListRolesResponse>)"});
  EXPECT_EQ(answer.output.dump(),
            R"({"IsTruncated":false,"Roles":[{"CreateDate":"2015-08-30T12:36:00Z","MaxSessions":3,"RoleName":"a",)"
            R"("Tags":[{"Key":"k","Value":""}]}]})");
  EXPECT_EQ(answer.request_id, "id-1");
}

TEST(ServiceAnswer, ReadsFlattenedListsAttributesAndHeaders) {
  const ServiceAnswer list = answered(kStoreModel, "ListObjects", {200, {}, R"(<?xml version="1.0"?><ListBucketResult>
    <Name>b</Name><Contents><Key>x</Key><Size>1</Size></Contents><Contents><Key>y &amp; z</Key></Contents>
    <Owner xmlns:xsi="http://xsi" xsi:type="User"><ID>1</ID></Owner></ListBucketResult>)"});
  EXPECT_EQ(list.output.dump(),
            R"({"Contents":[{"Key":"x","Size":1},{"Key":"y & z"}],"Name":"b","Owner":{"ID":"1","Type":"User"}})");
  const ServiceAnswer object = answered(
      kStoreModel, "GetObject",
      {200,
       {{"last-modified", "Sun, 30 Aug 2015 12:36:00 GMT"}, {"content-length", "5"}, {"x-amz-meta-color", "red"}},
       "hello"});
  EXPECT_EQ(
      object.output.dump(),
      R"({"Body":"aGVsbG8=","ContentLength":5,"LastModified":"2015-08-30T12:36:00Z","Metadata":{"color":"red"}})");
  EXPECT_EQ(answered(kStoreModel, "GetBucketLocation", {200, {}, "<LocationConstraint>eu-west-1</LocationConstraint>"})
                .output.dump(),
            R"({"LocationConstraint":"eu-west-1"})");
}

TEST(ServiceAnswer, ReadsJsonWithTimesAndTheStatus) {
  const ServiceAnswer answer =
      answered(kClustersModel, "CreateNodegroup", {201, {}, R"({"createdAt": 1440938160.5, "labels": {"a": "b"}})"});
  EXPECT_EQ(answer.output.dump(), R"({"createdAt":"2015-08-30T12:36:00.500Z","labels":{"a":"b"},"status":201})");
}

TEST(ServiceAnswer, FindsTheErrorInEachProtocolsForm) {
  const auto refusal = [](std::string_view model, std::string_view operation, HttpResponse response) {
    const ServiceAnswer answer = answered(model, operation, std::move(response));
    return answer.refusal ? answer.refusal->code + ": " + answer.refusal->message : "none";
  };
  EXPECT_EQ(refusal(kRolesModel, "CreateRole",
                    {409,
                     {},
                     "<ErrorResponse><Error><Type>Sender</Type><Code>EntityAlreadyExists</Code>"
                     "<Message>Role a exists</Message></Error></ErrorResponse>"}),
            "EntityAlreadyExists: Role a exists");
  EXPECT_EQ(refusal(kStoreModel, "GetObject",
                    {301,
                     {},
                     "<Error><Code>PermanentRedirect</Code><Message>Elsewhere</Message><Region>eu-west-1</Region>"
                     "</Error>"}),
            "PermanentRedirect: Elsewhere (its region is eu-west-1)");
  EXPECT_EQ(refusal(kStoreModel, "PutObject", {200, {}, "<Error><Code>SlowDown</Code></Error>"}), "SlowDown: ");
  EXPECT_EQ(refusal(kStoreModel, "GetObject", {404, {}, ""}), "404: ");
  EXPECT_EQ(
      refusal(kClustersModel, "CreateNodegroup",
              {400, {{"X-Amzn-ErrorType", "InvalidParameterException:http://x"}}, R"({"message": "no subnets"})"}),
      "InvalidParameterException: no subnets");
  EXPECT_EQ(refusal(kClustersModel, "CreateNodegroup", {400, {}, R"({"__type": "a.b#Bad", "Message": "m"})"}),
            "Bad: m");
  EXPECT_EQ(refusal(kRolesModel, "CreateRole", {502, {}, "<html>Bad gateway</html>"}), "502: ");
}

TEST(ServiceAnswer, TellsKindsOfErrorsApart) {
  const auto kind = [](std::string_view operation, int status, const std::string& code) {
    return answered(kRolesModel, operation, {status, {}, "<R><Error><Code>" + code + "</Code></Error></R>"})
        .refusal->kind;
  };
  EXPECT_EQ(kind("CreateRole", 409, "EntityAlreadyExists"), RefusalKind::kFinal);
  EXPECT_EQ(kind("CreateRole", 400, "Throttling"), RefusalKind::kThrottled);
  EXPECT_EQ(kind("CreateRole", 400, "Slow"), RefusalKind::kThrottled);  // The model says so.
  EXPECT_EQ(kind("CreateRole", 503, "ServiceUnavailable"), RefusalKind::kTransient);
  EXPECT_EQ(kind("CreateRole", 403, "RequestTimeTooSkewed"), RefusalKind::kSkewed);
  EXPECT_EQ(kind("CreateRole", 403, "ExpiredToken"), RefusalKind::kExpired);
}

TEST(ServiceAnswer, RefusesWhatIsNotOfTheProtocol) {
  const auto model = test_model("iam", kRolesModel);
  const auto error = [&](std::string body) {
    return read_answer(*model, **model->operation("ListRoles"), {200, {}, std::move(body)}).error().message;
  };
  EXPECT_EQ(error("{}"), "the answer is no XML");
  EXPECT_EQ(error("<Other/>"), "the answer has no ListRolesResult");
  EXPECT_EQ(error("<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>"), "the answer's XML has a document type");
  std::string deep;
  for (int i = 0; i < 150; ++i) deep += "<a>";
  for (int i = 0; i < 150; ++i) deep += "</a>";
  EXPECT_FALSE(parse_xml(deep));
}

}  // namespace
}  // namespace capstan::aws
