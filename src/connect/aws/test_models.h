// Small models for tests, one a protocol, in the form in which AWS publishes them.
#pragma once

#include <gtest/gtest.h>

#include "connect/aws/service_model.h"

namespace capstan::aws {

inline constexpr std::string_view kRolesModel = R"({
  "metadata": {"protocol": "query", "endpointPrefix": "iam", "serviceId": "IAM", "apiVersion": "2010-05-08"},
  "operations": {
    "CreateRole": {"name": "CreateRole", "http": {"method": "POST", "requestUri": "/"},
      "input": {"shape": "CreateRoleRequest"}, "output": {"shape": "RoleAnswer", "resultWrapper": "CreateRoleResult"},
      "errors": [{"shape": "Exists"}, {"shape": "Slow"}]},
    "ListRoles": {"name": "ListRoles", "http": {"method": "POST", "requestUri": "/"},
      "input": {"shape": "ListRequest"}, "output": {"shape": "ListAnswer", "resultWrapper": "ListRolesResult"}},
    "GetRole": {"name": "GetRole", "http": {"method": "POST", "requestUri": "/"},
      "input": {"shape": "CreateRoleRequest"}, "output": {"shape": "RoleAnswer", "resultWrapper": "GetRoleResult"}},
    "StartJob": {"name": "StartJob", "http": {"method": "POST", "requestUri": "/"}, "input": {"shape": "JobRequest"}}
  },
  "shapes": {
    "Name": {"type": "string", "min": 1, "max": 8, "pattern": "[\\w+=,.@\\u0041-]+"},
    "Kind": {"type": "string", "enum": ["service", "person"]},
    "Secret": {"type": "string", "sensitive": true, "max": 3},
    "Count": {"type": "integer", "min": 1, "max": 1000},
    "Flag": {"type": "boolean"},
    "When": {"type": "timestamp"},
    "Bytes": {"type": "blob"},
    "Tag": {"type": "structure", "required": ["Key"], "members": {"Key": {"shape": "Name"}, "Value": {"shape": "Name"}}},
    "Tags": {"type": "list", "member": {"shape": "Tag"}},
    "Names": {"type": "list", "flattened": true, "member": {"shape": "Name", "locationName": "Item"}},
    "Limits": {"type": "map", "key": {"shape": "Name"}, "value": {"shape": "Count"}},
    "CreateRoleRequest": {"type": "structure", "required": ["RoleName"], "members": {
      "RoleName": {"shape": "Name"}, "Kind": {"shape": "Kind"}, "Password": {"shape": "Secret"},
      "MaxSessions": {"shape": "Count"}, "Open": {"shape": "Flag"}, "Since": {"shape": "When"}, "Key": {"shape": "Bytes"},
      "Tags": {"shape": "Tags"}, "Aliases": {"shape": "Names"}, "Limits": {"shape": "Limits"},
      "Self": {"shape": "CreateRoleRequest"}}},
    "JobRequest": {"type": "structure", "members": {"ClientToken": {"shape": "Text", "idempotencyToken": true}}},
    "Text": {"type": "string"},
    "Role": {"type": "structure", "members": {"RoleName": {"shape": "Name"}, "CreateDate": {"shape": "When"},
      "Tags": {"shape": "Tags"}, "MaxSessions": {"shape": "Count"}, "Password": {"shape": "Secret"}}},
    "Roles": {"type": "list", "member": {"shape": "Role"}},
    "RoleAnswer": {"type": "structure", "members": {"Role": {"shape": "Role"}}},
    "ListRequest": {"type": "structure", "members": {"Marker": {"shape": "Text"}, "MaxItems": {"shape": "Count"}}},
    "ListAnswer": {"type": "structure", "members": {"Roles": {"shape": "Roles"}, "IsTruncated": {"shape": "Flag"},
      "Marker": {"shape": "Text"}}},
    "Exists": {"type": "structure", "members": {}, "error": {"code": "EntityAlreadyExists", "httpStatusCode": 409},
      "exception": true},
    "Slow": {"type": "structure", "members": {}, "exception": true, "retryable": {"throttling": true}}
  }})";

inline constexpr std::string_view kRolesPaginators = R"({"pagination": {"ListRoles": {"input_token": "Marker",
  "output_token": "Marker", "limit_key": "MaxItems", "more_results": "IsTruncated", "result_key": "Roles"}}})";

inline constexpr std::string_view kRolesWaiters = R"({"version": 2, "waiters": {
  "RoleExists": {"delay": 1, "operation": "GetRole", "maxAttempts": 4, "acceptors": [
    {"state": "success", "matcher": "path", "argument": "Role.RoleName", "expected": "web"},
    {"state": "failure", "matcher": "pathAny", "argument": "Role.Tags[].Key", "expected": "gone"},
    {"state": "retry", "matcher": "error", "expected": "NoSuchEntity"}]}}})";

inline constexpr std::string_view kStoreModel = R"({
  "metadata": {"protocol": "rest-xml", "endpointPrefix": "s3", "serviceId": "S3", "apiVersion": "2006-03-01"},
  "operations": {
    "PutObject": {"name": "PutObject", "http": {"method": "PUT", "requestUri": "/{Bucket}/{Key+}"},
      "input": {"shape": "PutRequest"}, "output": {"shape": "PutAnswer"}},
    "GetObject": {"name": "GetObject", "http": {"method": "GET", "requestUri": "/{Bucket}/{Key+}"},
      "input": {"shape": "GetRequest"}, "output": {"shape": "GetAnswer"}},
    "ListObjects": {"name": "ListObjects", "http": {"method": "GET", "requestUri": "/{Bucket}?list-type=2"},
      "input": {"shape": "ListRequest"}, "output": {"shape": "ListAnswer"}},
    "DeleteObjects": {"name": "DeleteObjects", "http": {"method": "POST", "requestUri": "/{Bucket}?delete"},
      "input": {"shape": "DeleteRequest"}, "httpChecksum": {"requestChecksumRequired": true}},
    "GetBucketLocation": {"name": "GetBucketLocation", "http": {"method": "GET", "requestUri": "/{Bucket}?location"},
      "input": {"shape": "ListRequest"}, "output": {"shape": "LocationAnswer"}}
  },
  "shapes": {
    "Text": {"type": "string"}, "Bytes": {"type": "blob", "streaming": true}, "When": {"type": "timestamp"},
    "Size": {"type": "long"}, "Meta": {"type": "map", "key": {"shape": "Text"}, "value": {"shape": "Text"}},
    "PutRequest": {"type": "structure", "required": ["Bucket", "Key"], "payload": "Body", "members": {
      "Bucket": {"shape": "Text", "location": "uri", "locationName": "Bucket"},
      "Key": {"shape": "Text", "location": "uri", "locationName": "Key"},
      "Body": {"shape": "Bytes"}, "Expires": {"shape": "When", "location": "header", "locationName": "Expires"},
      "Metadata": {"shape": "Meta", "location": "headers", "locationName": "x-amz-meta-"}}},
    "PutAnswer": {"type": "structure", "members": {
      "ETag": {"shape": "Text", "location": "header", "locationName": "ETag"}}},
    "GetRequest": {"type": "structure", "required": ["Bucket", "Key"], "members": {
      "Bucket": {"shape": "Text", "location": "uri", "locationName": "Bucket"},
      "Key": {"shape": "Text", "location": "uri", "locationName": "Key"},
      "ResponseExpires": {"shape": "When", "location": "querystring", "locationName": "response-expires"}}},
    "GetAnswer": {"type": "structure", "payload": "Body", "members": {"Body": {"shape": "Bytes"},
      "LastModified": {"shape": "When", "location": "header", "locationName": "Last-Modified"},
      "ContentLength": {"shape": "Size", "location": "header", "locationName": "Content-Length"},
      "Metadata": {"shape": "Meta", "location": "headers", "locationName": "x-amz-meta-"}}},
    "ListRequest": {"type": "structure", "required": ["Bucket"], "members": {
      "Bucket": {"shape": "Text", "location": "uri", "locationName": "Bucket"}}},
    "Object": {"type": "structure", "members": {"Key": {"shape": "Text"}, "Size": {"shape": "Size"}}},
    "Objects": {"type": "list", "member": {"shape": "Object"}, "flattened": true},
    "Owner": {"type": "structure", "members": {"Type": {"shape": "Text", "locationName": "xsi:type", "xmlAttribute": true},
      "ID": {"shape": "Text"}}, "xmlNamespace": {"prefix": "xsi", "uri": "http://xsi"}},
    "ListAnswer": {"type": "structure", "members": {"Contents": {"shape": "Objects"}, "Owner": {"shape": "Owner"},
      "Name": {"shape": "Text"}}},
    "Delete": {"type": "structure", "members": {"Objects": {"shape": "Objects", "locationName": "Object"},
      "Owner": {"shape": "Owner"}}},
    "DeleteRequest": {"type": "structure", "required": ["Bucket"], "payload": "Delete", "members": {
      "Bucket": {"shape": "Text", "location": "uri", "locationName": "Bucket"},
      "Delete": {"shape": "Delete", "locationName": "Delete", "xmlNamespace": {"uri": "http://s3/"}}}},
    "LocationAnswer": {"type": "structure", "members": {"LocationConstraint": {"shape": "Text"}}}
  }})";

inline constexpr std::string_view kClustersModel = R"({
  "metadata": {"protocol": "rest-json", "endpointPrefix": "eks", "serviceId": "EKS", "apiVersion": "2017-11-01"},
  "operations": {
    "CreateNodegroup": {"name": "CreateNodegroup",
      "http": {"method": "POST", "requestUri": "/clusters/{name}/node-groups"},
      "input": {"shape": "CreateRequest"}, "output": {"shape": "CreateAnswer"}, "errors": [{"shape": "InUse"}]},
    "ListThings": {"name": "ListThings", "http": {"method": "GET", "requestUri": "/things"},
      "input": {"shape": "ListRequest"}, "output": {"shape": "CreateAnswer"}, "endpoint": {"hostPrefix": "{account}."}}
  },
  "shapes": {
    "Text": {"type": "string"}, "When": {"type": "timestamp"}, "Count": {"type": "integer"}, "Anything": {"type": "structure",
      "members": {}, "document": true},
    "Labels": {"type": "map", "key": {"shape": "Text"}, "value": {"shape": "Text"}},
    "TextList": {"type": "list", "member": {"shape": "Text"}},
    "CreateRequest": {"type": "structure", "required": ["clusterName"], "members": {
      "clusterName": {"shape": "Text", "location": "uri", "locationName": "name"},
      "labels": {"shape": "Labels"}, "since": {"shape": "When"}, "settings": {"shape": "Anything"},
      "clientRequestToken": {"shape": "Text", "idempotencyToken": true}}},
    "CreateAnswer": {"type": "structure", "members": {"createdAt": {"shape": "When"}, "labels": {"shape": "Labels"},
      "status": {"shape": "Count", "location": "statusCode"}}},
    "ListRequest": {"type": "structure", "members": {
      "account": {"shape": "Text"}, "kinds": {"shape": "TextList", "location": "querystring", "locationName": "kind"},
      "filter": {"shape": "Labels", "location": "querystring"}}},
    "InUse": {"type": "structure", "members": {}, "exception": true}
  }})";

inline constexpr std::string_view kEndpoints = R"({"partitions": [
  {"partition": "aws", "dnsSuffix": "amazonaws.com", "regionRegex": "^(us|eu|ap)\\-\\w+\\-\\d+$",
   "defaults": {"hostname": "{service}.{region}.{dnsSuffix}", "variants": [
     {"tags": ["fips"], "hostname": "{service}-fips.{region}.{dnsSuffix}"},
     {"tags": ["dualstack"], "hostname": "{service}.{region}.{dnsSuffix}", "dnsSuffix": "api.aws"}]},
   "regions": {"us-east-1": {}, "ap-northeast-2": {}},
   "services": {
     "iam": {"isRegionalized": false, "partitionEndpoint": "aws-global", "endpoints": {"aws-global": {
       "hostname": "iam.amazonaws.com", "credentialScope": {"region": "us-east-1"}}}},
     "s3": {"endpoints": {"us-east-1": {"hostname": "s3.us-east-1.amazonaws.com"}}}}},
  {"partition": "aws-cn", "dnsSuffix": "amazonaws.com.cn", "regionRegex": "^cn\\-\\w+\\-\\d+$",
   "defaults": {"hostname": "{service}.{region}.{dnsSuffix}"}, "regions": {"cn-north-1": {}}, "services": {}}]})";

inline ModelDocument document(std::string_view text, std::string file) {
  Result<Json> json = Json::parse(text);
  EXPECT_TRUE(json) << file << ": " << json.error().to_string();
  return {std::move(file), json.value_or(Json())};
}

inline std::shared_ptr<const ServiceModel> test_model(std::string_view service, std::string_view text) {
  ModelDocuments documents{.service = document(text, "service-2.json"), .paginators = {}, .waiters = {}};
  if (text == kRolesModel) {
    documents.paginators = document(kRolesPaginators, "paginators-1.json");
    documents.waiters = document(kRolesWaiters, "waiters-2.json");
  }
  auto model = read_service_model(service, documents);
  EXPECT_TRUE(model) << model.error().to_string();
  return model.value_or(nullptr);
}

inline Json json(std::string_view text) { return document(text, "the test's JSON").json; }

}  // namespace capstan::aws
