#include "tell/text_table.h"

#include <gtest/gtest.h>

namespace capstan::tell {
namespace {

TEST(TextTable, AlignsWhatIsWideAsATerminalShowsIt) {
  Table table{.columns = {"name", "hours", "days left"}, .rows = {}};
  table.rows.push_back({std::string("trial_user01"), std::string("월-금 09-18"), int64_t{12}});
  table.rows.push_back({std::string("김"), std::string("x"), std::monostate()});
  EXPECT_EQ(text_table(table, 10), (std::vector<std::string>{
                                       "name          hours        days left",
                                       "trial_user01  월-금 09-18  12",
                                       "김            x",
                                   }));
}

TEST(TextTable, CutsWhatIsLongAndLetsNothingDriveATerminal) {
  Table table{.columns = {"a", "b"}, .rows = {}};
  table.rows.push_back({std::string(100, 'x'), std::string("1\n2\x1b[31m")});
  table.rows.push_back({std::string("left out"), std::string("too many")});
  EXPECT_EQ(text_table(table, 1).at(1), std::string(39, 'x') + "…  1 2 [31m");
  EXPECT_EQ(text_table(table, 1).size(), 2u);
  // What is cut in the middle of a letter still ends.
  table.rows.assign(1, {std::string("\xea"), std::string("\xf0\x9f")});
  EXPECT_EQ(text_table(table, 1).size(), 2u);
}

}  // namespace
}  // namespace capstan::tell
