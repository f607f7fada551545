// Templates in labels and annotations of alerts, in Go's text/template language with Prometheus' functions.
// Source: "Template reference" of the Prometheus documentation; the documentation of Go's text/template.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "model/labels.h"
#include "model/signal.h"

namespace capstan::detect {

struct TemplateNode;

// What a template can see.
struct TemplateData {
  Labels labels;  // .Labels and $labels
  double value = 0;
  Labels external_labels;
  std::string external_url;
};

// Where the function `query` gets its answers.
struct TemplateWorld {
  const SignalSource* signals = nullptr;  // nullptr: `query` is an error.
  Time at;
};

// Immutable; copies share the tree. Thread-safe.
class Template {
 public:
  // Errors carry line and column within the text.
  static Result<Template> parse(std::string_view text);

  // The text with all actions carried out. Stops with kResourceExhausted beyond 1 MiB or 100,000 steps.
  Result<std::string> expand(const TemplateData& data, const TemplateWorld& world) const;

  // As Prometheus: an error becomes the text, so that the alert itself is never lost.
  std::string expand_or_say(const TemplateData& data, const TemplateWorld& world) const;

  const std::string& text() const { return text_; }

 private:
  std::string text_;
  std::shared_ptr<const std::vector<TemplateNode>> nodes_;
};

}  // namespace capstan::detect
