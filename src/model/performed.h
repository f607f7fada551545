// How a verb tells what came of its work.
#pragma once

#include <string>

#include "base/result.h"
#include "model/verb.h"

namespace capstan {

Performed failed(Words says);
Performed succeeded(Words says, Json result = Json::object());

// The counterpart refused, or it is not known whether it did what it was asked: then a probe has to tell.
Performed not_performed(const Error& error);

}  // namespace capstan
