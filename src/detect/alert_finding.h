// Turns a firing alert into a finding, by the conventions of annotations that packs use:
//
//   summary, description  the sentence for people
//   remedy                what usually helps
//   resource              the id of what suffers; else it is looked up by the labels
//   causes_by             PromQL whose series name candidate causes (label `process` or `resource`) and their part
//   verbs                 comma-separated verbs that usually help when done to the cause
#pragma once

#include "detect/alert_state.h"
#include "detect/resource_finder.h"
#include "model/finding.h"

namespace capstan::detect {

Finding finding_of(const MetricRule& rule, const ActiveAlert& alert, ResourceFinder& finder);

// "a1b2c3d4e5f60718": the same for the same rule and labels, on every machine.
std::string finding_id(std::string_view rule, const Labels& labels);

// The last quarter of an hour of the series that fired: at most 30 points a series, at most five series.
Evidence series_evidence(const MetricRule& rule, const ActiveAlert& alert, const SignalSource& signals, Time at);

}  // namespace capstan::detect
