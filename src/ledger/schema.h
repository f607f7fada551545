// The tables of a ledger file.
//
//   fact     one row a fact, by seq; the body's hash and the chain's link beside it
//   body     salt and text of each body, by seq; a redacted fact has no row here
//   name     kinds and actors, which repeat, by number
//   segment  each full stretch of kSegmentFacts facts: its anchor (the link after its last fact) and its span of time
//   posting  for each segment, sorted blocks that tell which facts have a subject, a cause, a kind
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/crypto.h"
#include "base/result.h"
#include "base/sqlite.h"

namespace capstan::ledger {

// Creates the tables in a new file. kCorrupt for a database that is no ledger, kFailedPrecondition for a ledger of a
// newer format.
Status prepare_schema(sqlite::Database& database);

// The first link's predecessor.
inline constexpr Sha256 kGenesis = {};

std::string_view bytes_of(const Sha256& hash);
// kCorrupt when the bytes are no hash.
Result<Sha256> hash_of(std::string_view bytes);

}  // namespace capstan::ledger
