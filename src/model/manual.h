// What the manual of a product says of an error code or of a message, and who can be asked for it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "model/finding.h"

namespace capstan {

// An entry as it answers one text: what stood in the text is filled in.
struct ManualEntry {
  std::string product;  // "postgresql"
  std::string title;    // "PostgreSQL"
  std::string code;     // "53300": as it stood in the text, or as the entry has it; "" where there is none.
  Severity severity = Severity::kMedium;
  std::string means;
  std::vector<std::string> causes;
  std::vector<std::string> remedies;
  std::string see;       // The vendor's page.
  std::string versions;  // Of the product; "" for all.

  bool operator==(const ManualEntry&) const = default;
};

// "PostgreSQL 53300"
std::string name_of(const ManualEntry& entry);
Json to_json(const ManualEntry& entry);
ManualEntry manual_entry_from_json(const Json& json);
// How the text of such evidence begins.
inline constexpr std::string_view kManualSays = "the manual of ";
// What it means as a sentence, causes and remedies as lines.
Evidence evidence_of(const ManualEntry& entry);

// Thread-safe.
class Manual {
 public:
  virtual ~Manual() = default;
  // What is said of a line, a message or a code, best first; of one product, or of all for "". Of a long text only the
  // beginning is looked at.
  virtual std::vector<ManualEntry> look_up(std::string_view text, std::string_view product = "",
                                           size_t most = 5) const = 0;
};

}  // namespace capstan
