// What people ask in a chat, mapped onto the same control that the page and the command use, with the role of the
// Capstan user whom the chat's account is linked to. To add a command, add a line to the table in chat_desk.cc.
#pragma once

#include "loop/control.h"
#include "model/chat.h"
#include "serve/user_store.h"

namespace capstan::serve {

// Thread-safe, as both of its parts. They must outlive it.
class ChatDesk {
 public:
  ChatDesk(loop::Control& control, const UserStore& users) : control_(control), users_(users) {}

  // Who is linked to nobody, or to a user that there is none of, gets told so, and nothing happens.
  ChatAnswer answer(const ChatRequest& request) const;

 private:
  loop::Control& control_;
  const UserStore& users_;
};

}  // namespace capstan::serve
