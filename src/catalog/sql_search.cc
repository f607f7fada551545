#include "catalog/sql_search.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <set>
#include <string>
#include <string_view>

#include "catalog/sql_functions.h"

namespace capstan::catalog {
namespace {

bool any_null(int count, sqlite3_value** values) {
  return std::any_of(values, values + count,
                     [](sqlite3_value* value) { return sqlite3_value_type(value) == SQLITE_NULL; });
}

std::string_view blob_of(sqlite3_value* value) {
  const auto* bytes = static_cast<const char*>(sqlite3_value_blob(value));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<size_t>(sqlite3_value_bytes(value))};
}

// std::string_view::find is quadratic, memmem is not.
size_t find_in(std::string_view text, std::string_view wanted, size_t from = 0) {
  if (from == text.size()) return std::string_view::npos;
  const void* found = ::memmem(text.data() + from, text.size() - from, wanted.data(), wanted.size());
  return found == nullptr ? std::string_view::npos : static_cast<size_t>(static_cast<const char*>(found) - text.data());
}

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

// The place counts characters, but bytes where both are blobs.
void call_instr(sqlite3_context* context, int count, sqlite3_value** values) {
  if (any_null(count, values)) return;
  const bool bytes = sqlite3_value_type(values[0]) == SQLITE_BLOB && sqlite3_value_type(values[1]) == SQLITE_BLOB;
  const std::string_view text = bytes ? blob_of(values[0]) : text_of(values[0]);
  const std::string_view wanted = bytes ? blob_of(values[1]) : text_of(values[1]);
  if (wanted.empty()) return sqlite3_result_int(context, 1);
  const size_t at = find_in(text, wanted);
  if (at == std::string_view::npos) return sqlite3_result_int(context, 0);
  const auto skipped = bytes ? 0 : std::ranges::count_if(text.substr(0, at), continues_character);
  sqlite3_result_int64(context, static_cast<int64_t>(at) - skipped + 1);
}

void call_replace(sqlite3_context* context, int count, sqlite3_value** values) {
  if (any_null(count - 1, values)) return;
  const std::string_view text = text_of(values[0]);
  const std::string_view wanted = text_of(values[1]);
  if (wanted.empty()) return sqlite3_result_value(context, values[0]);
  if (any_null(count, values)) return;
  const std::string_view other = text_of(values[2]);
  std::string result;
  size_t from = 0;
  for (size_t at; (at = find_in(text, wanted, from)) != std::string_view::npos; from = at + wanted.size()) {
    result.append(text.substr(from, at - from)).append(other);
    if (result.size() > kMostValueBytes) return sqlite3_result_error_toobig(context);
  }
  result.append(text.substr(from));
  if (result.size() > kMostValueBytes) return sqlite3_result_error_toobig(context);
  sqlite3_result_text(context, result.c_str(), static_cast<int>(result.size()), SQLITE_TRANSIENT);
}

std::string_view first_character(std::string_view text) {
  size_t size = 1;
  if (static_cast<unsigned char>(text[0]) >= 0xc0) {
    while (size < text.size() && continues_character(text[size])) ++size;
  }
  return text.substr(0, size);
}

std::string_view last_character(std::string_view text) {
  size_t begin = text.size() - 1;
  while (begin > 0 && continues_character(text[begin])) --begin;
  const std::string_view last = first_character(text.substr(begin));
  return last.data() + last.size() == text.data() + text.size() ? last : text.substr(text.size() - 1);
}

enum Side : int { kLeft = 1, kRight = 2, kBoth = kLeft | kRight };

template <int kSides>
void call_trim(sqlite3_context* context, int count, sqlite3_value** values) {
  if (any_null(count, values)) return;
  std::string_view text = text_of(values[0]);
  std::set<std::string_view> dropped;
  for (std::string_view rest = text_of(values[1]); !rest.empty();) {
    dropped.insert(first_character(rest));
    rest.remove_prefix(first_character(rest).size());
  }
  while ((kSides & kLeft) && !text.empty() && dropped.contains(first_character(text))) {
    text.remove_prefix(first_character(text).size());
  }
  while ((kSides & kRight) && !text.empty() && dropped.contains(last_character(text))) {
    text.remove_suffix(last_character(text).size());
  }
  sqlite3_result_text(context, text.empty() ? "" : text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
}

}  // namespace

Status install_searching(sqlite::Database& database) {
  struct Ours {
    const char* name;
    int arguments;
    void (*function)(sqlite3_context*, int, sqlite3_value**);
  };
  for (const Ours& ours :
       {Ours{"instr", 2, call_instr}, Ours{"replace", 3, call_replace}, Ours{"trim", 2, call_trim<kBoth>},
        Ours{"ltrim", 2, call_trim<kLeft>}, Ours{"rtrim", 2, call_trim<kRight>}}) {
    const int code = sqlite3_create_function_v2(database.handle(), ours.name, ours.arguments, kPureFunctionFlags,
                                                nullptr, ours.function, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) return fail(sqlite::error_of(database.handle(), code, "installing functions"));
  }
  return {};
}

}  // namespace capstan::catalog
