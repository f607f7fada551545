// What resources cost, as packs and users write it down where no bill says it:
//
//   price: modeler-items
//   currency: USD
//   of: { kind: modeler_item, where: "type <> 'image'" }   # Which resources.
//   while: "status = 'RUNNING'"        # When one runs; as long as it exists where nothing is said.
//   per_hour: 0.48                     # Or an SQL expression over the kind's columns: "0.05 * cpu + 0.006 * memory".
//   ---
//   price: m5
//   currency: USD
//   from: 2026-11-01                   # From that day on; the price of the same name before it stays what it was.
//   of: { kind: mcm_cluster }
//   while: "status = 'RUNNING'"
//   per_hour: { by: instance_type, times: nodes, table: { m5.xlarge: 0.236, m5.large: 0.118 } }
//   stopped: { per_hour: 0.01 }        # What it costs all the same while it does not run: what cannot be stopped.
//
// A price looks at the resource's own columns alone, so that the same past always costs the same.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "model/label_selector.h"
#include "model/resource.h"
#include "model/table.h"

namespace capstan::money {

struct Price {
  std::string name;
  std::string currency;  // "USD"
  Where at;
  bool from_pack = false;
  std::string kind;
  LabelSelector labels;
  std::string where;    // SQL conditions and expressions over the kind's columns. "": all of them.
  std::string running;  // "": always.
  std::string per_hour;
  std::string stopped = "0";
  std::optional<Time> from;   // Nothing: since ever.
  std::optional<Time> until;  // When the next of the same name takes its place.

  bool holds(Time time) const { return (!from || *from <= time) && (!until || time < *until); }
};

struct PriceText {
  std::string path;  // For errors.
  std::string text;
  bool from_pack = false;
};

struct ReadPrices {
  std::vector<Price> prices;    // By name, then by when they begin.
  std::vector<Error> problems;  // With file and line. A file with a problem is left out as a whole.
};

// Of several files, those of packs first: a user's prices take the place of a pack's of the same name. Two that hold
// for all of a kind at the same time are a mistake. The SQL is checked where there is somebody to ask.
ReadPrices read_prices(std::span<const PriceText> files, std::span<const KindSpec> kinds, const SqlSource* sql);

// Whether a text of SQL names a word that stands by itself, whatever the case; not within quotes.
bool names_word(std::string_view sql, std::string_view word);

}  // namespace capstan::money
