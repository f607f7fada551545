// The node groups that packs and a configuration directory speak of, where no Capstan runs.
#pragma once

#include <filesystem>
#include <vector>

#include "foresee/node_groups.h"

namespace capstan::foresee {

// Of all documents with `node_groups` or `node_group_labels` in *.yaml of the directories and of those within them.
NodeGroupSettings load_node_groups(const std::vector<std::filesystem::path>& directories, std::vector<Error>& problems);

}  // namespace capstan::foresee
