// One HTTP exchange by libcurl: a request made into an easy handle, and what became of it made into a response or an
// error. Shared by the clients that wait (http_client.h) and those that do not (http_fetcher.h).
#pragma once

#include <curl/curl.h>

#include <array>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>

#include "base/http_stream.h"

namespace capstan {

struct CloseCurl {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using CurlEasy = std::unique_ptr<CURL, CloseCurl>;

// Stays where it is: libcurl holds pointers into it until it is finished.
class CurlExchange {
 public:
  // Takes over `easy`, which may hold an open connection. Errors: kInvalidArgument for a header that is none.
  static Result<std::unique_ptr<CurlExchange>> create(HttpRequest request, std::stop_token stop, CurlEasy easy) {
    return create(std::move(request), std::move(stop), std::move(easy), nullptr, HttpConnections::kShared);
  }
  // With a handler the answer goes to it, piece by piece, and `end_stream` takes the place of `finish`.
  static Result<std::unique_ptr<CurlExchange>> create(HttpRequest request, std::stop_token stop, CurlEasy easy,
                                                      std::shared_ptr<HttpStreamHandler> handler,
                                                      HttpConnections connections);

  CURL* easy() { return easy_.get(); }
  const HttpRequest& request() const { return request_; }
  // What the transfer that ended with `code` means. Call once.
  Result<HttpResponse> finish(CURLcode code);
  // The same for a stream. The handler has been told the head by then, unless this is an error.
  Status end_stream(CURLcode code);

  const std::shared_ptr<HttpStreamHandler>& handler() const { return handler_; }
  // The handler could take no more, and nobody has resumed it since.
  bool is_paused() const { return paused_; }
  void set_resumed() { paused_ = false; }
  // Differs when something has arrived in between.
  uint64_t activity() const { return activity_; }

  // The handle without options or credentials, with its connection.
  CurlEasy release();

 private:
  CurlExchange(HttpRequest request, std::stop_token stop, CurlEasy easy, std::shared_ptr<HttpStreamHandler> handler,
               HttpConnections connections)
      : request_(std::move(request)),
        stop_(std::move(stop)),
        handler_(std::move(handler)),
        connections_(connections),
        easy_(std::move(easy)) {}

  Status prepare_headers();
  void set_options();
  void set_stream_options();
  void set_method();
  void set_tls();
  void set_server_name();
  Error describe(CURLcode code) const;
  bool was_sent() const;

  size_t take_body(const char* data, size_t bytes);
  size_t take_header(std::string_view line);
  size_t stream_body(std::string_view chunk);
  bool is_final_head() const;
  void tell_head();

  HttpRequest request_;
  std::stop_token stop_;
  std::shared_ptr<HttpStreamHandler> handler_;
  HttpConnections connections_;
  CurlEasy easy_;
  std::unique_ptr<curl_slist, CloseCurl> headers_;
  std::unique_ptr<curl_slist, CloseCurl> connect_to_;
  std::array<char, CURL_ERROR_SIZE> detail_{};
  HttpResponse response_;
  size_t header_bytes_ = 0;
  bool too_large_ = false;
  bool head_told_ = false;
  bool paused_ = false;
  bool no_room_ = false;
  uint64_t activity_ = 0;
};

}  // namespace capstan
