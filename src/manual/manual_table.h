// manual('text') inside SQL: what the manuals say of a text or a code.
//
//   SELECT code, means, remedies FROM manual('FATAL: sorry, too many clients already')
//   SELECT means FROM manual('137', 'kubernetes')
//
// Columns: product, code, severity, means, causes, remedies (JSON lists), see, versions; best first.
#pragma once

#include "model/manual.h"
#include "model/table.h"

namespace capstan::manual {

// Thread-safe. The manual must outlive it.
class ManualTable final : public TableFunction {
 public:
  explicit ManualTable(const Manual& manual) : manual_(manual) {}

  std::string_view name() const override { return "manual"; }
  Result<Table> fetch(const std::vector<SqlValue>& arguments, Time now) const override;

 private:
  const Manual& manual_;
};

}  // namespace capstan::manual
