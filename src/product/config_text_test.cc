#include "product/config_text.h"

#include <gtest/gtest.h>

#include "product/entry_path.h"

namespace capstan::product {
namespace {

std::vector<ConfigEntry> read(TextFormat format, std::string_view text) {
  Result<std::vector<ConfigEntry>> entries = read_config_text(format, text, "f");
  if (!entries) ADD_FAILURE() << entries.error().to_string();
  return entries.value_or(std::vector<ConfigEntry>());
}

// "value@line" of all that lies at a path.
std::vector<std::string> at(const std::vector<ConfigEntry>& entries, std::string_view path) {
  std::vector<std::string> found;
  for (const FoundEntry& one : find_entries(entries, path)) {
    found.push_back(one.entry->value() + "@" + std::to_string(one.entry->where.line));
  }
  return found;
}

using Found = std::vector<std::string>;

TEST(ConfigText, NginxBlocksWordsAndQuotesKeepTheirLines) {
  const auto entries = read(TextFormat::kNginx, R"(# a comment; { not read }
http {
  upstream shop { server 10.0.0.1:80 max_conns=5; server "a b"; }
  server {
    listen 80;
    location ~ \.php$ { proxy_pass http://${name}x; }
    add_header X "say \"hi\"; }";
  }
}
)");
  EXPECT_EQ(at(entries, "http/upstream/server"), (Found{"10.0.0.1:80@3", "a b@3"}));
  EXPECT_EQ(at(entries, "**/listen"), Found{"80@5"});
  EXPECT_EQ(at(entries, "http/server/location/proxy_pass"), Found{"http://${name}x@6"});
  EXPECT_EQ(find_entries(entries, "http/server/location/proxy_pass")[0].place(), "server / location ~ \\.php$");
  EXPECT_EQ(find_entries(entries, "**/add_header")[0].entry->values[1], "say \"hi\"; }");
}

TEST(ConfigText, WhatIsNotClosedIsToldWithItsLine) {
  for (std::string_view text : {"http {\n server {\n}\n", "}", "a b", "a \"b", "{ }"}) {
    const auto entries = read_nginx(text, "n.conf");
    ASSERT_FALSE(entries) << text;
    EXPECT_EQ(entries.error().where.file, "n.conf");
    EXPECT_GT(entries.error().where.line, 0);
  }
}

TEST(ConfigText, BlocksAndElementsAreBoundedInDepth) {
  std::string blocks;
  std::string elements;
  for (int i = 0; i < 100; ++i) {
    blocks += "a {";
    elements += "<a>";
  }
  for (int i = 0; i < 100; ++i) {
    blocks += "}";
    elements += "</a>";
  }
  EXPECT_EQ(read_nginx(blocks, "f").error().code, ErrorCode::kResourceExhausted);
  EXPECT_EQ(read_xml(elements, "f").error().code, ErrorCode::kResourceExhausted);
  EXPECT_EQ(read_config_text(TextFormat::kIni, std::string(kMostTextBytes + 1, 'x'), "f").error().code,
            ErrorCode::kResourceExhausted);
}

TEST(ConfigText, AttributesOfXmlKnowTheLineThatTheyStandOn) {
  const auto entries = read(TextFormat::kXml, R"(<?xml version="1.0"?>
<!-- <Connector port="1"/> -->
<Server>
  <Connector
    port="8080"
    maxThreads='5'/>
  <![CDATA[ <Connector port="2"/> ]]>
  <name> text </name>
</Server>)");
  EXPECT_EQ(at(entries, "Server/Connector/@port"), Found{"8080@5"});
  EXPECT_EQ(at(entries, "Server/Connector/@maxThreads"), Found{"5@6"});
  EXPECT_EQ(at(entries, "Server/name"), Found{"text@8"});
}

TEST(ConfigText, NoEntityOfXmlIsReadAndNothingIsFetched) {
  EXPECT_FALSE(read_xml("<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>", "f"));
  EXPECT_FALSE(read_xml("<!DOCTYPE a [<!ENTITY b \"c\">]><a d=\"&b;\"/>", "f"));
  EXPECT_EQ(read_xml("<a>\n<b></a>", "f.xml").error().where.line, 2);
}

TEST(ConfigText, IniSectionsHoldTheirKeysAndIncludesStandApart) {
  const auto entries = read(TextFormat::kIni, R"(
[mysqld]
port=3306   # the usual
skip-name-resolve
; another comment
datadir = "/var/lib/a b"
!includedir /etc/mysql/conf.d/
)");
  EXPECT_EQ(at(entries, "mysqld/port"), Found{"3306@3"});
  EXPECT_EQ(at(entries, "mysqld/skip-name-resolve"), Found{"@4"});
  EXPECT_EQ(at(entries, "mysqld/datadir"), Found{"/var/lib/a b@6"});
  EXPECT_EQ(at(entries, "!includedir"), Found{"/etc/mysql/conf.d/@7"});
}

TEST(ConfigText, PostgresqlTakesQuotesCommentsAndNoEqualSign) {
  const auto entries = read(TextFormat::kPostgresql, R"(Listen_Addresses = '*'   # all
port 5433#near
log_line_prefix = 'it''s # %m'
)");
  EXPECT_EQ(at(entries, "listen_addresses"), Found{"*@1"});
  EXPECT_EQ(at(entries, "port"), Found{"5433@2"});
  EXPECT_EQ(at(entries, "log_line_prefix"), Found{"it's # %m@3"});
}

TEST(ConfigText, RecordsOfPgHbaAreWords) {
  const auto entries = read(TextFormat::kPgHba, "# c\nhost \"all\" app 10.0.0.0/8  scram-sha-256 # why\n");
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].name, "host");
  EXPECT_EQ(entries[0].values, (Found{"all", "app", "10.0.0.0/8", "scram-sha-256"}));
}

TEST(ConfigText, PropertiesAndEnvironmentFiles) {
  EXPECT_EQ(at(read(TextFormat::kProperties, "! c\na.b: c\nd=e,\\\n  f\n"), "d"), Found{"e,f@3"});
  const auto entries =
      read(TextFormat::kEnvironment, "export JAVA_OPTS=\"-Xmx1g -Da=b\"\nif [ x = y ]; then\nA=b # c\n");
  EXPECT_EQ(at(entries, "JAVA_OPTS"), Found{"-Xmx1g -Da=b@1"});
  EXPECT_EQ(at(entries, "A"), Found{"b@3"});
  EXPECT_EQ(entries.size(), 2u);
}

}  // namespace
}  // namespace capstan::product
