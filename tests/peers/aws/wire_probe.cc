// Answers on its standard output, line by line, what the AWS client makes of the questions on its standard input, so
// that a peer can compare: requests that it writes, answers that it reads, endpoints that it finds.
#include <fmt/format.h>

#include <iostream>

#include "base/crypto.h"
#include "connect/aws/input_check.h"
#include "connect/aws/model_library.h"
#include "connect/aws/service_answer.h"
#include "connect/aws/wire_request.h"

namespace capstan::aws {
namespace {

Json pairs(const std::vector<std::pair<std::string, std::string>>& list) {
  Json::Array items;
  for (const auto& [name, value] : list) items.push_back(Json::array({name, value}));
  return items;
}

Result<Json> written(const ServiceModel& model, const Operation& operation, const Json& input) {
  const WireRequest request = TRY(write_request(model, operation, input));
  return Json::object({{"method", request.method},
                       {"path", request.path},
                       {"query", pairs(request.query)},
                       {"headers", pairs(request.headers)},
                       {"body", base64(request.body)},
                       {"host_prefix", request.host_prefix}});
}

Result<Json> read(const ServiceModel& model, const Operation& operation, const Json& answer) {
  HttpResponse response{.status = static_cast<int>(answer["status"].int_or(0)), .headers = {}, .body = {}};
  for (const auto& [name, value] : answer["headers"].members())
    response.headers.emplace_back(name, value.string_or_empty());
  response.body = TRY(unbase64(answer["body"].string_or_empty()));
  const ServiceAnswer made = TRY(read_answer(model, operation, response));
  if (made.refusal) return Json::object({{"code", made.refusal->code}, {"message", made.refusal->message}});
  return made.output;
}

Result<Json> answer(ModelLibrary& library, const Json& question) {
  if (question.contains("endpoint")) {
    const EndpointVariant variant{question["fips"].bool_or(false), question["dualstack"].bool_or(false)};
    const Endpoint found =
        TRY(TRY(library.endpoints())
                ->resolve(question["endpoint"].string_or_empty(), question["region"].string_or_empty(), variant));
    return Json::object({{"host", found.host}, {"region", found.signing_region}, {"name", found.signing_name}});
  }
  const auto model = TRY(library.service(question["service"].string_or_empty()));
  const Operation& operation = *TRY(model->operation(question["operation"].string_or_empty()));
  if (question.contains("answer")) return read(*model, operation, question["answer"]);
  return written(*model, operation, question["input"]);
}

}  // namespace
}  // namespace capstan::aws

int main(int argc, char** argv) {
  capstan::start_crypto();
  capstan::aws::ModelLibrary library(std::vector<std::filesystem::path>(argv + 1, argv + argc));
  for (std::string line; std::getline(std::cin, line);) {
    const auto question = capstan::Json::parse(line);
    const auto said = question ? capstan::aws::answer(library, *question)
                               : capstan::Result<capstan::Json>(capstan::fail(question.error()));
    const capstan::Json shown =
        said ? capstan::Json::object({{"said", *said}}) : capstan::Json::object({{"error", said.error().to_string()}});
    fmt::print("{}\n", shown.dump());
    std::fflush(stdout);
  }
}
