// Answers in the language of who asks: sentences that know their words (model/words.h) are said in it.
#pragma once

#include <string_view>

#include "base/http_server.h"
#include "model/words.h"

namespace capstan::serve {

// The first language of an Accept-Language header that Capstan speaks; English where it names none (RFC 9110, 12.5.4;
// what is listed first is taken as wanted most, as browsers write it).
Language wanted_language(std::string_view accepted);

// In the language that the request names. Where it names none, sentences are English, each with what it is made of
// beside it.
void localize_answer(const HttpServerRequest& request, HttpServerResponse& response);

}  // namespace capstan::serve
