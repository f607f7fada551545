// service_calls('5m') inside SQL: who calls whom, a row each call, those with the most traffic where there are too
// many.
#pragma once

#include <string_view>

#include "loop/service_desk.h"
#include "model/table.h"

namespace capstan::loop {

// Thread-safe. The desk must outlive it.
class ServiceCallsFunction final : public TableFunction {
 public:
  explicit ServiceCallsFunction(const ServiceDesk& desk) : desk_(desk) {}

  std::string_view name() const override { return "service_calls"; }
  Result<Table> fetch(const std::vector<SqlValue>& arguments, Time now) const override;

 private:
  const ServiceDesk& desk_;
};

}  // namespace capstan::loop
