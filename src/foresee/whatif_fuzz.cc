// Any objects as a cluster and as a change: every question about them ends with an answer or an error.
#include <cstdint>
#include <string_view>

#include "foresee/scaling_report.h"
#include "foresee/whatif.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace capstan;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const size_t half = text.find("\n===\n");
  const std::string_view cluster = text.substr(0, half);
  foresee::WhatIf question;
  if (half != std::string_view::npos) {
    const std::string_view rest = text.substr(half + 5);
    question.change = foresee::read_objects(rest, "change").documents;
    (void)foresee::read_assignment(rest);
    const Result<Json> body = Json::parse(rest);
    if (Result<foresee::WhatIf> asked = foresee::read_whatif(body.value_or(Json())); asked && body) question = *asked;
  }
  const foresee::ClusterObjects objects =
      foresee::ClusterObjects::from(foresee::read_objects(cluster, "cluster").documents, "default");
  const foresee::NodeGroupSettings groups{.labels = {"pool"}, .groups = {}};
  if (const Result<Json> answer = foresee::answer_whatif(objects, groups, question)) {
    if (foresee::whatif_text(*answer).empty()) __builtin_trap();
  }
  if (const Result<Json> report = foresee::scaling_report(objects, groups, {.now = Time(Duration(0))})) {
    if (foresee::scaling_text(*report).empty()) __builtin_trap();
  }
  return 0;
}
