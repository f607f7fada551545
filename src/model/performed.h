// How a verb tells what came of its work.
#pragma once

#include <string>

#include "base/result.h"
#include "base/subprocess.h"
#include "model/verb.h"

namespace capstan {

Performed failed(Words says);
Performed succeeded(Words says, Json result = Json::object());

// "exited with code 3", "was ended after its time limit of 30s".
Words how_ended(const ProgramOutcome& outcome, const ProgramSpec& program);

// The counterpart refused, or it is not known whether it did what it was asked: then a probe has to tell.
Performed not_performed(const Error& error);

}  // namespace capstan
