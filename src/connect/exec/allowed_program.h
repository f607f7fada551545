// Which file is run for a name, and that nobody but root and Capstan's own user can put something else in its place.
#pragma once

#include <string>

#include "base/result.h"
#include "connect/exec/exec_settings.h"

namespace capstan::exec {

// `wanted` is a name ("terraform") or a path that the settings list. Gives the path as they list it.
// kFailedPrecondition when the settings do not list it, kNotFound when it is not there, kPermissionDenied when somebody
// else owns or may write it, what it links to, or a directory on the way to either.
Result<std::string> find_allowed_program(const ExecSettings& settings, const std::string& wanted);

// Who runs it: the one that the verb names, else the settings'; "" is Capstan's own. Root only where the settings name
// it. kFailedPrecondition for a user that they do not.
Result<std::string> find_allowed_user(const ExecSettings& settings, const std::string& wanted);

// Whether a program may begin there: what lies in a working directory decides what many programs do, so it must belong
// to root, to Capstan's user or to the user that runs the program, and not be open to everybody.
Status check_directory(const std::string& directory, const std::string& user);

}  // namespace capstan::exec
