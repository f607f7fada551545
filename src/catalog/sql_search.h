// instr, replace and trim in linear time. SQLite's own compare each place with each character inside one step of its
// machine, where no time limit is looked at: two texts of a megabyte keep a thread for hours.
#pragma once

#include "base/result.h"
#include "base/sqlite.h"

namespace capstan::catalog {

// Puts them in the place of SQLite's on a connection; they answer the same where texts are UTF-8.
Status install_searching(sqlite::Database& database);

}  // namespace capstan::catalog
