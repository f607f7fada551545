#include "model/log_level.h"

#include <gtest/gtest.h>

#include <string>

namespace capstan {
namespace {

struct Case {
  std::string_view level;
  std::string_view line;
};

constexpr Case kCases[] = {
    // Markers of application frameworks.
    {"error", "2026-01-08 18:00:00,123 ERROR [main] com.example.Shop - order 17 cannot be stored"},
    {"warning", "2026-01-08 18:00:00.123  WARN 4711 --- [nio-8080-exec-1] c.e.Shop : slow query took 3021 ms"},
    {"info", "2026-01-08 18:00:00.123  INFO 4711 --- [main] c.e.Shop : Started Shop in 2.4 seconds"},
    {"debug", "2026-01-08T18:00:00Z DEBUG request headers: 12"},
    {"error", "ERROR:root:cannot open the database"},
    {"warning", "WARNING:urllib3.connectionpool:Retrying after connection broken"},
    {"error", "[2026-01-08 18:00:00 +0000] [17] [ERROR] Worker (pid:18) was sent SIGKILL!"},
    {"error", "F, [2026-01-08T18:00:00.1 #3] FATAL -- : could not bind"},
    {"info", "I, [2026-01-08T18:00:00.1 #3]  INFO -- : Listening on 3000"},
    {"error", "SEVERE: Servlet.service() for servlet [api] threw exception"},
    {"debug", "TRACE entering handler"},
    {"error", "CRITICAL - disk /var is at 99 %"},
    {"error", "18:00:00 [ERR] Connection to 10.0.0.3 refused"},
    {"info", "18:00:00 [INF] Now listening on: http://[::]:5000"},
    // Servers.
    {"error", "2026/01/08 18:00:00 [error] 31#31: *1 open() \"/srv/favicon.ico\" failed (2: No such file)"},
    {"warning", "2026/01/08 18:00:00 [warn] 31#31: conflicting server name \"x\" on 0.0.0.0:80, ignored"},
    {"info", "2026/01/08 18:00:00 [notice] 31#31: signal process started"},
    {"error", "[Thu Jan 08 18:00:00.12 2026] [core:error] [pid 11] AH00126: Invalid URI in request"},
    {"error", "2026-01-08 18:00:00.000 KST [99] ERROR:  relation \"orders\" does not exist at character 15"},
    {"error", "2026-01-08 18:00:00.000 KST [99] FATAL:  password authentication failed for user \"eve\""},
    {"info", "2026-01-08 18:00:00.000 KST [99] LOG:  checkpoint starting: time"},
    {"error", "2026-01-08T09:00:00.1Z 0 [ERROR] [MY-010119] [Server] Aborting"},
    {"warning", "2026-01-08T09:00:00.1Z 0 [Warning] [MY-010068] [Server] CA certificate ca.pem is self signed."},
    {"info", "2026-01-08T09:00:00.1Z 0 [Note] [MY-010051] [Server] Event Scheduler: scheduler started."},
    // Structured.
    {"error", "ts=2026-01-08T18:00:00Z caller=main.go:42 level=error msg=\"scrape failed\""},
    {"warning", "time=\"2026-01-08T18:00:00Z\" level=warning msg=\"error_count is near its limit\""},
    {"info", "t=2026-01-08 lvl=info msg=\"no ERROR seen\""},
    {"error", "{\"ts\":1767225600,\"level\":\"error\",\"msg\":\"boom\"}"},
    {"info", "{\"severity\": \"INFO\", \"message\": \"last ERROR was mended\"}"},
    {"error", "{\"log.level\": \"error\", \"message\": \"no route\"}"},
    {"error", "{\"level\":50,\"time\":1767225600000,\"msg\":\"cannot connect\"}"},
    {"info", "{\"level\":30,\"time\":1767225600000,\"msg\":\"listening\"}"},
    {"error", "{\"PRIORITY\":\"3\",\"MESSAGE\":\"failed to start\"}"},
    // The kernel, system services, klog.
    {"error", "<3>sd 0:0:0:0: [sda] tag#12 FAILED Result"},
    {"warning", "<12>Jan  8 18:00:00 host app: look at this"},
    {"debug", "<7>usb 1-1: new device"},
    {"error", "E0108 18:00:00.123456       1 reflector.go:138] Failed to watch *v1.Pod: connection refused"},
    {"warning", "W0108 18:00:00.123456       1 warnings.go:70] policy/v1beta1 PodSecurityPolicy is deprecated"},
    {"info", "I0108 18:00:00.123456       1 leaderelection.go:258] successfully acquired lease"},
    {"error", "kernel: a.out[4711]: segfault at 0 ip 0000 sp 0000 error 4 in a.out"},
    {"error", "kernel: Out of memory: Killed process 4711 (java) total-vm:8GB"},
    {"error", "blk_update_request: I/O error, dev sda, sector 2048"},
    // Programs that print without a framework.
    {"error", "panic: runtime error: invalid memory address or nil pointer dereference"},
    {"error", "Traceback (most recent call last):"},
    {"error", "ValueError: invalid literal for int() with base 10: 'x'"},
    {"error", "java.lang.NullPointerException: Cannot invoke \"String.length()\""},
    {"error", "Exception in thread \"main\" java.lang.OutOfMemoryError: Java heap space"},
    {"error", "main.c:12:3: error: expected ';' before '}' token"},
    {"warning", "main.c:12:3: warning: unused variable 'x' [-Wunused-variable]"},
    {"error", "npm ERR! code ELIFECYCLE"},
    {"error", "fatal: not a git repository (or any of the parent directories): .git"},
    {"error", "curl: (7) error: connection refused"},
    // What only looks like it.
    {"", "build finished: 0 errors, 2 warnings"},
    {"", "0 errors"},
    {"", "no error"},
    {"", "No errors found"},
    {"", "error_count=0"},
    {"", "errors=0 warnings=0"},
    {"", "error: 0"},
    {"", "tests run: 17, failures: 0, errors: 0"},
    {"", "finished without error"},
    {"", "GET /error HTTP/1.1 200"},
    {"", "GET /static/error.html 200"},
    {"", "opened /var/log/nginx/error.log"},
    {"", "error-rate panel was saved"},
    {"", "started with --error-limit 5"},
    {"", "the informal note about debugging was read"},
    {"", "user warner logged in"},
    {"", "Terror in Resonance was played"},
    {"", ""},
    {"", "<>"},
    {"", "<999>what"},
    {"info", "INFO: 0 errors, no ERROR at all"},
};

TEST(LogLevel, JudgesTheLinesThatSoftwareReallyPrints) {
  for (const Case& one : kCases) EXPECT_EQ(level_of(one.line), one.level) << one.line;
}

TEST(LogLevel, LooksAtTheHeadOfALineOnly) {
  EXPECT_EQ(level_of(std::string(1000, 'x') + " ERROR "), "");
  EXPECT_EQ(level_of("INFO " + std::string(1'000'000, 'x')), "info");
}

}  // namespace
}  // namespace capstan
