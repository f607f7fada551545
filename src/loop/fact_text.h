// Facts as sentences, for whoever asks why.
#pragma once

#include <vector>

#include "model/fact.h"
#include "model/finding.h"
#include "model/words.h"

namespace capstan::loop {

// With its time and number: "18:00:04.000 #12 action … succeeded: …".
Words say_fact(const Fact& fact);

// Where a chain begins: the first samples and lines that a finding's evidence holds.
std::vector<Words> say_first_samples(const Finding& finding);

}  // namespace capstan::loop
