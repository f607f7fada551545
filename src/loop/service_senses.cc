#include "loop/service_senses.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/suggest.h"
#include "connect/aws/aws_service.h"
#include "connect/exec/program_description.h"
#include "connect/mail/mailbox.h"
#include "connect/rest/rest_service.h"
#include "model/span.h"
#include "service/described_verb.h"
#include "service/disappearances.h"
#include "service/inventory.h"

namespace capstan::loop {
namespace {

constexpr Duration kLookAgainAfter{10'000};
constexpr Duration kAfterFailure{15'000};
constexpr Duration kSecondLookAfter{2'000};
constexpr Duration kStale{600'000};  // What was not seen for so long, and for so many looks, is not known any more.
constexpr int kMostMissed = 3;

constexpr std::string_view kSecrets = "secrets";

std::string protocol_of(const ConfigNode& document) {
  const ConfigNode* protocol = document.find("protocol");
  return protocol ? protocol->scalar : "rest";
}

Status check_request(std::string_view protocol, const Json& request) {
  if (protocol == "imap") return mail::check_mail_request(request);
  if (protocol == "aws") return aws::check_aws_request(request);
  return rest::check_request(request);
}

template <class T>
Result<std::shared_ptr<ServiceCaller>> shared(Result<std::unique_ptr<T>> caller) {
  if (!caller) return fail(caller.error());
  return std::shared_ptr<ServiceCaller>(std::move(*caller));
}

// Two services may have things of one kind: each is looked at for itself.
std::string source_of(const service::Inventory& inventory) {
  return fmt::format("service:{}/{}", inventory.service, inventory.kind);
}

bool pause_until(Duration time, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  return !never.wait_for(lock, stop, time, [] { return false; }) && !stop.stop_requested();
}

}  // namespace

struct ServiceSenses::World {
  std::map<std::string, Json> signature;  // By service, what it was made of; the descriptions at "".
  std::vector<Error> problems;
  std::map<std::string, std::shared_ptr<ServiceCaller>, std::less<>> callers;
  std::vector<service::Inventory> inventories;
  std::vector<KindSpec> kinds;

  const KindSpec* kind(std::string_view name) const {
    const auto found = std::ranges::find(kinds, name, &KindSpec::name);
    return found == kinds.end() ? nullptr : &*found;
  }
};

struct ServiceSenses::Watcher {
  std::string service;
  std::mutex mutex;
  std::condition_variable_any woken;
  Duration look_now{0};    // Monotonic: everything is due from then on; 0 for nothing asked.
  Duration look_again{0};  // The same a second time.
  std::jthread thread;     // Last: it ends before what it uses.
};

ServiceSenses::ServiceSenses(Parts parts) : parts_(std::move(parts)), world_(std::make_shared<World>()) {
  outside_ = {.caller = [this](std::string_view name) -> std::shared_ptr<ServiceCaller> {
                if (name == kSecrets) return parts_.stored_secrets;
                const std::shared_ptr<const World> now = world();
                const auto found = now->callers.find(name);
                return found == now->callers.end() ? nullptr : found->second;
              },
              .secrets = &parts_.secrets,
              .passwords = &parts_.passwords,
              .clock = &parts_.clock,
              .random = &parts_.random,
              .pause = pause_until};
}

ServiceSenses::~ServiceSenses() { stop(); }

std::shared_ptr<const ServiceSenses::World> ServiceSenses::world() const {
  const std::lock_guard lock(mutex_);
  return world_;
}

std::vector<Error> ServiceSenses::apply(const ConfigTree& config, const std::vector<ServiceSettings>& settings,
                                        const std::vector<KindSpec>& kinds) {
  auto fresh = std::make_shared<World>();
  std::vector<ConfigNode> services;
  std::vector<ConfigNode> descriptions;
  for (const bool from_pack : {true, false}) {
    for (const auto& [path, file] : config.files()) {
      if (file.from_pack != from_pack) continue;
      std::ranges::move(file.of(DocumentKind::kService), std::back_inserter(services));
      for (ConfigNode& document : file.of(DocumentKind::kDescription)) {
        if (!exec::is_program(document)) descriptions.push_back(std::move(document));
      }
    }
  }
  Json& texts = fresh->signature[""];
  for (const ConfigNode& document : descriptions) texts.push_back(document.to_json());
  for (const KindSpec& kind : kinds) texts.push_back(kind.name);
  std::vector<Error>& problems = fresh->problems;
  std::map<std::string, const ConfigNode*> by_name;
  for (const ConfigNode& document : services) {
    const ConfigNode* name = document.find("service");
    if (!name) continue;
    const auto [earlier, is_new] = by_name.emplace(name->scalar, &document);
    if (is_new) continue;
    problems.push_back({ErrorCode::kAlreadyExists,
                        fmt::format("the service '{}' is described at {}:{} already", name->scalar,
                                    earlier->second->where.file, earlier->second->where.line),
                        name->where});
  }
  const service::CheckRequest check = [&](std::string_view name, const Json& request) -> Status {
    if (name == kSecrets) return parts_.stored_secrets->check(request);
    const auto found = by_name.find(std::string(name));
    if (found != by_name.end()) return check_request(protocol_of(*found->second), request);
    std::vector<std::string_view> names;
    for (const auto& [each, document] : by_name) names.push_back(each);
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("no pack describes the service '{}'{}", name, did_you_mean(name, names)));
  };
  for (const auto& [name, document] : by_name) fresh->signature[name].set("document", document->to_json());
  for (const ServiceSettings& wanted : settings) fresh->signature[wanted.name].set("settings", wanted.values);
  const std::shared_ptr<const World> before = world();
  if (fresh->signature == before->signature) return before->problems;

  std::map<std::string, rest::RestSpec> specs;
  std::map<std::string, std::string> protocols;
  for (const auto& [name, document] : by_name) {
    const std::string protocol = protocol_of(*document);
    if (protocol != "rest") {
      MapReader reader(*document, "a service");
      for (const char* key : {"service", "title"}) (void)reader.string_or(key, "");
      (void)reader.one_of("protocol", {"rest", "imap", "aws"}, "rest");
      std::vector<Error> wrong = reader.problems();
      if (wrong.empty()) protocols.emplace(name, protocol);
      std::ranges::move(wrong, std::back_inserter(problems));
      continue;
    }
    std::vector<Error> wrong;
    rest::RestSpec spec = rest::read_rest_spec(*document, check, wrong);
    if (wrong.empty()) {
      specs.emplace(name, std::move(spec));
      protocols.emplace(name, protocol);
    }
    std::ranges::move(wrong, std::back_inserter(problems));
  }
  service::Descriptions read = service::read_descriptions(descriptions, kinds, check);
  std::ranges::move(read.problems, std::back_inserter(problems));
  fresh->kinds = kinds;
  fresh->inventories = std::move(read.inventories);
  for (const ServiceSettings& wanted : settings) {
    const auto protocol = protocols.find(wanted.name);
    if (protocol == protocols.end()) {
      if (const Status known = check(wanted.name, Json::object()); !by_name.contains(wanted.name))
        problems.push_back({known.error().code, known.error().message, wanted.at});
      continue;
    }
    // A service that stays as it is keeps its sessions.
    const auto same = before->signature.find(wanted.name);
    const auto running = before->callers.find(wanted.name);
    const bool keep = same != before->signature.end() && same->second == fresh->signature[wanted.name];
    if (keep && running != before->callers.end()) {
      fresh->callers[wanted.name] = running->second;
      continue;
    }
    forget_looks(wanted.name);  // It may be another place now.
    auto caller = make(protocol->second, specs[wanted.name], wanted);
    if (caller)
      fresh->callers[wanted.name] = std::move(*caller);
    else
      problems.push_back({caller.error().code, caller.error().message, wanted.at});
  }
  std::vector<std::unique_ptr<Verb>> verbs;
  for (service::VerbDescription& verb : read.verbs)
    verbs.push_back(std::make_unique<service::DescribedVerb>(std::move(verb), outside_));
  for (const std::string& taken : parts_.verbs.describe("services", std::move(verbs)))
    problems.push_back({ErrorCode::kAlreadyExists, fmt::format("a verb named '{}' is built in", taken), {}});
  {
    const std::lock_guard lock(mutex_);
    world_ = fresh;
  }
  if (started_) restart_watchers();
  return fresh->problems;
}

void ServiceSenses::forget_looks(std::string_view service) {
  const std::string all = fmt::format("service:{}/", service);
  const std::lock_guard lock(mutex_);
  std::erase_if(looked_, [&](const auto& look) { return look.first.starts_with(all); });
}

Result<std::shared_ptr<ServiceCaller>> ServiceSenses::make(const std::string& protocol, const rest::RestSpec& spec,
                                                           const ServiceSettings& settings) {
  if (protocol == "imap") return shared(mail::Mailbox::create(settings.name, settings.values, parts_.secrets));
  if (protocol == "rest") return shared(rest::RestService::create(spec, settings.values, http_, outside_));
  aws::Environment environment;
  for (const auto& [name, value] : parts_.environment) environment.emplace(name, value);
  return shared(aws::AwsService::create(settings.values, {.http = http_,
                                                          .clock = parts_.clock,
                                                          .random = parts_.random,
                                                          .environment = std::move(environment),
                                                          .pause = aws::pause_for}));
}

void ServiceSenses::start() {
  started_ = true;
  restart_watchers();
}

void ServiceSenses::stop() {
  started_ = false;
  for (const auto& watcher : watchers_) watcher->thread.request_stop();
  watchers_.clear();
}

void ServiceSenses::restart_watchers() {
  for (const auto& watcher : watchers_) watcher->thread.request_stop();
  watchers_.clear();
  const std::shared_ptr<const World> now = world();
  std::set<std::string> services;
  for (const service::Inventory& inventory : now->inventories) {
    if (outside_.caller(inventory.service)) services.insert(inventory.service);
  }
  for (const std::string& name : services) {
    auto watcher = std::make_unique<Watcher>();
    watcher->service = name;
    Watcher& here = *watcher;
    watcher->thread = std::jthread([this, &here](const std::stop_token& stop) { watch(stop, here); });
    watchers_.push_back(std::move(watcher));
  }
}

void ServiceSenses::watch(const std::stop_token& stop, Watcher& watcher) {
  const std::shared_ptr<const World> now = world();
  struct Due {
    const service::Inventory* inventory;
    Duration at{0};
    service::Disappearances disappearances = {};
  };
  std::vector<Due> all;
  for (const service::Inventory& inventory : now->inventories) {
    if (inventory.service == watcher.service) all.push_back({&inventory, parts_.clock.monotonic()});
  }
  while (!stop.stop_requested() && !all.empty()) {
    {
      std::unique_lock lock(watcher.mutex);
      Duration next = std::ranges::min(all, {}, &Due::at).at;
      if (watcher.look_now != Duration(0)) next = std::min(next, watcher.look_now);
      if (watcher.look_again != Duration(0)) next = std::min(next, watcher.look_again);
      const Duration wait = next - parts_.clock.monotonic();
      const Duration asked = watcher.look_now;
      if (wait > Duration(0)) watcher.woken.wait_for(lock, stop, wait, [&] { return watcher.look_now != asked; });
      if (stop.stop_requested()) return;
      const Duration time = parts_.clock.monotonic();
      for (Duration* wish : {&watcher.look_now, &watcher.look_again}) {
        if (*wish == Duration(0) || *wish > time) continue;
        *wish = Duration(0);
        for (Due& due : all) due.at = std::min(due.at, time);
      }
    }
    std::string error;
    for (Due& due : all) {
      if (due.at > parts_.clock.monotonic() || stop.stop_requested()) continue;
      const auto listing = service::list_inventory(*due.inventory, *now->kind(due.inventory->kind), outside_, stop);
      const Duration rest = listing ? due.inventory->every : std::min(kAfterFailure, due.inventory->every);
      due.at = parts_.clock.monotonic() + rest;
      if (stop.stop_requested()) return;
      if (!listing) {
        error = listing.error().to_string();
        parts_.report(source_of(*due.inventory), error);
        continue;
      }
      Observation seen = listing->observation;
      seen.at = parts_.clock.now();
      if (due.disappearances.weigh(seen)) due.at = std::min(due.at, parts_.clock.monotonic() + kSecondLookAfter);
      parts_.observed(std::move(seen));
      {
        const std::lock_guard lock(mutex_);
        looked_[source_of(*due.inventory)] = parts_.clock.monotonic();
      }
      if (!listing->problems.empty()) parts_.report(source_of(*due.inventory), listing->problems.front().to_string());
    }
  }
}

Words ServiceSenses::waits_for(const decide::Policy& policy) const {
  const std::shared_ptr<const World> now = world();
  const std::lock_guard lock(mutex_);
  for (const service::Inventory& inventory : now->inventories) {
    const bool set_up = inventory.service == kSecrets || now->callers.contains(inventory.service);
    if (!policy.reads(inventory.kind) && !(policy.deletes_all() && set_up)) continue;
    if (!set_up) return Words::phrase("wait.service", {{"service", inventory.service}});
    const auto looked = looked_.find(source_of(inventory));
    if (looked == looked_.end()) return Words::phrase("wait.first_look", {{"kind", inventory.kind}});
    const Duration age = parts_.clock.monotonic() - looked->second;
    if (age > std::max(kStale, kMostMissed * inventory.every))
      return Words::phrase("wait.next_look", {{"kind", inventory.kind}, {"age", say_span(age)}});
  }
  return {};
}

void ServiceSenses::note_action(std::string_view verb) {
  const std::string_view service = verb.substr(0, verb.find('.'));
  for (const auto& watcher : watchers_) {
    // What an action did may have left something in the store of secrets, too.
    if (watcher->service != service && watcher->service != kSecrets) continue;
    const std::lock_guard lock(watcher->mutex);
    watcher->look_now = parts_.clock.monotonic();
    watcher->look_again = watcher->look_now + kLookAgainAfter;
    watcher->woken.notify_all();
  }
}

}  // namespace capstan::loop
