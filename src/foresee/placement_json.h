// Answers about placement as JSON: shared by what-if and by the picture of scaling.
#pragma once

#include "base/json.h"
#include "foresee/node_groups.h"
#include "foresee/scale_down.h"
#include "foresee/scale_up.h"
#include "foresee/scheduler.h"

namespace capstan::foresee {

// Pods that fit nowhere, those of one owner and shape together: {pods, says, nodes, remedies, preemption}.
Json unplaced_json(ScheduleWorld& world, const std::vector<PodNumber>& pods);
Json scale_up_json(const ScaleUp& plan);
Json scale_down_json(const std::vector<NodeRemoval>& removals, const ScheduleWorld& world);
// {name, nodes, min, max, price_per_hour, spot}
Json groups_json(const NodeGroups& groups, const ScheduleWorld& world);
// What is asked for of what there is, over all nodes: {nodes, pods, cpu: {used, of, share}, …}.
Json utilisation_json(const ScheduleWorld& world);
// Of all nodes of groups with a price; null where none has one.
Json cost_json(const NodeGroups& groups, const ScheduleWorld& world);

// The same for people, indented.
std::string unplaced_text(const Json& unplaced);
std::string scale_up_text(const Json& plan);

}  // namespace capstan::foresee
