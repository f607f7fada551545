#include <cstdint>

#include "connect/aws/service_answer.h"

// Whatever a service answers, with whatever status, it is an output, a refusal with a code, or an error.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace capstan;
  static const auto models = [] {
    std::vector<std::shared_ptr<const aws::ServiceModel>> all;
    for (const char* protocol : {"query", "ec2", "rest-xml", "rest-json", "json"}) {
      Json json = *Json::parse(
          R"({"metadata": {"endpointPrefix": "x"}, "operations": {"Do": {"name": "Do",
          "http": {"method": "POST", "requestUri": "/"}, "output": {"shape": "Out", "resultWrapper": "R"}}},
          "shapes": {"S": {"type": "string"}, "N": {"type": "integer"}, "F": {"type": "float"}, "T": {"type": "timestamp"},
          "L": {"type": "list", "flattened": true, "member": {"shape": "Out", "locationName": "i"}},
          "M": {"type": "map", "key": {"shape": "S"}, "value": {"shape": "N"}},
          "Out": {"type": "structure", "members": {"s": {"shape": "S"}, "n": {"shape": "N"}, "f": {"shape": "F"},
          "t": {"shape": "T"}, "l": {"shape": "L"}, "m": {"shape": "M"},
          "a": {"shape": "S", "xmlAttribute": true, "locationName": "x:a"}}}}})");
      json.mutable_members()["metadata"].set("protocol", protocol);
      all.push_back(*aws::read_service_model("fuzz", {{"model.json", json}, {}, {}}));
    }
    return all;
  }();
  if (size < 1) return 0;
  const HttpResponse response{
      data[0] & 1 ? 200 : 400, {}, std::string(reinterpret_cast<const char*>(data) + 1, size - 1)};
  for (const auto& model : models) {
    const auto answer = aws::read_answer(*model, model->operations.find("Do")->second, response);
    if (!answer ? answer.error().message.empty() : answer->refusal && answer->refusal->code.empty()) __builtin_trap();
  }
  return 0;
}
