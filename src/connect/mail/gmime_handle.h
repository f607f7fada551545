// What GMime gives, held until it is no longer needed.
#pragma once

#include <gmime/gmime.h>

#include <memory>
#include <mutex>

namespace capstan::mail {

struct UnrefGmime {
  void operator()(void* object) const { g_object_unref(object); }
};
template <class T>
using Held = std::unique_ptr<T, UnrefGmime>;

struct FreeText {
  void operator()(char* text) const { g_free(text); }
};
using HeldText = std::unique_ptr<char, FreeText>;

// Before anything else of GMime; as often as one likes, from any thread.
inline void start_gmime() {
  static std::once_flag once;
  std::call_once(once, [] { g_mime_init(); });
}

}  // namespace capstan::mail
