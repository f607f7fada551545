#include <cstdint>

#include "detect/fake_sources.h"
#include "detect/rule_file.h"
#include "detect/sql_rule.h"

// Any text is a rule file or has problems that say where.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace capstan;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const detect::RuleFile alerts = detect::read_rule_file(text, "fuzz.yaml", detect::FakeSignals());
  const detect::SqlRuleFile rules = detect::read_sql_rules(text, "fuzz.yaml", detect::FakeSql());
  for (const auto* problems : {&alerts.problems, &rules.problems}) {
    for (const Error& problem : *problems) {
      if (problem.where.file != "fuzz.yaml") __builtin_trap();
    }
  }
  return 0;
}
