// Signs requests as AWS asks for it: Signature Version 4, in headers or in the query of a URL.
// Source: AWS Identity and Access Management User Guide, "Create a signed AWS API request".
#pragma once

#include <optional>
#include <string>

#include "base/http_client.h"
#include "base/time.h"
#include "base/url.h"
#include "connect/aws/wire_request.h"
#include "model/secret.h"

namespace capstan::aws {

// Who signs.
struct Credentials {
  std::string access_key_id;
  Secret secret_access_key;
  Secret session_token;
  std::optional<Time> expires;
  std::string source;  // Where they come from, for people: "profile dev".
};

// What is signed for.
struct SigningScope {
  std::string region;
  std::string service;  // The signing name.
  bool s3 = false;      // Paths are encoded once, and the hash of the body is a header.
  bool unsigned_payload = false;
};

// Where it goes.
struct RequestAddress {
  std::string scheme = "https";
  std::string host;       // With its port, if it has one of its own.
  std::string base_path;  // Before the request's own path: "" or "/aws".
};

// Adds date, token and Authorization to the headers. The host's header is libcurl's own: it says the same.
void sign(WireRequest& request, const RequestAddress& address, const SigningScope& scope,
          const Credentials& credentials, Time now);

// The whole URL with its signature, which anybody may use until it expires: as good as a secret. Headers of the request
// have to be sent with it as they are.
std::string presign(const WireRequest& request, const RequestAddress& address, const SigningScope& scope,
                    const Credentials& credentials, Time now, int expires_s);

// The URL of a request, its query in the form that is signed.
std::string url_of(const WireRequest& request, const RequestAddress& address);

}  // namespace capstan::aws
