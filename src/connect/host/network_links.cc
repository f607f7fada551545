#include "connect/host/network_links.h"

#include <fmt/format.h>
#include <net/if.h>

#include <array>

#include "connect/host/text_scan.h"

namespace capstan::host {
namespace {

constexpr Duration kSpeedAge{60'000};

// Flags that describe the moment, not the configuration; /sys leaves them out, and so do we.
constexpr unsigned kMomentaryFlags = IFF_RUNNING | 0x10000 /* IFF_LOWER_UP */ | 0x20000 /* IFF_DORMANT */;

std::string hardware_address(const Attributes& attributes, unsigned short type) {
  const auto bytes = attributes.find(type);
  std::string text;
  if (!bytes) return text;
  for (const char byte : *bytes)
    text += fmt::format("{}{:02x}", text.empty() ? "" : ":", static_cast<unsigned char>(byte));
  return text;
}

std::string state_text(unsigned state) {
  // RFC 2863 as linux/if.h numbers it.
  constexpr std::array<std::string_view, 7> kStates = {"unknown", "notpresent", "down", "lowerlayerdown",
                                                       "testing", "dormant",    "up"};
  return std::string(state < kStates.size() ? kStates[state] : "unknown");
}

NetworkLink parse_link(const ifinfomsg& info, const Attributes& attributes) {
  NetworkLink link;
  link.name = attributes.text(IFLA_IFNAME);
  link.address = hardware_address(attributes, IFLA_ADDRESS);
  link.broadcast = hardware_address(attributes, IFLA_BROADCAST);
  link.alias = attributes.text(IFLA_IFALIAS);
  link.state = state_text(attributes.get<uint8_t>(IFLA_OPERSTATE).value_or(0));
  link.flags = info.ifi_flags & ~kMomentaryFlags;
  link.index = static_cast<unsigned>(info.ifi_index);
  link.parent_index = attributes.get<uint32_t>(IFLA_LINK).value_or(link.index);
  link.type = info.ifi_type;
  link.mtu = attributes.get<uint32_t>(IFLA_MTU).value_or(0);
  link.queue_length = attributes.get<uint32_t>(IFLA_TXQLEN).value_or(0);
  link.group = attributes.get<uint32_t>(IFLA_GROUP).value_or(0);
  link.link_mode = attributes.get<uint8_t>(IFLA_LINKMODE).value_or(0);
  link.carrier_ups = attributes.get<uint32_t>(IFLA_CARRIER_UP_COUNT).value_or(0);
  link.carrier_downs = attributes.get<uint32_t>(IFLA_CARRIER_DOWN_COUNT).value_or(0);
  if ((info.ifi_flags & IFF_UP) != 0) link.carrier = attributes.get<uint8_t>(IFLA_CARRIER).value_or(0) != 0;
  link.counters = attributes.get<rtnl_link_stats64>(IFLA_STATS64).value_or(rtnl_link_stats64{});
  return link;
}

}  // namespace

Result<NetworkLinks> NetworkLinks::open() { return NetworkLinks(TRY(NetlinkSocket::open(NETLINK_ROUTE))); }

Result<std::vector<NetworkLink>> NetworkLinks::list(KernelFiles& sys, Time now) {
  std::vector<NetworkLink> links;
  const ifinfomsg request{};
  const Status asked = socket_.dump(
      RTM_GETLINK, {reinterpret_cast<const char*>(&request), sizeof(request)}, [&](std::span<const char> message) {
        if (message.size() < sizeof(ifinfomsg)) return;
        const auto* info = reinterpret_cast<const ifinfomsg*>(message.data());
        links.push_back(parse_link(*info, Attributes(message.subspan(NLMSG_ALIGN(sizeof(ifinfomsg))))));
      });
  if (!asked) return fail(asked.error());
  for (NetworkLink& link : links) {
    Speed& speed = speeds_[link.name];
    if (speed.asked == Time() || now - speed.asked > kSpeedAge) {
      speed = {.asked = now, .bytes = std::nullopt, .duplex = ""};
      if (const auto text = sys.read_line(("class/net/" + link.name + "/speed").c_str())) {
        if (const auto megabits = parse_number<int64_t>(*text)) speed.bytes = static_cast<double>(*megabits) * 1e6 / 8;
      }
      speed.duplex = sys.read_line(("class/net/" + link.name + "/duplex").c_str()).value_or("");
    }
    link.speed_bytes = speed.bytes;
    link.duplex = speed.duplex;
  }
  if (speeds_.size() > links.size() * 2 + 64) speeds_.clear();  // Short-lived virtual interfaces must not pile up.
  return links;
}

void add_network_metrics(const std::vector<NetworkLink>& links, SampleWriter& out) {
  for (const NetworkLink& link : links) {
    const auto add = [&](std::string_view name, auto value) {
      out.add(name, {{"device", link.name}}, static_cast<double>(value));
    };
    // The sums are those of /proc/net/dev, which the names come from.
    const rtnl_link_stats64& counters = link.counters;
    add("node_network_receive_bytes_total", counters.rx_bytes);
    add("node_network_receive_packets_total", counters.rx_packets);
    add("node_network_receive_errs_total", counters.rx_errors);
    add("node_network_receive_drop_total", counters.rx_dropped + counters.rx_missed_errors);
    add("node_network_receive_fifo_total", counters.rx_fifo_errors);
    add("node_network_receive_frame_total",
        counters.rx_length_errors + counters.rx_over_errors + counters.rx_crc_errors + counters.rx_frame_errors);
    add("node_network_receive_compressed_total", counters.rx_compressed);
    add("node_network_receive_multicast_total", counters.multicast);
    add("node_network_receive_nohandler_total", counters.rx_nohandler);
    add("node_network_transmit_bytes_total", counters.tx_bytes);
    add("node_network_transmit_packets_total", counters.tx_packets);
    add("node_network_transmit_errs_total", counters.tx_errors);
    add("node_network_transmit_drop_total", counters.tx_dropped);
    add("node_network_transmit_fifo_total", counters.tx_fifo_errors);
    add("node_network_transmit_colls_total", counters.collisions);
    add("node_network_transmit_carrier_total", counters.tx_carrier_errors + counters.tx_aborted_errors +
                                                   counters.tx_window_errors + counters.tx_heartbeat_errors);
    add("node_network_transmit_compressed_total", counters.tx_compressed);

    add("node_network_up", link.state == "up");
    add("node_network_flags", link.flags);
    add("node_network_mtu_bytes", link.mtu);
    add("node_network_iface_id", link.index);
    add("node_network_iface_link", link.parent_index);
    add("node_network_iface_link_mode", link.link_mode);
    add("node_network_net_dev_group", link.group);
    add("node_network_protocol_type", link.type);
    add("node_network_transmit_queue_length", link.queue_length);
    add("node_network_carrier_changes_total", static_cast<uint64_t>(link.carrier_ups) + link.carrier_downs);
    add("node_network_carrier_up_changes_total", link.carrier_ups);
    add("node_network_carrier_down_changes_total", link.carrier_downs);
    if (link.carrier) add("node_network_carrier", *link.carrier);
    if (link.speed_bytes) add("node_network_speed_bytes", *link.speed_bytes);
    out.add("node_network_info",
            {{"device", link.name},
             {"address", link.address},
             {"broadcast", link.broadcast},
             {"duplex", link.duplex},
             {"ifalias", link.alias},
             {"operstate", link.state}},
            1);
  }
}

}  // namespace capstan::host
