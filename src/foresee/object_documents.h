// Objects as people hand them over: manifests in YAML or JSON, several in a file, lists, directories of files.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/config.h"
#include "base/json.h"
#include "base/result.h"

namespace capstan::foresee {

struct ObjectDocument {
  Json object;
  Where where;                                         // Of the document within its file.
  std::shared_ptr<const ConfigNode> source = nullptr;  // As it was read, where that was YAML.
};

// Where in the text a place of the object is: "spec.containers[0].image". Where there is no such place, the nearest one
// around it.
Where where_of(const ObjectDocument& document, std::string_view place);

struct ObjectDocuments {
  std::vector<ObjectDocument> documents;
  std::vector<Error> problems;  // What is no object, with file, line and column; the rest is read.
};

// All objects of a text; those of a List one by one.
ObjectDocuments read_objects(std::string_view text, std::string_view file);
// Of a file, of all *.yaml, *.yml and *.json below a directory, or of standard input for "-".
ObjectDocuments read_objects(const std::filesystem::path& path);

}  // namespace capstan::foresee
