// What the actions of a plan do beside their targets, for whoever reads the plan.
#pragma once

#include "model/action.h"
#include "model/resource_source.h"
#include "model/verb.h"

namespace capstan::loop {

// Adds to the reasons of the plan's actions what their verbs say that they do beside: "pauses Argo CD's application
// shop for this object". Reasons are no part of what an approval binds to.
void add_side_notes(Plan& plan, const VerbRegistry& verbs, const ResourceSource& resources);

}  // namespace capstan::loop
