// SQL over a handful of resources that exist only on paper: for tests of policies, where there is no catalog.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "model/resource.h"
#include "model/resource_source.h"
#include "model/table.h"

namespace capstan::decide {

// A table a kind (id, name, and a column for every field that any of its resources has; of kinds that are given also
// their columns), `label` and `relation`, as the
// catalog has them. Not thread-safe: one thread asks.
class ScratchSql final : public SqlSource {
 public:
  static Result<std::unique_ptr<ScratchSql>> make(const std::vector<Resource>& resources,
                                                  const std::vector<Relation>& relations = {},
                                                  std::span<const KindSpec> kinds = {});
  ~ScratchSql() override;

  Result<Table> query(std::string_view sql, Time at, const Options& options) const override;
  Status check(std::string_view sql) const override;

 private:
  class Database;
  explicit ScratchSql(std::unique_ptr<Database> database);
  std::unique_ptr<Database> database_;
};

// The resources themselves.
class ScratchResources final : public ResourceSource {
 public:
  explicit ScratchResources(const std::vector<Resource>& resources) : resources_(resources) {}
  Result<std::optional<Resource>> find(const ResourceId& id) const override;

 private:
  const std::vector<Resource>& resources_;
};

}  // namespace capstan::decide
