#include "cli/shared_run.h"

#include <fmt/format.h>
#include <linux/close_range.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <thread>

#include "base/crypto.h"
#include "base/file.h"
#include "base/log.h"
#include "ledger/postgres_store.h"
#include "serve/stand_by_server.h"

namespace capstan::cli {
namespace {

constexpr Duration kLeasePatience{1'500};  // So that a renewal fails early enough for another try.
constexpr Duration kFactPatience{4'000};
constexpr Duration kRest{200};
constexpr Duration kLastMoment{500};  // Before the lease ends: whatever is under way ends with the process.
constexpr int kTryLater = 75;         // EX_TEMPFAIL of sysexits.h: whoever supervises starts it again.

void rest() { std::this_thread::sleep_for(kRest); }

// Time will not help.
bool is_final(ErrorCode code) {
  return code == ErrorCode::kInvalidArgument || code == ErrorCode::kFailedPrecondition ||
         code == ErrorCode::kUnauthenticated || code == ErrorCode::kPermissionDenied || code == ErrorCode::kNotFound ||
         code == ErrorCode::kCorrupt;
}

bool signal_came(const sigset_t& ending) {
  constexpr timespec kSecond{.tv_sec = 1, .tv_nsec = 0};
  return ::sigtimedwait(&ending, nullptr, &kSecond) > 0;
}

// The same program with the same arguments in the same process: every thread, connection and program of this one ends
// at once, and whoever supervises the process sees nothing of it.
[[noreturn]] void start_anew() {
  const Result<std::string> line = read_file("/proc/self/cmdline", 4 << 20);
  std::string text = line ? *line : "";
  std::vector<char*> arguments;
  for (size_t at = 0; at < text.size(); at = text.find('\0', at) + 1) arguments.push_back(text.data() + at);
  arguments.push_back(nullptr);
  std::error_code error;
  std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  // An update may have put another file in its place; the link still leads to this one.
  if (error || !std::filesystem::exists(program, error)) program = "/proc/self/exe";
  std::fflush(stdout);
  std::fflush(stderr);
  ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  if (line) ::execv(program.c_str(), arguments.data());
  ::_exit(kTryLater);
}

// Who listens on all addresses is found by its name.
std::string reachable(const std::string& address, const std::string& node) {
  const size_t port = address.rfind(':');
  const std::string_view host = std::string_view(address).substr(0, port);
  return host == "0.0.0.0" || host == "[::]" ? node + address.substr(port) : address;
}

serve::StandingBy told(const ledger::StandByReport& report) {
  return {.node = report.node,
          .leader = report.leader,
          .page = report.page,
          .since = report.since,
          .vacant = report.vacant,
          .copied = report.copied,
          .shared = report.shared,
          .error = report.error};
}

}  // namespace

Result<std::unique_ptr<SharedRun>> SharedRun::create(Options options, const Clock& clock, Random& random) {
  ledger::PostgresAddress address = TRY(ledger::PostgresAddress::parse(options.url));
  return std::unique_ptr<SharedRun>(new SharedRun(std::move(options), std::move(address), clock, random));
}

SharedRun::SharedRun(Options options, ledger::PostgresAddress address, const Clock& clock, Random& random)
    : options_(std::move(options)),
      address_(std::move(address)),
      clock_(clock),
      random_(random),
      lease_store_(ledger::postgres_store(address_, kLeasePatience)),
      fact_store_(ledger::postgres_store(address_, kFactPatience)),
      lease_(*lease_store_, clock, {}),
      writer_(*fact_store_, lease_, rest) {}

SharedRun::~SharedRun() { release(); }

Result<bool> SharedRun::stand_by(const sigset_t& ending) {
  const auto copy = TRY(ledger::Ledger::open(options_.ledger, {.copies = true}, clock_, random_));
  return stand_by(*copy, ending);
}

Result<bool> SharedRun::stand_by(ledger::Ledger& copy, const sigset_t& ending) {
  Guarded<ledger::StandByReport> before;  // What is told until the tables are known to be there.
  before.write([&](ledger::StandByReport& report) { report.node = options_.node; });
  std::atomic<ledger::StandBy*> standing = nullptr;
  const auto server = TRY(serve::StandByServer::start(options_.server, [&] {
    const ledger::StandBy* known = standing;
    return told(known ? known->report() : before.read([](const auto& report) { return report; }));
  }));
  const std::string page = "http://" + reachable(server->address(), options_.node);
  ledger::StandBy step(copy, *fact_store_, lease_, {options_.node, page, random_token(random_, 16)});
  bool prepared = false;
  std::string said;
  const auto say = [&](std::string what) {
    if (what != said) log::info("run", what);
    said = std::move(what);
  };
  while (true) {
    std::vector<std::string> notes;
    Result<bool> leads = false;
    if (!prepared) {
      if (const Status made = ledger::prepare_postgres(address_, kFactPatience, notes); made) {
        prepared = true;
        standing = &step;
      } else {
        leads = fail(made.error());
        before.write([&](ledger::StandByReport& report) { report.error = made.error().message; });
      }
      for (const std::string& note : notes) log::warning("ledger", note);
    }
    if (prepared) leads = step.step();
    if (leads && prepared) TRY(copy.mark_as_copy());
    if (leads && *leads) break;
    if (!leads && is_final(leads.error().code)) return fail(leads.error());
    say(describe(told(prepared ? step.report() : before.read([](const auto& report) { return report; }))));
    if (signal_came(ending)) return false;
  }
  log::info("run", fmt::format("{} leads, epoch {}", options_.node, lease_.tenure().epoch));
  watch_ = std::make_unique<ledger::LeaseWatch>(lease_, clock_, [this] { lost(); });
  return true;
}

loop::Lead SharedRun::lead() {
  return {.authority = &writer_,
          .may_act = [this] { return lease_.held(); },
          .node = options_.node,
          .epoch = lease_.tenure().epoch};
}

// On a thread of its own. What is under way has until shortly before another node may lead.
void SharedRun::lost() {
  const std::string why = lease_.loss();
  log::error("run", fmt::format("{} leads no more ({}): what is under way is cancelled, and it stands by",
                                options_.node, why.empty() ? "the lease could not be renewed in time" : why));
  if (loop::Instance* instance = instance_) {
    instance->cancel_work();
    while (instance->work_under_way() > 0 && clock_.sleepless() < lease_.ends() - kLastMoment) rest();
  }
  if (ending_) ::_exit(0);
  start_anew();
}

void SharedRun::release() {
  watch_.reset();
  if (!lease_.held()) return;
  if (const Status given = lease_.release(); !given)
    log::warning("run", "the lease could not be given back, it runs out: " + given.error().message);
}

}  // namespace capstan::cli
