#include "loop/manifest_settings.h"

#include <fmt/format.h>

#include <filesystem>
#include <set>

#include "connect/git/git_checkout.h"
#include "model/label_selector.h"

namespace capstan::loop {
namespace {

constexpr Duration kLeast{5'000};
constexpr size_t kMostSources = 200;

// Nothing above the repository.
bool stays_below(const std::string& path) {
  const std::filesystem::path normal = std::filesystem::path(path).lexically_normal();
  return !normal.is_absolute() && (normal.empty() || *normal.begin() != "..");
}

Result<ManifestSettings> read_source(const ConfigNode& node) {
  MapReader reader(node, "an entry of manifests");
  ManifestSettings source{.at = node.where};
  source.name = reader.required_string("name");
  source.repository = reader.required_string("repository");
  source.ref = reader.string_or("ref", "");
  source.path = reader.string_or("path", "");
  source.token_reference = reader.string_or("token", "");
  source.cluster = reader.string_or("cluster", "");
  source.space = reader.string_or("namespace", source.space);
  source.prune = reader.string_or("prune", "");
  source.every = reader.duration_or("every", source.every);
  const std::string& token = source.token_reference;
  if (!token.empty() && !is_secret_reference(token)) {
    reader.problem(reader.at("token"), "'token' must refer to a secret: env:NAME, file:/path or secret:PATH#FIELD");
  }
  if (!source.repository.empty()) {
    if (const Status good = git::check_source(source.repository, source.ref); !good) {
      reader.problem(reader.at(good.error().message.starts_with('\'') ? "ref" : "repository"), good.error().message);
    }
  }
  if (!stays_below(source.path)) reader.problem(reader.at("path"), "'path' must lie within the repository");
  if (const auto selector = LabelSelector::parse(source.prune); !selector) {
    reader.problem(reader.at("prune"), selector.error().message);
  }
  if (source.every < kLeast) reader.problem(reader.at("every"), "'every' is at least 5s");
  TRY(reader.finish());
  return source;
}

}  // namespace

Result<std::vector<ManifestSettings>> read_manifest_settings(const ConfigNode& node) {
  if (!node.is_sequence() || node.items.size() > kMostSources) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("'manifests' must be a list of at most {}, found {}", kMostSources, node.describe()),
                node.where);
  }
  std::vector<ManifestSettings> all;
  std::set<std::string> names;
  for (const ConfigNode& entry : node.items) {
    all.push_back(TRY(read_source(entry)));
    if (!names.insert(all.back().name).second) {
      return fail(ErrorCode::kAlreadyExists, fmt::format("two manifests are named '{}'", all.back().name), entry.where);
    }
  }
  return all;
}

}  // namespace capstan::loop
