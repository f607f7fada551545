// Text in the headers of mails (RFC 2047): "=?utf-8?B?7ZWc6riA?=".
#pragma once

#include <string>
#include <string_view>

namespace capstan::mail {

// As a header's value, in lines of at most 76 characters that a blank continues; what is ASCII stays as it is. Line
// breaks and other control characters become blanks, so a text never adds a header.
std::string encode_header_text(std::string_view text);

// What a header says, whatever its words are encoded in; one line of valid UTF-8. What cannot be decoded stays as it
// stands there. GMime does not do for it: it passes over words that follow one whose base64 is padded.
std::string decode_header_text(std::string_view header);

}  // namespace capstan::mail
