// The shared ledger in PostgreSQL 12 or newer: two tables in the first schema of the search path.
//
//   capstan_ledger  one row: who leads until when, the epoch, the newest fact and its link
//   capstan_fact    one row a fact, by seq; with the epoch that wrote it
//   capstan_facts   the same as a view that people can read
//
// An append is one statement: it updates the one row where epoch, holder, lease and newest fact are as they must be,
// and inserts the facts only if it did. Whoever takes the lease updates the same row, so one of the two comes first.
#pragma once

#include <memory>

#include "ledger/postgres.h"
#include "ledger/shared_store.h"

namespace capstan::ledger {

// `patience` is with each statement. Connects when it is first needed, and anew after a connection broke.
std::unique_ptr<SharedStore> postgres_store(PostgresAddress address, Duration patience);

// Makes the tables where they are not there. kFailedPrecondition for a server that is too old and for tables of a newer
// format. `notes` gets what an operator should know of the server's settings.
Status prepare_postgres(const PostgresAddress& address, Duration patience, std::vector<std::string>& notes);

}  // namespace capstan::ledger
