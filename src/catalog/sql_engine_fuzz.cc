// Any text as a question over a small catalog: never a crash, never a change.
#include <stdlib.h>

#include <cstdint>
#include <filesystem>

#include "base/clock.h"
#include "catalog/pack_kinds.h"
#include "catalog/sql_engine.h"

namespace {

using namespace capstan;

class OneRow final : public TableFunction {
 public:
  std::string_view name() const override { return "promql"; }
  Result<Table> fetch(const std::vector<SqlValue>& arguments, Time) const override {
    return Table{.columns = {"instance", "value"}, .rows = {{arguments.empty() ? SqlValue() : arguments[0], 1.0}}};
  }
};

struct World {
  World() {
    std::string name = (std::filesystem::temp_directory_path() / "capstan-sql-fuzz-XXXXXX").string();
    directory = mkdtemp(name.data());
    auto kinds = catalog::read_kinds("kind: host\ncolumns: { cores: { type: integer } }", "kinds.yaml").kinds;
    catalog = *catalog::Catalog::open(directory / "catalog.db", kinds);
    const Fact fact{.seq = 1,
                    .at = from_unix_ms(1'000),
                    .kind = "resource.appeared",
                    .subject = "host/a",
                    .body = Json::object({{"kind", "host"}, {"name", "a"}, {"fields", Json::object({{"cores", 2}})}})};
    (void)catalog->apply(std::span(&fact, 1));
    engine = std::make_unique<catalog::SqlEngine>(*catalog, clock);
    (void)engine->add(function);
  }
  ~World() {
    engine.reset();
    catalog.reset();
    std::filesystem::remove_all(directory);
  }

  std::filesystem::path directory;
  SystemClock clock;
  OneRow function;
  std::unique_ptr<catalog::Catalog> catalog;
  std::unique_ptr<catalog::SqlEngine> engine;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static World world;
  const std::string_view sql(reinterpret_cast<const char*>(data), size);
  (void)world.engine->check(sql);
  (void)world.engine->query(sql, from_unix_ms(5'000), {.time_limit = Duration(100), .row_limit = 100, .bind = {}});
  const auto count = world.engine->query("SELECT count(*) FROM host", from_unix_ms(0), {});
  if (!count || to_text(count->rows.at(0).at(0)) != "1") __builtin_trap();
  return 0;
}
