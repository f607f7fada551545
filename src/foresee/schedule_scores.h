// How much the scheduler likes each node that could take a pod: its default scores with their default weights, but for
// the locality of images.
#pragma once

#include <vector>

#include "foresee/schedule_world.h"

namespace capstan::foresee {

// One a node, in the order given; the more the better.
std::vector<double> scores(ScheduleWorld& world, PodNumber pod, const std::vector<NodeNumber>& nodes);

}  // namespace capstan::foresee
