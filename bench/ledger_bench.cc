// How fast the ledger takes facts, against plain SQLite with the same rows, pragmas and b-tree indexes, and against a
// raw file that is appended and synced once a batch.
//
//   ledger_bench [facts] [batch] [directory] [facts of plain SQLite]      5000000 1000 /tmp, and as many, by default
//
// Plain SQLite slows down as its indexes grow, so that fewer facts flatter it.
//
// Facts have 300-byte bodies, are about 100,000 subjects at random and are caused by one of the 1000 facts before. Only
// the time within append is counted; commits include their checkpoints.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>

#include "base/clock.h"
#include "base/random.h"
#include "base/sqlite.h"
#include "ledger/ledger.h"
#include "must.h"

namespace capstan {
namespace {

using Seconds = std::chrono::duration<double>;

struct Measured {
  std::string name;
  double seconds = 0;
  double cpu_seconds = 0;
  std::vector<double> commits_ms;
  uint64_t file_bytes = 0;
  uint64_t facts = 0;

  double rate() const { return static_cast<double>(facts) / seconds; }
  void print() {
    std::sort(commits_ms.begin(), commits_ms.end());
    const auto quantile = [&](double q) { return commits_ms[static_cast<size_t>(q * double(commits_ms.size() - 1))]; };
    fmt::print(
        "{:<22} {:>9.0f} facts/s  cpu {:>5.1f} s  commit p50 {:>6.2f} p99 {:>7.2f} max {:>7.1f} ms  "
        "{:>5.0f} bytes/fact\n",
        name, rate(), cpu_seconds, quantile(0.5), quantile(0.99), commits_ms.back(),
        double(file_bytes) / double(facts));
  }
};

double cpu_now() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

uint64_t bytes_below(const std::filesystem::path& directory) {
  uint64_t bytes = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) bytes += entry.file_size();
  return bytes;
}

std::vector<NewFact> make_batch(SeededRandom& random, Seq first, size_t count) {
  std::vector<NewFact> batch(count);
  for (size_t i = 0; i < count; ++i) {
    const Seq seq = first + i;
    const uint64_t subject = random.below(100'000);
    batch[i] = {.at = from_unix_ms(1'767'225'600'000 + int64_t(seq)),
                .kind = seq % 3 == 0 ? "resource.appeared" : "resource.changed",
                .subject = fmt::format("host_process/7f3a-{}-{}", subject, subject * 7919),
                .body = Json::object({{"kind", "host_process"},
                                      {"name", fmt::format("worker-{}", subject)},
                                      {"scope", "host:web1"},
                                      {"changed", Json::object({{"state", Json::array({"sleeping", "running"})}})},
                                      {"note", std::string(180, char('a' + seq % 26))}}),
                .cause = seq > 1000 ? seq - 1 - random.below(1000) : 0,
                .actor = "connector:host"};
  }
  return batch;
}

Measured measure(std::string name, uint64_t facts, size_t batch, const std::filesystem::path& directory,
                 const std::function<void(const std::vector<NewFact>&, Seq)>& append) {
  Measured measured{.name = std::move(name), .facts = facts};
  SeededRandom random(1);
  for (Seq first = 1; first <= facts; first += batch) {
    const std::vector<NewFact> some = make_batch(random, first, std::min<uint64_t>(batch, facts - first + 1));
    const double cpu = cpu_now();
    const auto begin = std::chrono::steady_clock::now();
    append(some, first);
    const Seconds took = std::chrono::steady_clock::now() - begin;
    measured.cpu_seconds += cpu_now() - cpu;
    measured.seconds += took.count();
    measured.commits_ms.push_back(took.count() * 1000);
  }
  measured.file_bytes = bytes_below(directory);
  return measured;
}

Measured measure_ledger(uint64_t facts, size_t batch, const std::filesystem::path& directory) {
  SystemClock clock;
  SystemRandom random;
  auto ledger = must(ledger::Ledger::open(directory / "ledger.db", {}, clock, random));
  Measured measured = measure("ledger", facts, batch, directory,
                              [&](const std::vector<NewFact>& some, Seq) { must(ledger->append(some)); });
  SeededRandom which(3);
  const auto time_of = [&](const std::function<void()>& ask) {
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < 200; ++i) ask();
    return Seconds(std::chrono::steady_clock::now() - begin).count() * 1e6 / 200;
  };
  const double subject = time_of([&] {
    const uint64_t number = which.below(100'000);
    must(ledger->by_subject(fmt::format("host_process/7f3a-{}-{}", number, number * 7919), 20));
  });
  const double cause = time_of([&] { must(ledger->by_cause(1 + which.below(facts), 20)); });
  const double one = time_of([&] { must(ledger->get(1 + which.below(facts))); });
  fmt::print("look-ups: by subject (20 newest) {:.0f} us, by cause {:.0f} us, by number {:.0f} us\n", subject, cause,
             one);
  const auto begin = std::chrono::steady_clock::now();
  ledger.reset();
  const auto closed = std::chrono::steady_clock::now();
  ledger = must(ledger::Ledger::open(directory / "ledger.db", {}, clock, random));
  const auto opened = std::chrono::steady_clock::now();
  const auto verified = must(ledger->verify());
  fmt::print("close {:.2f} s, open {:.2f} s, verify {:.1f} s ({})\n", Seconds(closed - begin).count(),
             Seconds(opened - closed).count(), Seconds(std::chrono::steady_clock::now() - opened).count(),
             verified.broken ? "BROKEN" : "whole");
  return measured;
}

Measured measure_sqlite(uint64_t facts, size_t batch, const std::filesystem::path& directory) {
  auto database = must(sqlite::Database::open_writer(directory / "plain.db", {}));
  must(database.execute("PRAGMA wal_autocheckpoint = 1000"));
  must(
      database.execute("CREATE TABLE fact(seq INTEGER PRIMARY KEY, at INTEGER, kind TEXT, subject TEXT, body TEXT, "
                       "cause INTEGER, actor TEXT); CREATE INDEX fact_subject ON fact(subject, seq); "
                       "CREATE INDEX fact_cause ON fact(cause) WHERE cause > 0"));
  auto insert = must(database.prepare("INSERT INTO fact VALUES(?, ?, ?, ?, ?, ?, ?)"));
  return measure("plain SQLite", facts, batch, directory, [&](const std::vector<NewFact>& some, Seq seq) {
    auto transaction = must(sqlite::Transaction::begin(database));
    for (const NewFact& fact : some) {
      must(insert.with(seq++, to_unix_ms(fact.at), fact.kind, fact.subject, fact.body.dump(), fact.cause, fact.actor)
               .run());
    }
    must(transaction.commit());
  });
}

Measured measure_file(uint64_t facts, size_t batch, const std::filesystem::path& directory) {
  const int file = open((directory / "raw.log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  Measured measured =
      measure("raw file, fdatasync", facts, batch, directory, [&](const std::vector<NewFact>& some, Seq) {
        std::string text;
        for (const NewFact& fact : some) {
          fmt::format_to(std::back_inserter(text), "{} {} {} {} {} {}\n", to_unix_ms(fact.at), fact.kind, fact.subject,
                         fact.cause, fact.actor, fact.body.dump());
        }
        if (write(file, text.data(), text.size()) != ssize_t(text.size()) || fdatasync(file) != 0) std::exit(1);
      });
  close(file);
  return measured;
}

Measured in_fresh_directory(const std::filesystem::path& parent,
                            const std::function<Measured(const std::filesystem::path&)>& run) {
  const std::filesystem::path directory = parent / fmt::format("capstan-ledger-bench-{}", getpid());
  std::filesystem::create_directories(directory);
  Measured measured = run(directory);
  std::filesystem::remove_all(directory);
  return measured;
}

}  // namespace
}  // namespace capstan

int main(int count, char** arguments) {
  using namespace capstan;
  const uint64_t facts = count > 1 ? std::strtoull(arguments[1], nullptr, 10) : 5'000'000;
  const size_t batch = count > 2 ? std::strtoull(arguments[2], nullptr, 10) : 1'000;
  const std::filesystem::path parent = count > 3 ? arguments[3] : "/tmp";
  const uint64_t peer_facts = count > 4 ? std::strtoull(arguments[4], nullptr, 10) : facts;
  if (facts == 0 || batch == 0 || peer_facts == 0) {
    fmt::print(stderr, "usage: ledger_bench [facts] [batch] [directory] [facts of plain SQLite]\n");
    return 2;
  }
  fmt::print("{} facts in batches of {}, synchronous=FULL\n", facts, batch);
  Measured ours = in_fresh_directory(parent, [&](const auto& path) { return measure_ledger(facts, batch, path); });
  ours.print();
  Measured raw = in_fresh_directory(parent, [&](const auto& path) { return measure_file(facts, batch, path); });
  raw.print();
  Measured plain =
      in_fresh_directory(parent, [&](const auto& path) { return measure_sqlite(peer_facts, batch, path); });
  plain.print();
  fmt::print("the ledger takes {:.2f} times as many facts/s as plain SQLite, {:.2f} times as many as a raw file\n",
             ours.rate() / plain.rate(), ours.rate() / raw.rate());
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  fmt::print("largest memory of all three together {} MB\n", usage.ru_maxrss / 1024);
}
