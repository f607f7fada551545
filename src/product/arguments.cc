// Arguments of programs, and what stands for them in patterns.
#include <cctype>

#include "product/configuration.h"

namespace capstan::product {

std::optional<std::string> argument_value(const std::vector<std::string>& arguments, std::string_view pattern) {
  const size_t hole = pattern.find("VALUE");
  if (hole == std::string_view::npos) return std::nullopt;
  const std::string_view head = pattern.substr(0, hole);
  const size_t blank = head.rfind(' ');
  const std::string_view option = blank == std::string_view::npos ? "" : head.substr(0, blank);
  const std::string_view prefix = blank == std::string_view::npos ? head : head.substr(blank + 1);
  std::optional<std::string> found;
  for (size_t i = 0; i < arguments.size(); ++i) {
    std::string_view argument = arguments[i];
    if (!option.empty()) {
      if (!argument.starts_with(option)) continue;
      argument.remove_prefix(option.size());
      // "-p 80" and "-p80", but not "--port80" for "--port".
      if (argument.empty()) {
        if (i + 1 >= arguments.size()) continue;
        argument = arguments[i + 1];
      } else if (option.starts_with("--")) {
        continue;
      }
    }
    if (argument.starts_with(prefix)) found = std::string(argument.substr(prefix.size()));
  }
  return found;
}

std::vector<std::string> split_arguments(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = 0;
  for (const char c : text) {
    if (quote != 0) {
      if (c == quote) {
        quote = 0;
      } else {
        word += c;
      }
    } else if (c == '"' || c == '\'') {
      quote = c;
      in_word = true;
    } else if (std::isspace(static_cast<unsigned char>(c))) {
      if (in_word) words.push_back(std::exchange(word, {}));
      in_word = false;
    } else {
      word += c;
      in_word = true;
    }
  }
  if (in_word) words.push_back(std::move(word));
  return words;
}

}  // namespace capstan::product
