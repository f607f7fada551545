// An HTTPS server for tests: every request of every connection gets one answer, and who asked is kept.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <sys/socket.h>

#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/file_handle.h"
#include "base/test_authority.h"

namespace capstan {

class TlsTestServer {
 public:
  // From the head of a request to the whole text of an answer; called by one thread.
  using Answer = std::function<std::string(const std::string& head)>;

  // With `asks_for_certificate`, clients without one of the authority are turned away.
  TlsTestServer(const TestAuthority& authority, const TestIdentity& identity, bool asks_for_certificate, Answer answer)
      : answer_(std::move(answer)), context_(SSL_CTX_new(TLS_server_method())), listener_(listen()) {
    ::signal(SIGPIPE, SIG_IGN);  // As the program itself does: OpenSSL writes to whoever has left.
    SSL_CTX_use_certificate(context_, read<X509>(identity.certificate_pem, PEM_read_bio_X509).get());
    SSL_CTX_use_PrivateKey(context_, read<EVP_PKEY>(identity.key_pem, PEM_read_bio_PrivateKey).get());
    if (asks_for_certificate) {
      X509_STORE_add_cert(SSL_CTX_get_cert_store(context_),
                          read<X509>(authority.certificate_pem(), PEM_read_bio_X509).get());
      SSL_CTX_set_verify(context_, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    }
    thread_ = std::jthread([this] { accept_all(); });
  }
  ~TlsTestServer() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    {
      std::lock_guard lock(mutex_);
      if (peer_ >= 0) ::shutdown(peer_, SHUT_RDWR);
      closing_ = true;
    }
    thread_.join();
    SSL_CTX_free(context_);
  }

  int port() const { return port_; }
  // The common name of the certificate that came with each request, "" for none.
  std::vector<std::string> callers() const {
    std::lock_guard lock(mutex_);
    return callers_;
  }

 private:
  template <class T, class F>
  static std::unique_ptr<T, FreeOpenssl> read(const std::string& pem, F&& reader) {
    const std::unique_ptr<BIO, FreeOpenssl> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    return std::unique_ptr<T, FreeOpenssl>(reader(bio.get(), nullptr, nullptr, nullptr));
  }

  FileHandle listen() {
    FileHandle listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    ::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), length);
    ::listen(listener.get(), 16);
    ::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
    return listener;
  }

  // One connection after the other: no test needs more.
  void accept_all() {
    while (true) {
      const FileHandle peer(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!peer.is_open() || !remember(peer.get())) return;
      SSL* tls = SSL_new(context_);
      SSL_set_fd(tls, peer.get());
      if (SSL_accept(tls) == 1) serve(tls);
      SSL_free(tls);
      if (!remember(-1)) return;
    }
  }

  bool remember(int peer) {
    std::lock_guard lock(mutex_);
    peer_ = peer;
    return !closing_;
  }

  void serve(SSL* tls) {
    std::string received;
    char buffer[4096];
    while (true) {
      const int got = SSL_read(tls, buffer, sizeof buffer);
      if (got <= 0) return;
      received.append(buffer, static_cast<size_t>(got));
      if (received.find("\r\n\r\n") == std::string::npos) continue;
      {
        std::lock_guard lock(mutex_);
        callers_.push_back(caller(tls));
      }
      const std::string answer = answer_(received);
      const bool last = received.find("Connection: close") != std::string::npos;
      received.clear();
      if (SSL_write(tls, answer.data(), static_cast<int>(answer.size())) <= 0 || last) return;
    }
  }

  static std::string caller(SSL* tls) {
    const std::unique_ptr<X509, FreeOpenssl> certificate(SSL_get1_peer_certificate(tls));
    if (!certificate) return {};
    char name[256] = {};
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate.get()), NID_commonName, name, sizeof name);
    return name;
  }

  const Answer answer_;
  SSL_CTX* context_;
  int port_ = 0;
  FileHandle listener_;
  mutable std::mutex mutex_;
  int peer_ = -1;
  bool closing_ = false;
  std::vector<std::string> callers_;
  std::jthread thread_;
};

}  // namespace capstan
