// A table as lines of text of fixed width, for messages and terminals.
#pragma once

#include <string>
#include <vector>

#include "model/table.h"

namespace capstan::tell {

// The head, then a line a row, at most `most_rows`; cells are cut to 40 columns of a terminal, of which wide letters
// (Hangul, Kanji) take two. Control characters become spaces.
std::vector<std::string> text_table(const Table& table, size_t most_rows);

}  // namespace capstan::tell
