#include "connect/slack/web_socket.h"

#include <gtest/gtest.h>
#include <openssl/sha.h>

#include "base/crypto.h"
#include "base/tls_test_server.h"

namespace capstan::slack {
namespace {

// What a server answers a handshake with (RFC 6455, section 4.2.2), and at once the frames behind it.
std::string accept(const std::string& head, const std::string& frames) {
  constexpr std::string_view kName = "Sec-WebSocket-Key: ";
  const size_t begin = head.find(kName) + kName.size();
  const std::string key = head.substr(begin, head.find("\r\n", begin) - begin) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::string digest(SHA_DIGEST_LENGTH, '\0');
  ::SHA1(reinterpret_cast<const unsigned char*>(key.data()), key.size(),
         reinterpret_cast<unsigned char*>(digest.data()));
  return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
         base64(digest) + "\r\n\r\n" + frames;
}

std::string text_frame(const std::string& text) { return std::string("\x81") + static_cast<char>(text.size()) + text; }

class WebSocketTest : public ::testing::Test {
 protected:
  static std::string url(const TlsTestServer& server) {
    return "wss://127.0.0.1:" + std::to_string(server.port()) + "/link?ticket=a-secret-ticket";
  }
  WebSocketOptions options() const {
    WebSocketOptions options;
    options.ca_pem = authority_.certificate_pem();
    return options;
  }

  TestAuthority authority_;
};

TEST_F(WebSocketTest, ReadsWhatComesFromAServerThatProvesItsName) {
  const TlsTestServer server(authority_, authority_.issue("slack", "IP:127.0.0.1"), false, [](const std::string& head) {
    return accept(head, text_frame("hello") + text_frame("안녕"));
  });
  const auto socket = WebSocket::connect(url(server), options(), {});
  ASSERT_TRUE(socket) << socket.error().message;
  EXPECT_EQ((*socket)->read({}).value(), "hello");
  EXPECT_EQ((*socket)->read({}).value(), "안녕");
}

TEST_F(WebSocketTest, RefusesAServerThatProvesAnotherNameOrIsOfAnotherAuthority) {
  const auto answer = [](const std::string& head) { return accept(head, ""); };
  const TlsTestServer elsewhere(authority_, authority_.issue("slack", "DNS:slack.example"), false, answer);
  EXPECT_FALSE(WebSocket::connect(url(elsewhere), options(), {}));
  const TestAuthority other;
  const TlsTestServer unknown(other, other.issue("slack", "IP:127.0.0.1"), false, answer);
  const auto refused = WebSocket::connect(url(unknown), options(), {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(refused.error().message.find("ticket"), std::string::npos) << refused.error().message;
}

TEST_F(WebSocketTest, RefusesWhatIsNoWebSocket) {
  const TlsTestServer server(authority_, authority_.issue("slack", "IP:127.0.0.1"), false, [](const std::string&) {
    return std::string("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
  });
  EXPECT_FALSE(WebSocket::connect(url(server), options(), {}));
  const TlsTestServer liar(authority_, authority_.issue("slack", "IP:127.0.0.1"), false,
                           [](const std::string&) { return accept("Sec-WebSocket-Key: another\r\n", ""); });
  EXPECT_FALSE(WebSocket::connect(url(liar), options(), {}));
}

TEST_F(WebSocketTest, ReadsNoMessageBeyondItsLimit) {
  const TlsTestServer server(authority_, authority_.issue("slack", "IP:127.0.0.1"), false, [](const std::string& head) {
    return accept(head, text_frame("a message of some length"));
  });
  WebSocketOptions small = options();
  small.largest_message = 8;
  const auto socket = WebSocket::connect(url(server), small, {});
  ASSERT_TRUE(socket) << socket.error().message;
  EXPECT_FALSE((*socket)->read({}));
  EXPECT_FALSE((*socket)->read({})) << "of no use any more";
}

TEST_F(WebSocketTest, SaysWhatIsWrongWithAnAddress) {
  for (const char* wrong : {"https://slack.com", "wss://", "wss://user:secret@slack.com/", "wss://:443/x", ""}) {
    const auto refused = WebSocket::connect(wrong, {}, {});
    ASSERT_FALSE(refused) << wrong;
    EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument) << wrong;
    EXPECT_EQ(refused.error().message.find("secret"), std::string::npos);
  }
}

}  // namespace
}  // namespace capstan::slack
