#include "connect/host/socket_metrics.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>

#include "connect/host/text_scan.h"

namespace capstan::host {
namespace {

void add_socket_file(KernelFiles& proc, const char* path, SampleWriter& out) {
  const auto content = proc.read(path);
  if (!content) return;
  const double page_bytes = static_cast<double>(::sysconf(_SC_PAGESIZE));
  LineScanner lines(*content);
  for (std::string_view line; lines.next(line);) {
    FieldScanner fields(line);
    std::string_view protocol = fields.word();
    if (!protocol.empty()) protocol.remove_suffix(1);  // The colon.
    for (std::string_view key = fields.word(); !key.empty(); key = fields.word()) {
      const auto value = static_cast<double>(fields.u64());
      out.add(fmt::format("node_sockstat_{}_{}", protocol, key), value);
      if (key == "mem") out.add(fmt::format("node_sockstat_{}_mem_bytes", protocol), value * page_bytes);
    }
  }
}

bool starts_with_any(std::string_view text, std::initializer_list<std::string_view> prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](std::string_view prefix) { return text.starts_with(prefix); });
}

bool is_any(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

// The counters that node_exporter shows by default.
bool is_wanted(std::string_view protocol, std::string_view counter) {
  if (is_any(counter, {"InErrors", "InErrs"})) return true;
  if (protocol == "Ip") return counter == "Forwarding";
  if (is_any(protocol, {"Ip6", "IpExt"})) return is_any(counter, {"InOctets", "OutOctets"});
  if (is_any(protocol, {"Icmp", "Icmp6"})) return is_any(counter, {"InMsgs", "OutMsgs"});
  if (protocol == "TcpExt")
    return starts_with_any(counter, {"Listen", "Syncookies"}) || is_any(counter, {"TCPSynRetrans", "TCPTimeouts"});
  if (protocol == "Tcp") {
    return is_any(counter, {"ActiveOpens", "InSegs", "OutSegs", "OutRsts", "PassiveOpens", "RetransSegs", "CurrEstab"});
  }
  if (is_any(protocol, {"Udp", "Udp6"})) {
    return is_any(counter, {"InDatagrams", "OutDatagrams", "NoPorts", "RcvbufErrors", "SndbufErrors"});
  }
  return false;
}

// Pairs of lines: the names, then the values.
void add_paired_file(KernelFiles& proc, const char* path, SampleWriter& out) {
  const auto content = proc.read(path);
  if (!content) return;
  LineScanner lines(*content);
  std::string_view names_line;
  std::string_view values_line;
  while (lines.next(names_line) && lines.next(values_line)) {
    FieldScanner names(names_line);
    FieldScanner values(values_line);
    std::string_view protocol = names.word();
    values.word();
    if (protocol.empty()) return;
    protocol.remove_suffix(1);
    for (std::string_view counter = names.word(); !counter.empty(); counter = names.word()) {
      const auto value = static_cast<double>(values.i64());
      if (is_wanted(protocol, counter)) out.add(fmt::format("node_netstat_{}_{}", protocol, counter), value);
    }
  }
}

// "Icmp6InErrors 5": the protocol ends with the first 6.
void add_snmp6_file(KernelFiles& proc, SampleWriter& out) {
  const auto content = proc.read("net/snmp6");
  if (!content) return;
  LineScanner lines(*content);
  for (std::string_view line; lines.next(line);) {
    FieldScanner fields(line);
    const std::string_view name = fields.word();
    const size_t six = name.find('6');
    if (six == std::string_view::npos) continue;
    const std::string_view protocol = name.substr(0, six + 1);
    const std::string_view counter = name.substr(six + 1);
    const auto value = static_cast<double>(fields.u64());
    if (is_wanted(protocol, counter)) out.add(fmt::format("node_netstat_{}_{}", protocol, counter), value);
  }
}

}  // namespace

void add_socket_metrics(KernelFiles& proc, SampleWriter& out) {
  add_socket_file(proc, "net/sockstat", out);
  add_socket_file(proc, "net/sockstat6", out);
}

void add_protocol_metrics(KernelFiles& proc, SampleWriter& out) {
  add_paired_file(proc, "net/netstat", out);
  add_paired_file(proc, "net/snmp", out);
  add_snmp6_file(proc, out);
}

}  // namespace capstan::host
