// Any text as diagnosis.yaml has steps or problems that say where.
#include <cstdint>
#include <string>
#include <string_view>

#include "diagnose/diagnosis_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace capstan;
  const diagnose::DiagnosisText file{"fuzz.yaml", std::string(reinterpret_cast<const char*>(data), size)};
  const std::vector<KindSpec> kinds = {{.name = "k8s_pod", .columns = {{.name = "phase"}}}};
  const diagnose::ReadDiagnosis read = diagnose::read_diagnosis({&file, 1}, kinds);
  for (const Error& problem : read.problems) {
    if (problem.where.file != "fuzz.yaml") __builtin_trap();
  }
  return 0;
}
