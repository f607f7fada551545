// Any text as a file of records: it is read or refused, and what is read has names that are what they look like, each
// once.
#include <cstdint>
#include <cstdlib>
#include <set>

#include "loop/record_format.h"
#include "loop/record_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace capstan;
  using namespace capstan::loop;
  if (size > 20'000) return 0;
  static const std::vector<KindSpec> kinds = [] {
    KindSpec kind{.name = "account", .title = "", .help = "", .columns = {}};
    for (const char* column : {"mail", "starts_on", "ends_on", "zone", "hours", "ends_at"})
      kind.columns.push_back({.name = column});
    return std::vector<KindSpec>{kind};
  }();
  static const RecordForms forms = read_record_forms(
      *parse_yaml("record_form: account\nunique: [mail]\n"
                  "formats: { mail: mail, starts_on: date, ends_on: date, zone: zone, hours: window }\n"
                  "instants: { ends_at: { end_of: ends_on } }\n"
                  "check: [ { that: \"ends_on >= starts_on\", says: it ends before it begins } ]\n",
                  "form.yaml"),
      kinds);
  const auto documents = parse_yaml({reinterpret_cast<const char*>(data), size}, "fuzz.yaml");
  if (!documents) return 0;
  const Records records = read_records(*documents, forms, kinds);
  if (records.problems.size() > 1'000) std::abort();
  if (!records.problems.empty()) return 0;
  std::set<std::string> names;
  for (const Resource& record : records.resources) {
    if (!names.insert(name_key(record.name)).second || !unseen_in(record.name).empty()) std::abort();
  }
  return 0;
}
