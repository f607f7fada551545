#include "tell/text_table.h"

#include <algorithm>

namespace capstan::tell {
namespace {

constexpr size_t kWidestCell = 40;

struct Letter {
  std::string bytes;
  size_t width = 1;
};

// Of East Asian Width W and F (UAX #11), the blocks that words are written in.
bool is_wide(char32_t c) {
  return (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf) || (c >= 0xac00 && c <= 0xd7a3) ||
         (c >= 0xf900 && c <= 0xfaff) || (c >= 0xfe30 && c <= 0xfe6f) || (c >= 0xff00 && c <= 0xff60) ||
         (c >= 0xffe0 && c <= 0xffe6) || (c >= 0x1f300 && c <= 0x1faff) || (c >= 0x20000 && c <= 0x3fffd);
}

Letter letter_at(std::string_view text, size_t at) {
  const auto first = static_cast<unsigned char>(text[at]);
  const size_t length = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  Letter letter{.bytes = std::string(text.substr(at, length))};
  if (first < 0x20 || first == 0x7f) letter.bytes = " ";
  char32_t code = first < 0x80 ? first : first & (0x7f >> length);
  for (size_t i = 1; i < letter.bytes.size() && first >= 0x80; ++i)
    code = code << 6 | (static_cast<unsigned char>(letter.bytes[i]) & 0x3f);
  letter.width = is_wide(code) ? 2 : 1;
  return letter;
}

struct Cell {
  std::string text;
  size_t width = 0;
};

Cell cell_of(std::string_view text) {
  Cell cell;
  for (size_t at = 0; at < text.size();) {
    const auto first = static_cast<unsigned char>(text[at]);
    const Letter letter = letter_at(text, at);
    if (cell.width + letter.width >= kWidestCell && at + letter.bytes.size() < text.size()) {
      cell.text += "…";
      ++cell.width;
      break;
    }
    cell.text += letter.bytes;
    cell.width += letter.width;
    at += first < 0x20 || first == 0x7f ? 1 : letter.bytes.size();
  }
  return cell;
}

std::string line_of(const std::vector<Cell>& cells, const std::vector<size_t>& widths) {
  std::string line;
  for (size_t i = 0; i < cells.size(); ++i) {
    line += cells[i].text;
    if (i + 1 < cells.size()) line += std::string(widths[i] - cells[i].width + 2, ' ');
  }
  return line.substr(0, line.find_last_not_of(' ') + 1);
}

}  // namespace

std::vector<std::string> text_table(const Table& table, size_t most_rows) {
  std::vector<std::vector<Cell>> rows(1);
  for (const std::string& column : table.columns) rows.front().push_back(cell_of(column));
  for (size_t i = 0; i < std::min(most_rows, table.rows.size()); ++i) {
    std::vector<Cell>& cells = rows.emplace_back();
    for (const SqlValue& value : table.rows[i]) cells.push_back(cell_of(to_text(value)));
  }
  std::vector<size_t> widths(table.columns.size(), 0);
  for (const auto& cells : rows) {
    for (size_t i = 0; i < cells.size() && i < widths.size(); ++i) widths[i] = std::max(widths[i], cells[i].width);
  }
  std::vector<std::string> lines;
  for (const auto& cells : rows) lines.push_back(line_of(cells, widths));
  return lines;
}

}  // namespace capstan::tell
