// A drift report for people.
#include <fmt/format.h>

#include "drift/drift_report.h"

namespace capstan::drift {
namespace {

constexpr size_t kLongestValue = 120;

std::string shown(const Json& value) {
  if (value.is_null()) return "absent";
  std::string text = value.dump();
  if (text.size() <= kLongestValue) return text;
  size_t end = kLongestValue;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

// What comes from annotations and other people's errors must not drive a terminal.
std::string harmless(std::string text) {
  for (char& c : text) c = static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  return text;
}

std::string place(const Where& where) {
  if (where.file.empty()) return "";
  return where.line > 0 ? fmt::format("  {}:{}", where.file, where.line) : "  " + where.file;
}

std::string say_owner(const FieldDrift& field) {
  std::string text;
  if (field.owner) {
    text = "last set by " + (field.owner->manager.empty() ? "an unnamed manager" : harmless(field.owner->manager));
    if (!field.owner->subresource.empty()) text += fmt::format(" through {}", field.owner->subresource);
    if (field.owner->at) text += " at " + format_time(*field.owner->at);
  }
  if (field.seen) text += fmt::format("{}seen at {}", text.empty() ? "" : ", ", format_time(*field.seen));
  return text;
}

std::string counted(size_t number, std::string_view what) {
  return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
}

std::string object_text(const ObjectDrift& object, bool all) {
  std::string text =
      fmt::format("\n{:<8} {}{}\n", object.state == ObjectState::kNotCompared ? "unknown" : to_string(object.state),
                  object.id, place(object.where));
  if (object.gone) text += fmt::format("         went at {}\n", format_time(*object.gone));
  if (!object.defined_by.empty()) text += fmt::format("         defined by {}\n", harmless(object.defined_by));
  for (const FieldDrift& field : object.fields) {
    if (!all && !field.by_right.empty()) continue;
    text +=
        fmt::format("         {}{}\n           {}\n", to_string(field.difference.path), place(field.where), say(field));
  }
  if (!object.says.empty()) {
    text +=
        fmt::format("         {}{}\n", object.state == ObjectState::kDiffers ? "the API server would refuse it: " : "",
                    harmless(object.says));
  }
  return text;
}

std::string check_text(const Json& check) {
  std::string text = "\nto make the cluster as the manifests say would break:\n";
  for (const Json& finding : check["broken"].items()) {
    text += fmt::format("  {}  {}: {}\n", finding["rule"].string_or_empty(), finding["resource"].string_or_empty(),
                        finding["says"].string_or_empty());
  }
  return text;
}

}  // namespace

std::string say(const FieldDrift& field) {
  const Difference& difference = field.difference;
  std::string text = field.is_hidden && difference.should == difference.is
                         ? "differs; its value is a secret"
                         : fmt::format("is {}, should be {}", shown(difference.is), shown(difference.should));
  if (!field.by_right.empty()) text += fmt::format(": {}", field.by_right);
  const std::string owner = say_owner(field);
  if (!owner.empty()) text += fmt::format(" ({})", owner);
  return text;
}

std::string to_text(const DriftReport& report, bool all) {
  size_t drifted = 0;
  size_t by_right = 0;
  size_t unknown = 0;
  for (const ObjectDrift& object : report.drifts) {
    drifted += object.counts();
    unknown += object.state == ObjectState::kNotCompared;
    for (const FieldDrift& field : object.fields) by_right += !field.by_right.empty();
  }
  std::string text = fmt::format(
      "{} of {} as the manifests say",
      drifted + unknown == 0 ? "all" : std::to_string(report.objects - std::min(report.objects, drifted + unknown)),
      counted(report.objects, "object"));
  text += fmt::format(" ({} compared by the API server's dry run, {} by the live object, {} by the catalog)\n",
                      report.by_server, report.by_object, report.by_catalog);
  for (const ObjectDrift& object : report.drifts) {
    const bool is_shown = all || object.counts() || object.state == ObjectState::kNotCompared;
    if (is_shown) text += object_text(object, all);
  }
  if (by_right > 0 && !all) {
    text += fmt::format("\n{} set by controllers by right (--all shows them)\n", counted(by_right, "field"));
  }
  if (!report.check["broken"].items().empty()) text += check_text(report.check);
  if (!report.problems.empty()) text += "\nnot compared:\n";
  for (const Error& problem : report.problems) text += fmt::format("  {}\n", problem.to_string());
  return text;
}

}  // namespace capstan::drift
