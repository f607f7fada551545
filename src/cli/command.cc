#include "cli/command.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <iterator>

#include "base/file.h"
#include "ledger/data_directory.h"

namespace capstan::cli {
namespace {

// Columns a text takes on a terminal: one a code point is right for what we print but for wide letters, which only
// shift their own row.
size_t width_of(std::string_view text) {
  return static_cast<size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

size_t terminal_width() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 1'000;  // A pipe: nothing is cut.
}

// The code that the API names.
ErrorCode code_named(std::string_view name) {
  for (int value = 0; value < static_cast<int>(ErrorCode::kInternal); ++value) {
    if (to_string(static_cast<ErrorCode>(value)) == name) return static_cast<ErrorCode>(value);
  }
  return ErrorCode::kInternal;
}

Error error_of(const Json& body, int status) {
  const Json& error = body["error"];
  Error result{code_named(error["code"].string_or_empty()), error["message"].string_or_empty(), {}};
  if (result.message.empty()) result.message = fmt::format("Capstan answered with status {}", status);
  result.where = {error["file"].string_or_empty(), static_cast<int>(error["line"].int_or(0)),
                  static_cast<int>(error["column"].int_or(0))};
  return result;
}

}  // namespace

std::string default_data_directory() {
  const char* set = std::getenv("CAPSTAN_DATA");
  return set && *set ? set : "data";
}

void keep_files_private() { ::umask(077); }

Result<ApiClient> ApiClient::connect(const std::string& data_directory) {
  const auto holder = TRY(ledger::DataDirectory::holder(data_directory));
  if (!holder) {
    return fail(ErrorCode::kUnavailable, fmt::format("no Capstan runs on {}; start one with `capstan run --data {}`",
                                                     data_directory, data_directory));
  }
  if (holder->socket_path.empty()) {
    return fail(ErrorCode::kUnavailable,
                fmt::format("the Capstan with pid {} offers no local socket yet", holder->pid));
  }
  return ApiClient(holder->socket_path);
}

Result<Json> ApiClient::get(const std::string& path, Duration timeout) {
  return send({.method = "GET", .url = "http://localhost" + path, .timeout = timeout});
}

Result<Json> ApiClient::post(const std::string& path, const Json& body, Duration timeout) {
  HttpRequest request{.method = "POST", .url = "http://localhost" + path};
  request.timeout = timeout;
  request.headers = {{"Content-Type", "application/json"}, {"X-Capstan", "1"}};
  request.body = body.dump();
  return send(std::move(request));
}

Result<Json> ApiClient::send(HttpRequest request) {
  request.unix_socket = socket_;
  request.max_response_bytes = 256 << 20;
  const Result<HttpResponse> sent = http_->send(request);
  if (!sent && sent.error().code == ErrorCode::kUnavailable) {
    // Its words are about an address, which a person has not given.
    return fail(ErrorCode::kUnavailable,
                fmt::format("the Capstan that runs there does not answer at {}: it is starting, or ending", socket_));
  }
  const HttpResponse response = TRY(sent);
  Json body;
  if (!response.body.empty()) body = TRY(during("reading Capstan's answer", Json::parse(response.body)));
  if (!response.ok()) return fail(error_of(body, response.status));
  return body;
}

void print_table(const std::vector<std::string>& head, const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (const std::string& title : head) widths.push_back(width_of(title));
  for (const auto& row : rows) {
    for (size_t i = 0; i < row.size() && i < widths.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  const size_t limit = terminal_width();
  const auto print = [&](const std::vector<std::string>& row) {
    std::string line;
    for (size_t i = 0; i < row.size() && i < widths.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line += std::string(widths[i] - width_of(row[i]) + 2, ' ');
    }
    size_t end = 0;
    for (size_t shown = 0; end < line.size(); ++end) {
      if ((static_cast<unsigned char>(line[end]) & 0xc0) != 0x80 && ++shown > limit) break;
    }
    line.resize(end);
    std::fputs((line + "\n").c_str(), stdout);
  };
  print(head);
  for (const auto& row : rows) print(row);
}

std::string printable(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0;
    if (c == '\n' || c == '\r' || c == '\t') {
      out += ' ';
    } else if (c < 0x20 || c == 0x7f) {
      out += fmt::format("\\x{:02x}", c);
    } else if (c == 0xc2 && next >= 0x80 && next < 0xa0) {  // U+0080 to U+009F: ESC and a letter in one.
      out += fmt::format("\\x{:02x}", next);
      ++i;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string cell(const Json& value) {
  if (value.is_null()) return "";
  return printable(value.is_string() ? value.string_or_empty() : value.dump());
}

std::string short_time(const Json& value) {
  const std::string text = cell(value);
  return text.size() < 19 ? text : text.substr(0, 10) + " " + text.substr(11, 8);
}

Result<std::string> read_document(const std::string& file) {
  const bool is_input = file == "-";
  std::string text = is_input ? std::string(std::istreambuf_iterator<char>(std::cin), {}) : TRY(read_file(file));
  if (text.find_first_not_of(" \t\r\n") == std::string::npos) {
    return fail(ErrorCode::kInvalidArgument, "there is nothing in it", {is_input ? "the standard input" : file, 1, 1});
  }
  return text;
}

int failed(const Error& error, int code) {
  std::fputs(("capstan: " + printable(error.to_string()) + "\n").c_str(), stderr);
  return code;
}

int shown(const CommonOptions& common, const Result<Json>& answer, const Print& print) {
  if (!answer) return failed(answer.error());
  if (common.json) {
    std::fputs((answer->pretty() + "\n").c_str(), stdout);
  } else {
    print(*answer);
  }
  return 0;
}

int show(const CommonOptions& common, const std::string& path, const Print& print) {
  auto client = ApiClient::connect(common.data_directory);
  return client ? shown(common, client->get(path), print) : failed(client.error());
}

int change(const CommonOptions& common, const std::string& path, const Json& body, const Print& print) {
  auto client = ApiClient::connect(common.data_directory);
  return client ? shown(common, client->post(path, body), print) : failed(client.error());
}

CLI::App* add_command(CLI::App& app, CommonOptions& common, const char* name, const char* help) {
  CLI::App* command = app.add_subcommand(name, help);
  command->add_option("--data", common.data_directory, "The data directory of the running Capstan");
  command->add_flag("--json", common.json, "Print the API's answer as it is");
  return command;
}

}  // namespace capstan::cli
