#include "loop/program_desk.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

namespace capstan::loop {
namespace {

// What a plan did can be undone as long as it is listed; nobody undoes what is older.
constexpr Duration kKeepRecords{90LL * 86'400'000};

Json signature_of(const std::vector<ConfigNode>& documents, const exec::ExecSettings& settings,
                  const std::vector<KindSpec>& kinds) {
  Json signature = Json::array({});
  for (const ConfigNode& document : documents)
    signature.push_back(Json::array({document.to_json(), document.where.file, document.where.line}));
  for (const auto* names : {&settings.programs, &settings.users}) {
    for (const std::string& name : *names) signature.push_back(name);
    signature.push_back(Json());
  }
  signature.push_back(settings.user);
  signature.push_back(settings.directory);
  for (const KindSpec& kind : kinds) signature.push_back(kind.name);
  return signature;
}

}  // namespace

ProgramDesk::ProgramDesk(const Parts& parts)
    : parts_(parts),
      board_(parts.clock),
      records_(parts.records, parts.clock),
      around_{.secrets = parts.secrets,
              .listener = board_,
              .records = records_,
              .clock = parts.clock,
              .random = parts.random} {
  records_.forget_older_than(kKeepRecords);
}

std::vector<Error> ProgramDesk::apply(const ConfigTree& config, const exec::ExecSettings& settings,
                                      const std::vector<KindSpec>& kinds) {
  std::vector<ConfigNode> documents;
  for (const bool from_pack : {true, false}) {
    for (const auto& [path, file] : config.files()) {
      if (file.from_pack != from_pack) continue;
      for (ConfigNode& document : file.of(DocumentKind::kDescription)) {
        if (exec::is_program(document)) documents.push_back(std::move(document));
      }
    }
  }
  // A verb that stays as it is is not made anew: what is replaced is kept until the end.
  Json signature = signature_of(documents, settings, kinds);
  if (signature == signature_) return problems_;
  exec::ProgramDescriptions read = exec::read_programs(documents, kinds);
  std::vector<std::unique_ptr<Verb>> verbs;
  for (exec::ProgramDescription& verb : read.verbs)
    verbs.push_back(std::make_unique<exec::ProgramVerb>(std::move(verb), settings, around_));
  problems_ = std::move(read.problems);
  for (const std::string& taken : parts_.verbs.describe("programs", std::move(verbs)))
    problems_.push_back({ErrorCode::kAlreadyExists, fmt::format("there is another verb named '{}'", taken), {}});
  signature_ = std::move(signature);
  return problems_;
}

}  // namespace capstan::loop
