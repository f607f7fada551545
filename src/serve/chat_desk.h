// What people ask in a chat, mapped onto the same control that the page and the command use, with the role of the
// Capstan user whom the chat's account is linked to. To add a command, add a line to the table in chat_desk.cc.
#pragma once

#include "loop/control.h"
#include "model/chat.h"
#include "serve/link_codes.h"
#include "serve/user_store.h"

namespace capstan::serve {

// Thread-safe, as its parts. They must outlive it.
class ChatDesk {
 public:
  struct Parts {
    loop::Control& control;
    UserStore& users;
    LinkCodes& codes;
    const Clock& clock;
  };
  explicit ChatDesk(const Parts& parts) : parts_(parts) {}

  // Who is linked to nobody, or to a user that there is none of, gets told so, and nothing happens; but for "link",
  // which shows a code that links the account once somebody who is logged in brings it.
  ChatAnswer answer(const ChatRequest& request) const;

 private:
  ChatAnswer link(const ChatRequest& request, const std::string& user) const;
  ChatAnswer unlink(const ChatRequest& request) const;

  Parts parts_;
};

}  // namespace capstan::serve
