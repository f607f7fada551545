// Calls of Slack's Web API, and answers by the address that Slack gives with what a person did.
// Source: Slack API documentation, "Using the Slack Web API", "Handling user interaction: responses".
#pragma once

#include <string>

#include "base/http_client.h"
#include "base/json.h"
#include "base/result.h"
#include "model/secret.h"

namespace capstan::slack {

// The answer of a method such as "views.open". Errors say what a person has to do; kResourceExhausted where Slack asks
// to slow down. Thread-safe, as the client.
Result<Json> call_api(HttpClient& http, const std::string& base_url, const Secret& token, std::string_view method,
                      const Json& body, const std::stop_token& stop);

// Posts to a response_url, which is in no error.
Status respond(HttpClient& http, const std::string& response_url, const Json& body, const std::stop_token& stop);

// Whether answers may be sent there: to Slack, or to where the API is. It comes from outside.
bool is_response_url(const std::string& url, const std::string& base_url);

}  // namespace capstan::slack
