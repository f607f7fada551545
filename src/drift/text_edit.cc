#include "drift/text_edit.h"

#include <algorithm>

#include "base/yaml_text.h"

namespace capstan::drift {
namespace {

bool is_filled(const Json& value) { return !value.members().empty() || !value.items().empty(); }

}  // namespace

TextEdit::TextEdit(std::string_view text) : text_(text), lines_{0} {
  for (size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1))
    lines_.push_back(at + 1);
}

size_t TextEdit::offset(const Where& where) const {
  if (where.line < 1 || static_cast<size_t>(where.line) > lines_.size()) return text_.size();
  return std::min(lines_[where.line - 1] + std::max(0, where.column - 1), text_.size());
}

size_t TextEdit::line_end(size_t at) const { return std::min(text_.find('\n', at), text_.size()); }

bool TextEdit::is_flow(const ConfigNode& node) const {
  const size_t at = offset(node.where);
  return (node.is_map() || node.is_sequence()) && at < text_.size() && (text_[at] == '{' || text_[at] == '[');
}

size_t TextEdit::end_of(const ConfigNode& node, size_t indent) const {
  const size_t at = offset(node.where);
  if (node.is_scalar()) return scalar_end(node, at, indent);
  if (is_flow(node)) {
    size_t end = at + 1;
    if (node.is_map() && !node.members.empty()) end = child_end(node, node.members.size() - 1);
    if (node.is_sequence() && !node.items.empty()) end = child_end(node, node.items.size() - 1);
    const size_t close = text_.find(text_[at] == '{' ? '}' : ']', end);
    return std::min(close, text_.size() - 1) + 1;
  }
  if (node.is_map() && !node.members.empty()) return child_end(node, node.members.size() - 1);
  if (node.is_sequence() && !node.items.empty()) return child_end(node, node.items.size() - 1);
  return at;
}

size_t TextEdit::scalar_end(const ConfigNode& node, size_t at, size_t indent) const {
  if (at >= text_.size()) return text_.size();
  const char first = text_[at];
  if (first == '"' || first == '\'') {
    for (size_t i = at + 1; i < text_.size(); ++i) {
      if (first == '"' && text_[i] == '\\') {
        ++i;
      } else if (text_[i] == first) {
        if (first == '"' || i + 1 >= text_.size() || text_[i + 1] != first) return i + 1;
        ++i;
      }
    }
    return text_.size();
  }
  if ((first == '|' || first == '>') && node.quoted) return literal_end(at, indent);
  // Plain: on one line its text is what it is.
  return std::min(at + node.scalar.size(), text_.size());
}

size_t TextEdit::literal_end(size_t at, size_t indent) const {
  size_t end = line_end(at);
  for (size_t next = end + 1; next < text_.size();) {
    const size_t next_end = line_end(next);
    const size_t first = text_.find_first_not_of(' ', next);
    const bool is_blank = first == std::string_view::npos || first >= next_end;
    if (!is_blank && first - next <= indent) break;
    if (!is_blank) end = next_end;
    next = next_end + 1;
  }
  return end;
}

size_t TextEdit::child_start(const ConfigNode& parent, size_t index) const {
  return offset(parent.is_map() ? parent.members[index].key.where : parent.items[index].where);
}

size_t TextEdit::child_end(const ConfigNode& parent, size_t index) const {
  // A list's items lie as deep as its dashes; the dash of an item stands before it on its line.
  const size_t indent = parent.where.column > 0 ? parent.where.column - 1 : 0;
  if (parent.is_sequence()) return end_of(parent.items[index], indent);
  const ConfigMember& member = parent.members[index];
  if (member.value.is_null()) {
    const size_t colon = text_.find(':', scalar_end(member.key, offset(member.key.where), indent));
    const size_t end = std::min(colon, text_.size() - 1) + 1;
    // "null" and "~" may stand there.
    const size_t word = text_.find_first_not_of(' ', end);
    if (word != std::string_view::npos && text_.substr(word).starts_with("null")) return word + 4;
    return word != std::string_view::npos && text_[word] == '~' ? word + 1 : end;
  }
  const size_t key_indent = member.key.where.column > 0 ? member.key.where.column - 1 : 0;
  return end_of(member.value, key_indent);
}

std::string TextEdit::spliced(size_t begin, size_t end, std::string_view with) const {
  std::string text(text_.substr(0, begin));
  text += with;
  text += text_.substr(std::max(begin, end));
  return text;
}

std::string TextEdit::replaced(const ConfigNode& parent, size_t index, const Json& value) const {
  const size_t end = child_end(parent, index);
  const size_t column =
      std::max(0, (parent.is_map() ? parent.members[index].key : parent.items[index]).where.column - 1);
  if (parent.is_sequence()) {
    const std::string text = is_flow(parent) ? yaml_line(value) : yaml_block(value, column);
    return spliced(child_start(parent, index), end, text);
  }
  const ConfigMember& member = parent.members[index];
  const size_t key_end = scalar_end(member.key, offset(member.key.where), 0);
  const size_t begin = std::min(text_.find(':', key_end), text_.size() - 1) + 1;
  if (is_flow(parent) || !is_filled(value)) {
    // What stands between the colon and a scalar on the same line stays: it may be there to align.
    const bool same_line = member.value.is_scalar() && member.value.where.line == member.key.where.line;
    const std::string text = is_flow(parent) ? yaml_line(value) : yaml_block(value, column);
    return same_line ? spliced(offset(member.value.where), end, text) : spliced(begin, end, " " + text);
  }
  if (is_flow(member.value)) return spliced(offset(member.value.where), end, yaml_line(value));
  const size_t indent = value.is_array() && member.value.is_sequence() ? member.value.where.column - 1
                        : value.is_array()                             ? column
                                                                       : column + 2;
  return spliced(begin, end, "\n" + std::string(indent, ' ') + yaml_block(value, indent));
}

std::string TextEdit::removed(const ConfigNode& parent, size_t index) const {
  const size_t count = parent.is_map() ? parent.members.size() : parent.items.size();
  const size_t begin = child_start(parent, index);
  const size_t end = child_end(parent, index);
  if (is_flow(parent)) {
    return index + 1 < count ? spliced(begin, child_start(parent, index + 1), "")
                             : spliced(child_end(parent, index - 1), end, "");
  }
  const size_t line =
      text_.rfind('\n', begin) == std::string_view::npos || begin == 0 ? 0 : text_.rfind('\n', begin - 1) + 1;
  const std::string_view before = text_.substr(line, begin - line);
  const bool own_lines = before.find_first_not_of(parent.is_map() ? " " : " -") == std::string_view::npos;
  // The first key behind a dash: the next one takes its place.
  if (!own_lines) return index + 1 < count ? spliced(begin, child_start(parent, index + 1), "") : std::string(text_);
  return spliced(line, std::min(line_end(end) + 1, text_.size()), "");
}

std::string TextEdit::without_lines(int first, int last) const {
  const size_t begin = offset({"", first, 1});
  const size_t end = static_cast<size_t>(last) >= lines_.size() ? text_.size() : lines_[last];
  return spliced(begin, end, "");
}

}  // namespace capstan::drift
