#include "ledger/postgres.h"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <map>

#include "base/trim.h"

namespace capstan::ledger {
namespace {

// Types of PostgreSQL, by their fixed numbers (pg_type.dat).
constexpr Oid kBytea = 17;
constexpr Oid kInt8 = 20;
constexpr Oid kByteaArray = 1001;
constexpr Oid kInt8Array = 1016;

constexpr const char* kConnectSeconds = "3";  // A host.

// Patience is with a counterpart, so it is real time, whatever a simulated world may say.
Duration real_time() {
  return std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch());
}

template <class T>
void put(std::string& out, T value) {
  const T wire = std::byteswap(value);
  out.append(reinterpret_cast<const char*>(&wire), sizeof wire);
}
static_assert(std::endian::native == std::endian::little, "the wire has the highest byte first");

// The head of an array of one dimension.
void put_array(std::string& out, Oid element, size_t size, bool has_null) {
  put(out, static_cast<uint32_t>(size == 0 ? 0 : 1));
  put(out, static_cast<uint32_t>(has_null));
  put(out, static_cast<uint32_t>(element));
  if (size == 0) return;
  put(out, static_cast<uint32_t>(size));
  put(out, uint32_t{1});
}

// The first line of what libpq or the server said, on one line of ours.
std::string said(const char* message) {
  const std::string_view text = message ? message : "";
  const std::string_view line = trim(text.substr(0, text.find('\n')));
  return line.empty() ? "no reason given" : std::string(line);
}

ErrorCode code_of(std::string_view sqlstate) {
  static const std::map<std::string_view, ErrorCode> kExact = {
      {"3D000", ErrorCode::kNotFound},         {"42P01", ErrorCode::kNotFound},
      {"42501", ErrorCode::kPermissionDenied}, {"57014", ErrorCode::kDeadlineExceeded},
      {"55P03", ErrorCode::kDeadlineExceeded}, {"25006", ErrorCode::kUnavailable},
      {"40001", ErrorCode::kUnavailable},      {"40P01", ErrorCode::kUnavailable}};
  if (const auto found = kExact.find(sqlstate); found != kExact.end()) return found->second;
  if (sqlstate.starts_with("53")) return ErrorCode::kResourceExhausted;
  if (sqlstate.starts_with("28")) return ErrorCode::kUnauthenticated;
  if (sqlstate.starts_with("08") || sqlstate.starts_with("57P")) return ErrorCode::kUnavailable;
  return ErrorCode::kInternal;
}

// libpq tells why a connection could not be made in words only.
ErrorCode code_of_refusal(std::string_view message) {
  const auto has = [&](std::string_view text) { return message.find(text) != std::string_view::npos; };
  if (has("password") || has("authentication") || has("pg_hba.conf")) return ErrorCode::kUnauthenticated;
  if (has("does not exist")) return ErrorCode::kNotFound;
  return ErrorCode::kUnavailable;
}

struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};

}  // namespace

Result<PostgresAddress> PostgresAddress::parse(std::string_view text) {
  constexpr std::string_view kExpected =
      "the URL of the shared ledger is none that PostgreSQL knows; expected postgresql://USER@HOST:PORT/DATABASE";
  PostgresAddress address;
  address.text_ = text;
  char* reason = nullptr;
  const std::unique_ptr<PQconninfoOption, FreeOptions> options(PQconninfoParse(address.text_.c_str(), &reason));
  // The reason may repeat what was written, of which a part may be a password.
  PQfreemem(reason);
  const bool is_empty = trim(text).empty();
  if (options == nullptr || is_empty) return fail(ErrorCode::kInvalidArgument, std::string(kExpected));
  std::map<std::string_view, std::string_view> set;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr && *option->val != '\0') set[option->keyword] = option->val;
  }
  if (set.contains("password") || set.contains("sslpassword")) {
    return fail(
        ErrorCode::kInvalidArgument,
        "the URL of the shared ledger has a password in it, which whoever lists processes can read; put it into "
        "a file of its own and name that in PGPASSFILE");
  }
  const auto of = [&](std::string_view name, std::string_view otherwise) {
    return set.contains(name) ? set[name] : otherwise;
  };
  address.shown_ =
      fmt::format("database {} at {}{}{}", of("dbname", "(that of the user)"), of("host", of("hostaddr", "localhost")),
                  set.contains("port") ? ":" : "", of("port", ""));
  return address;
}

PostgresParameters& PostgresParameters::add(int64_t value) {
  put(values_.emplace_back(), static_cast<uint64_t>(value));
  types_.push_back(kInt8);
  return *this;
}

PostgresParameters& PostgresParameters::add(std::string_view bytes) {
  values_.emplace_back(bytes);
  types_.push_back(kBytea);
  return *this;
}

PostgresParameters& PostgresParameters::add(std::span<const int64_t> values) {
  std::string& out = values_.emplace_back();
  put_array(out, kInt8, values.size(), false);
  for (const int64_t value : values) {
    put(out, uint32_t{8});
    put(out, static_cast<uint64_t>(value));
  }
  types_.push_back(kInt8Array);
  return *this;
}

PostgresParameters& PostgresParameters::add(std::span<const std::string_view> values) {
  std::string& out = values_.emplace_back();
  const bool has_null = std::ranges::any_of(values, [](std::string_view value) { return value.data() == nullptr; });
  put_array(out, kBytea, values.size(), has_null);
  for (const std::string_view value : values) {
    put(out, value.data() == nullptr ? ~uint32_t{0} : static_cast<uint32_t>(value.size()));
    out += value;
  }
  types_.push_back(kByteaArray);
  return *this;
}

void PostgresRows::Clear::operator()(PGresult* result) const { PQclear(result); }
int PostgresRows::size() const { return PQntuples(result_.get()); }
bool PostgresRows::is_null(int row, int column) const { return PQgetisnull(result_.get(), row, column) != 0; }

int64_t PostgresRows::affected() const {
  const std::string_view text = PQcmdTuples(result_.get());
  int64_t count = 0;
  for (const char digit : text) count = count * 10 + (digit - '0');
  return count;
}

std::string_view PostgresRows::bytes(int row, int column) const {
  return {PQgetvalue(result_.get(), row, column), static_cast<size_t>(PQgetlength(result_.get(), row, column))};
}

int64_t PostgresRows::integer(int row, int column) const {
  const std::string_view wire = bytes(row, column);
  uint64_t value = 0;
  if (wire.size() != sizeof value) return 0;
  std::memcpy(&value, wire.data(), sizeof value);
  return static_cast<int64_t>(std::byteswap(value));
}

void Postgres::Close::operator()(PGconn* connection) const { PQfinish(connection); }

Result<Postgres> Postgres::connect(const PostgresAddress& address) {
  // What the address itself says comes later, so it wins; a replica takes no facts, so of several hosts the one that
  // does is looked for.
  const std::array<const char*, 6> names = {"connect_timeout", "application_name", "target_session_attrs",
                                            "client_encoding", "dbname",           nullptr};
  const std::array<const char*, 6> values = {kConnectSeconds,        "capstan", "read-write", "UTF8",
                                             address.text().c_str(), nullptr};
  Postgres connected(PQconnectdbParams(names.data(), values.data(), 1));
  if (connected.connection_ == nullptr) return fail(ErrorCode::kResourceExhausted, "no memory for a connection");
  if (PQstatus(connected.connection_.get()) != CONNECTION_OK) {
    const std::string reason = said(PQerrorMessage(connected.connection_.get()));
    return fail(code_of_refusal(reason), fmt::format("cannot reach the {}: {}", address.shown(), reason));
  }
  PQsetnonblocking(connected.connection_.get(), 1);
  return connected;
}

int Postgres::server_version() const { return connection_ ? PQserverVersion(connection_.get()) : 0; }

Error Postgres::lost(ErrorCode code) {
  const std::string reason = said(PQerrorMessage(connection_.get()));
  connection_.reset();
  if (code == ErrorCode::kDeadlineExceeded) return {code, "PostgreSQL does not answer in time", {}};
  return {code, "the connection to PostgreSQL broke: " + reason, {}};
}

Status Postgres::wait(bool for_writing, Duration deadline) {
  pollfd socket{.fd = PQsocket(connection_.get()), .events = POLLIN, .revents = 0};
  if (for_writing) socket.events |= POLLOUT;
  while (true) {
    const Duration left = deadline - real_time();
    if (left <= Duration(0)) return fail(lost(ErrorCode::kDeadlineExceeded));
    const int ready = ::poll(&socket, 1, static_cast<int>(left.count()));
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return fail(lost(ErrorCode::kUnavailable));
  }
}

Result<PostgresRows> Postgres::finish(Duration patience) {
  const Duration deadline = real_time() + patience;
  while (true) {
    const int unsent = PQflush(connection_.get());
    if (unsent < 0) return fail(lost(ErrorCode::kUnavailable));
    if (unsent == 0) break;
    TRY(wait(true, deadline));
    if (PQconsumeInput(connection_.get()) == 0) return fail(lost(ErrorCode::kUnavailable));
  }
  std::unique_ptr<PGresult, void (*)(PGresult*)> last(nullptr, PQclear);
  while (true) {
    while (PQisBusy(connection_.get()) != 0) {
      TRY(wait(false, deadline));
      if (PQconsumeInput(connection_.get()) == 0) return fail(lost(ErrorCode::kUnavailable));
    }
    PGresult* next = PQgetResult(connection_.get());
    if (next == nullptr) break;
    const ExecStatusType status = PQresultStatus(last.get());
    // Of several statements the first error counts.
    if (last == nullptr || status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
      last.reset(next);
    } else {
      PQclear(next);
    }
  }
  const ExecStatusType status = PQresultStatus(last.get());
  if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) return PostgresRows(last.release());
  const char* state = PQresultErrorField(last.get(), PG_DIAG_SQLSTATE);
  if (state == nullptr || PQstatus(connection_.get()) != CONNECTION_OK) return fail(lost(ErrorCode::kUnavailable));
  // The message alone: a detail may repeat values.
  return fail(code_of(state), fmt::format("PostgreSQL says: {} ({})",
                                          said(PQresultErrorField(last.get(), PG_DIAG_MESSAGE_PRIMARY)), state));
}

Result<PostgresRows> Postgres::run(const char* sql, const PostgresParameters& parameters, Duration patience) {
  if (!connection_) return fail(ErrorCode::kUnavailable, "the connection to PostgreSQL is closed");
  std::vector<const char*> values;
  std::vector<int> lengths;
  for (const std::string& value : parameters.values_) {
    values.push_back(value.data());
    lengths.push_back(static_cast<int>(value.size()));
  }
  const std::vector<int> formats(values.size(), 1);
  const int sent = PQsendQueryParams(connection_.get(), sql, static_cast<int>(values.size()), parameters.types_.data(),
                                     values.data(), lengths.data(), formats.data(), 1);
  if (sent == 0) return fail(lost(ErrorCode::kUnavailable));
  return finish(patience);
}

Status Postgres::run_all(const char* sql, Duration patience) {
  if (!connection_) return fail(ErrorCode::kUnavailable, "the connection to PostgreSQL is closed");
  if (PQsendQuery(connection_.get(), sql) == 0) return fail(lost(ErrorCode::kUnavailable));
  TRY(finish(patience));
  return {};
}

}  // namespace capstan::ledger
