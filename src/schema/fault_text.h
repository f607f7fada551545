// Faults as sentences.
#pragma once

#include "model/words.h"
#include "schema/schema.h"

namespace capstan::schema {

// "spec.replicas is 1: allowed is at least 2 and at most 10"
Words to_sentence(const Fault& fault);
// "write 2 there": what to do about it.
Words to_advice(const Fault& fault);

}  // namespace capstan::schema
