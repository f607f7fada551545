// seen_in_log('selector', 'window') inside SQL: lines that say what a wrong setting of any product brings.
//
//   SELECT pattern, text, resource FROM seen_in_log('{level!~"info|debug"}', '30s')
//
// The selector chooses among streams, as that of logs() does. Columns: pattern (one of `seen_in_log` of a product's
// declaration), line, text (which may be of several lines), at, then the labels of the line. Of each pattern in each
// stream the newest five.
#pragma once

#include "model/signal.h"
#include "model/table.h"
#include "product/product_shelf.h"

namespace capstan::product {

// Thread-safe. The logs and the shelf must outlive it.
class SeenInLogTable final : public TableFunction {
 public:
  SeenInLogTable(const LogSource& logs, const ProductShelf& shelf) : logs_(logs), shelf_(shelf) {}

  std::string_view name() const override { return "seen_in_log"; }
  Result<Table> fetch(const std::vector<SqlValue>& arguments, Time now) const override;

 private:
  const LogSource& logs_;
  const ProductShelf& shelf_;
};

}  // namespace capstan::product
