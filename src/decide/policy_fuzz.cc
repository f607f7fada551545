#include "base/config.h"
#include "decide/policy_reader.h"
#include "decide/policy_trial.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto documents = capstan::parse_yaml(text, "fuzz.yaml");
  if (documents) {
    (void)capstan::decide::read_policies(*documents, {});
    (void)capstan::decide::run_policy_tests(*documents, {});
  }
  return 0;
}
