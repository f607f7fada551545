// Before a policy undoes by itself what it did long ago: whether it may still touch that.
#pragma once

#include <string>

#include "decide/policy.h"
#include "model/action.h"
#include "model/table.h"
#include "model/words.h"

namespace capstan::loop {

// Why a person has to decide whether `plan` is undone, as one of its targets is by now what `never` forbids; "" when
// none is. What is gone forbids nothing. An error when nobody can tell.
Result<Words> forbidden_to_undo(const decide::Policy& policy, const Plan& plan, const SqlSource& sql, Time now);

}  // namespace capstan::loop
