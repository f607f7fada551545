#include "cli/knowledge.h"

#include "base/file.h"

namespace capstan::cli {
namespace {

// A user may write such documents into any file of the directory; packs have a file of their own for them.
template <class Text>
std::vector<Text> texts_below(const std::filesystem::path& directory, std::string_view file_name) {
  std::vector<Text> texts;
  const auto files = list_files(directory, ".yaml");
  for (const std::filesystem::path& path : files.value_or(std::vector<std::filesystem::path>())) {
    if (!file_name.empty() && path.filename() != file_name) continue;
    if (auto text = read_file(path)) texts.push_back({path.string(), *std::move(text)});
  }
  return texts;
}

}  // namespace

std::vector<manual::ManualText> manual_texts(const std::filesystem::path& packs, const std::filesystem::path& config) {
  auto texts = texts_below<manual::ManualText>(config, "");
  for (manual::ManualText& text : texts_below<manual::ManualText>(packs, "manual.yaml"))
    texts.push_back(std::move(text));
  return texts;
}

std::vector<diagnose::DiagnosisText> diagnosis_texts(const std::filesystem::path& packs,
                                                     const std::filesystem::path& config) {
  auto texts = texts_below<diagnose::DiagnosisText>(packs, "diagnosis.yaml");
  for (diagnose::DiagnosisText& text : texts_below<diagnose::DiagnosisText>(config, ""))
    texts.push_back(std::move(text));
  return texts;
}

}  // namespace capstan::cli
