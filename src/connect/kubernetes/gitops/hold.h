// Takes an object out of the hands of those who would put back its replicas, and gives it back to them: the note on
// the object first and last, so that whatever cuts this off leaves on the object what there is to give back.
#pragma once

#include <stop_token>

#include "base/time.h"
#include "connect/kubernetes/gitops/replica_owners.h"
#include "connect/kubernetes/gitops/sync_pause.h"

namespace capstan::kubernetes {

// What stands on the object; nothing where it was not stopped. kCorrupt where the note cannot be read.
Result<std::optional<StopNote>> stop_note(const Json& object);

// Notes `note` on the object and pauses whom it names. For at most `patience` it waits until Argo CD has noticed. Doing
// it again changes nothing. The object must still be the one that was read.
Status hold(const Workload& workload, const StopNote& note, Duration patience, const std::stop_token& stop);

// Takes out what `hold` has put in for `note` but not for `left`, which stands there instead where there is one; and
// nothing that somebody has changed since. What is gone needs nothing back. Doing it again changes nothing.
Status release(const Workload& workload, const StopNote& note, const std::optional<StopNote>& left,
               const std::stop_token& stop);

// How many replicas it is to have, written by Capstan; by another name of it while somebody is paused whose manifest
// may set them, too, so that nobody takes the field for Capstan's own afterwards.
Status set_replicas(const Workload& workload, const StopNote& note, int64_t replicas, const std::stop_token& stop);

}  // namespace capstan::kubernetes
