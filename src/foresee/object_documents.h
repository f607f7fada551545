// Objects as people hand them over: manifests in YAML or JSON, several in a file, lists, directories of files.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace capstan::foresee {

struct ObjectDocument {
  Json object;
  Where where;  // Of the document within its file.
};

struct ObjectDocuments {
  std::vector<ObjectDocument> documents;
  std::vector<Error> problems;  // What is no object, with file, line and column; the rest is read.
};

// All objects of a text; those of a List one by one.
ObjectDocuments read_objects(std::string_view text, std::string_view file);
// Of a file, of all *.yaml, *.yml and *.json below a directory, or of standard input for "-".
ObjectDocuments read_objects(const std::filesystem::path& path);

}  // namespace capstan::foresee
