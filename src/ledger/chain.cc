#include "ledger/chain.h"

#include <openssl/evp.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace capstan::ledger {
namespace {

void require(bool condition) {
  if (condition) return;
  // SHA-256 is in every OpenSSL; without it the ledger cannot keep its promise.
  std::fputs("OpenSSL cannot compute SHA-256\n", stderr);
  std::abort();
}

void add_number(std::string& out, uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift);
}

void add_text(std::string& out, std::string_view text) {
  add_number(out, text.size());
  out += text;
}

}  // namespace

void ChainHasher::Free::operator()(EVP_MD* digest) const { EVP_MD_free(digest); }
void ChainHasher::Free::operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }

ChainHasher::ChainHasher() : digest_(EVP_MD_fetch(nullptr, "SHA256", nullptr)), context_(EVP_MD_CTX_new()) {
  require(digest_ != nullptr && context_ != nullptr);
}
ChainHasher::~ChainHasher() = default;

Sha256 ChainHasher::body(std::string_view salt, std::string_view body) {
  Sha256 hash;
  require(EVP_DigestInit_ex2(context_.get(), digest_.get(), nullptr) == 1 &&
          EVP_DigestUpdate(context_.get(), salt.data(), salt.size()) == 1 &&
          EVP_DigestUpdate(context_.get(), body.data(), body.size()) == 1 &&
          EVP_DigestFinal_ex(context_.get(), hash.data(), nullptr) == 1);
  return hash;
}

Sha256 ChainHasher::link(const Sha256& previous, const Link& link, const Sha256& body_hash) {
  std::string text;
  text.reserve(256);
  text.append(reinterpret_cast<const char*>(previous.data()), previous.size());
  add_number(text, link.seq);
  add_number(text, static_cast<uint64_t>(link.at_ms));
  add_number(text, link.cause);
  add_text(text, link.kind);
  add_text(text, link.subject);
  add_text(text, link.actor);
  return body(text, std::string_view(reinterpret_cast<const char*>(body_hash.data()), body_hash.size()));
}

}  // namespace capstan::ledger
