// What a server is configured to be: its settings, where it listens and what it connects to, each with file and line.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "product/config_files.h"
#include "product/product_spec.h"

namespace capstan::product {

// How a server was started.
struct Surroundings {
  std::vector<std::string> arguments;
  // The value of a variable; nothing where there is none. Only what the declaration or a file names is asked for.
  std::function<std::optional<std::string>(std::string_view)> environment;
  std::string directory;             // Its working directory.
  bool is_whole_environment = true;  // Whether a variable that is not there is missing.
  bool has_defaults = true;          // Whether what is not written here is not written elsewhere either.
};

// Texts are shown, never values that speak of secrets: only declared settings are taken, and of URLs no more than
// address and database.
struct Configuration {
  std::string main_file;
  std::vector<std::string> paths;  // All files that were read.
  Json settings = Json::array();   // [{name, value, number, file, line, place, source, in_force}]
  Json endpoints = Json::array();  // [{spec, value, scheme, host, port, database, file, line, connections: {…}, …}]
  Json missing = Json::array();    // [{variable, file, line}]: variables that a file names and nothing sets.
  std::vector<Error> problems;

  // The row of a setting that is in force; nullptr where none is known.
  const Json* setting(std::string_view name) const;
};

Configuration read_configuration(const ProductSpec& product, FileSource& files, const Surroundings& surroundings);
// Of the texts of a config map those that are files of the product; nothing is known of the rest of its configuration.
Configuration read_texts(const ProductSpec& product, const std::map<std::string, std::string, std::less<>>& texts);

// The value that arguments give to "--port=VALUE", "-p VALUE", "-XmxVALUE" or "-c name=VALUE"; the last one holds.
std::optional<std::string> argument_value(const std::vector<std::string>& arguments, std::string_view pattern);
// A text of arguments as a shell would split it; quotes are taken off.
std::vector<std::string> split_arguments(std::string_view text);

}  // namespace capstan::product
