// The TLS side of the HTTP server. Only http_server*.cc include this: it brings Asio and OpenSSL.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>

#include "base/http_server.h"

namespace capstan::http_server {

// TLS 1.2 and later. Errors say what is wrong with which part.
Result<std::unique_ptr<boost::asio::ssl::context>> make_tls_context(const HttpServerTls& tls);

}  // namespace capstan::http_server
