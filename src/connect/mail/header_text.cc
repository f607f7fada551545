#include "connect/mail/header_text.h"

#include <strings.h>

#include <algorithm>
#include <optional>

#include "base/clean_text.h"
#include "base/crypto.h"
#include "connect/mail/gmime_handle.h"

namespace capstan::mail {
namespace {

constexpr size_t kMostInAWord = 45;  // Bytes: 60 characters of base64, 72 with what stands around them.
constexpr size_t kMostText = 16 << 10;

struct Word {
  std::string charset;
  std::string bytes;
};

std::string decode_q(std::string_view text) {
  std::string bytes;
  for (size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '=' && i + 2 < text.size() ? g_ascii_xdigit_value(text[i + 1]) : -1;
    const int low = high >= 0 ? g_ascii_xdigit_value(text[i + 2]) : -1;
    if (low >= 0) {
      bytes += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      bytes += text[i] == '_' ? ' ' : text[i];
    }
  }
  return bytes;
}

std::string decode_b(std::string_view text) {
  std::string bytes(text.size() / 4 * 3 + 3, '\0');
  gint state = 0;
  guint save = 0;
  bytes.resize(g_base64_decode_step(text.data(), text.size(), reinterpret_cast<guchar*>(bytes.data()), &state, &save));
  return bytes;
}

// "=?charset*language?B?text?=" at the front, which it is taken from.
std::optional<Word> take_word(std::string_view& rest) {
  if (!rest.starts_with("=?")) return std::nullopt;
  const size_t charset_end = rest.find('?', 2);
  if (charset_end == std::string_view::npos || charset_end + 2 >= rest.size() || rest[charset_end + 2] != '?')
    return std::nullopt;
  const size_t text = charset_end + 3;
  const size_t end = rest.find("?=", text);
  if (end == std::string_view::npos) return std::nullopt;
  const char encoding = static_cast<char>(rest[charset_end + 1] | 0x20);
  if (encoding != 'b' && encoding != 'q') return std::nullopt;
  const std::string_view charset = rest.substr(2, charset_end - 2);
  const std::string_view encoded = rest.substr(text, end - text);
  rest.remove_prefix(end + 2);
  return Word{std::string(charset.substr(0, charset.find('*'))),
              encoding == 'b' ? decode_b(encoded) : decode_q(encoded)};
}

std::string to_utf8(const Word& word) {
  if (strcasecmp(word.charset.c_str(), "utf-8") == 0) return word.bytes;
  const iconv_t convert = g_mime_iconv_open("utf-8", word.charset.c_str());
  if (convert == reinterpret_cast<iconv_t>(-1)) return word.bytes;
  const HeldText text(g_mime_iconv_strndup(convert, word.bytes.data(), word.bytes.size()));
  g_mime_iconv_close(convert);
  return text ? std::string(text.get()) : word.bytes;
}

}  // namespace

std::string encode_header_text(std::string_view text) {
  std::string line = clean_line(text, kMostText);
  std::ranges::replace(line, '\n', ' ');
  std::ranges::replace(line, '\t', ' ');
  const bool is_ascii = std::ranges::all_of(line, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (is_ascii && line.size() <= kMostInAWord + 20 && line.find("=?") == std::string::npos) return line;
  std::string header;
  for (std::string_view rest = line; !rest.empty();) {
    size_t length = std::min(rest.size(), kMostInAWord);
    // A character is never in two words.
    while (length < rest.size() && (static_cast<unsigned char>(rest[length]) & 0xc0) == 0x80) --length;
    header += (header.empty() ? "=?utf-8?B?" : "\n =?utf-8?B?") + base64(rest.substr(0, length)) + "?=";
    rest.remove_prefix(length);
  }
  return header;
}

std::string decode_header_text(std::string_view header) {
  start_gmime();
  std::string unfolded(header.substr(0, kMostText));
  std::erase_if(unfolded, [](char c) { return c == '\r' || c == '\n'; });
  std::string text;
  Word open;  // Adjacent words of one charset are one text: some senders cut within characters.
  bool after_word = false;
  for (std::string_view rest = unfolded; !rest.empty();) {
    const size_t blanks = std::min(rest.find_first_not_of(" \t"), rest.size());
    std::string_view behind = rest.substr(blanks);
    if (std::optional<Word> word = take_word(behind)) {
      if (!after_word) text += rest.substr(0, blanks);
      if (strcasecmp(word->charset.c_str(), open.charset.c_str()) != 0) {
        text += to_utf8(open);
        open = {std::move(word->charset), ""};
      }
      open.bytes += word->bytes;
      after_word = true;
      rest = behind;
      continue;
    }
    text += to_utf8(open);
    open = {};
    after_word = false;
    const size_t next = std::min({rest.find_first_of(" \t", blanks), rest.find("=?", blanks + 1), rest.size()});
    text += rest.substr(0, next);
    rest.remove_prefix(next);
  }
  std::string line = clean_line(text + to_utf8(open), kMostText);
  std::ranges::replace(line, '\n', ' ');
  return line;
}

}  // namespace capstan::mail
