#include "connect/kubernetes/secret_values.h"

#include <gtest/gtest.h>

namespace capstan::kubernetes {
namespace {

std::string masked(std::string_view text) {
  Json object = Json::parse(text).value();
  mask_values(object);
  return object.dump();
}

TEST(SecretValues, KeepTheKeysOfASecret) {
  Json secret = Json::parse(R"({"data": {"password": "cGFzcw=="}, "type": "Opaque", "metadata": {"annotations":
    {"a": "b", "kubectl.kubernetes.io/last-applied-configuration": "{\"data\": {}}"}}})")
                    .value();
  hide_values(secret);
  EXPECT_EQ(secret.dump(), R"({"data":{"password":"***"},"metadata":{"annotations":{"a":"b"}},"type":"Opaque"})");
}

TEST(SecretValues, AreMaskedInVariablesArgumentsAndSettings) {
  EXPECT_EQ(
      masked(R"({"spec": {"containers": [{"name": "c", "env": [{"name": "DB_PASSWORD", "value": "x1"},
    {"name": "URL", "value": "postgres://me:x2@db/shop"}, {"name": "HOST", "value": "db"}, {"name": "TOKEN_FILE", "value": "/run/t"}],
    "args": ["--token=x3", "--password", "x4", "--port=80"]}]}})"),
      R"({"spec":{"containers":[{"args":["--token=***","--password","***","--port=80"],"env":[{"name":"DB_PASSWORD","value":"***"},)"
      R"({"name":"URL","value":"postgres://me:***@db/shop"},{"name":"HOST","value":"db"},{"name":"TOKEN_FILE","value":"/run/t"}],"name":"c"}]}})");
  EXPECT_EQ(masked(R"({"data": {"db.password": "x", "app.conf": "user=a\npassword=x y\nport=1", "ca.crt": "PEM"}})"),
            R"({"data":{"app.conf":"user=a\npassword=*** y\nport=1","ca.crt":"PEM","db.password":"***"}})");
}

}  // namespace
}  // namespace capstan::kubernetes
