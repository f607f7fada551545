// The pods of a node, as whoever drains it has to see them.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "connect/kubernetes/cluster_contact.h"

namespace capstan::kubernetes {

struct NodePod {
  ObjectName name;
  std::string uid;
  bool ending = false;          // It has been told to go.
  bool is_unmanaged = false;    // Nobody makes it anew elsewhere.
  bool has_local_data = false;  // In an emptyDir, lost with it.
};

// Those that have to leave: not those of daemon sets, which are made for this node, nor the kubelet's own. Sorted by
// namespace and name.
Result<std::vector<NodePod>> pods_to_move(const ClusterContact& contact, const std::string& node,
                                          const std::stop_token& stop);

// "shop/web-1 and 3 more", for people.
std::string listed(const std::vector<NodePod>& pods);

}  // namespace capstan::kubernetes
