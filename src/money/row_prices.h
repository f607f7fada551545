// What prices say of resources of one kind, by the columns that they look at: resources that are the same in these
// share a row, and each row is asked about once.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/resource.h"
#include "model/table.h"
#include "money/amount.h"
#include "money/price.h"

namespace capstan::money {

// Not thread-safe. The prices outlive it.
class RowPrices {
 public:
  // `prices` are those of the kind.
  RowPrices(KindSpec kind, std::vector<const Price*> prices);

  struct Verdict {
    const Price* price = nullptr;
    bool running = false;
    Rate run = 0;
    Rate stop = 0;

    Rate cost() const { return running ? run : stop; }
  };

  size_t row_of(const Resource& resource);
  // Asks the prices about the rows that are new.
  Status ask(const SqlSource& sql, Time now);
  // What prices a row at a time; nullptr for nothing. Where several do the first counts, and `others` takes the rest.
  const Verdict* at(size_t row, Time time, std::vector<const Verdict*>* others = nullptr) const;

  const KindSpec& kind() const { return kind_; }
  const std::vector<const Price*>& prices() const { return prices_; }
  const std::set<std::string>& problems() const { return problems_; }

 private:
  Status ask(const Price& price, const std::string& rows, const SqlSource& sql, Time now);
  std::string describe(size_t number) const;

  const KindSpec kind_;
  const std::vector<const Price*> prices_;
  std::vector<KindSpec::Column> columns_;
  bool has_labels_ = false;
  std::vector<Json> rows_;
  std::map<std::string, size_t, std::less<>> numbers_;  // Of rows, by their text.
  std::vector<std::vector<Verdict>> verdicts_;          // Of each row.
  size_t asked_ = 0;                                    // Rows that have been asked about.
  std::set<std::string> problems_;
};

}  // namespace capstan::money
