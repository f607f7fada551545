// One reading of a configuration: the product, how its server was started, and the entries of its files, from which
// settings and endpoints are made.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "product/configuration.h"

namespace capstan::product {

inline constexpr size_t kMostRows = 200;  // Of settings, and of endpoints.
inline constexpr size_t kLongestValue = 300;

// A value with where it stands.
struct Written {
  std::string value;
  Where where;
  std::string place;
  std::string source = "file";  // file, argument, environment, default.
};

class Reading {
 public:
  Reading(const ProductSpec& of, FileSource& from, const Surroundings& started)
      : product(of), files(from), surroundings(started) {}

  // Fills in the pattern of a path; nothing where a part of it has no value.
  std::optional<std::string> filled(std::string_view pattern) const;
  void add_file(const FileSpec& spec, ReadFiles read);
  // The value of a variable that the server was started with.
  std::optional<std::string> environment(std::string_view name) const;
  // Of a file as the declaration names it; "" is the first.
  const std::vector<ConfigEntry>& entries_of(std::string_view file) const;

  const ProductSpec& product;
  FileSource& files;
  const Surroundings& surroundings;
  std::map<std::string, std::vector<ConfigEntry>, std::less<>> entries;  // By the file's name in the declaration.
  Configuration out;

 private:
  std::optional<std::string> value_of(std::string_view hole) const;
};

// Each adds to `out`, in this order: what stands for variables in XML, the settings, and the endpoints, whose values
// may be settings.
void fill_variables(Reading& reading);
void read_settings(Reading& reading);
void read_endpoints(Reading& reading);

}  // namespace capstan::product
