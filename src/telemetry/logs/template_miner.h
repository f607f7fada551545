// Finds the templates that lines follow, line by line, without knowing them before: a tree of fixed depth over the
// number of words and the first that does not vary, in the manner of Drain (He et al., "Drain: An Online Log Parsing
// Approach with Fixed Depth Tree", ICWS 2017).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace capstan::telemetry {

struct MinerOptions {
  size_t templates = 10'000;
  size_t template_bytes = 8 << 20;  // Of all their texts.
  size_t branches = 256;            // For lines of one length; further first words share a branch.
  size_t leaf_templates = 256;      // Compared with a line, at most.
  double similarity = 0.5;          // Share of equal words from which a line follows a template.
};

// One text that a template has or had; the text widens when lines differ where it had a word.
struct TemplateText {
  uint64_t id = 0;  // Of the template; stays when the text widens.
  std::string text;
};

// Not thread-safe.
class TemplateMiner {
 public:
  explicit TemplateMiner(MinerOptions options) : options_(options) {}

  struct Match {
    std::shared_ptr<const TemplateText> text;
    std::vector<std::string_view> variables;  // Views into the line; with the text they give the line again.
  };
  // The template of a line; a new one where none is near. Beyond the limits all lines share the template 0, "<*>".
  Match add(std::string_view line);

  // Makes a template of an earlier run known again.
  void restore(const TemplateText& known);
  // The current text of every template.
  std::vector<std::shared_ptr<const TemplateText>> templates() const;
  size_t size() const { return templates_.size(); }

 private:
  struct Template {
    std::vector<std::string> words;
    std::vector<size_t> hashes;  // Of the words: comparing numbers is faster.
    std::shared_ptr<const TemplateText> text;
  };
  using Words = std::vector<std::string_view>;
  using Leaf = std::vector<size_t>;  // Positions in templates_.

  Leaf& leaf_of(const Words& words);
  // The position of the most similar template; -1 when none is similar enough.
  ptrdiff_t nearest(const Leaf& leaf, const Words& words) const;
  void insert(Leaf& leaf, uint64_t id, const Words& words);
  void widen(Template& one, const Words& words);

  const MinerOptions options_;
  // By the number of words, then by the first of them that does not vary.
  std::map<size_t, std::map<std::string, Leaf, std::less<>>> tree_;
  std::vector<Template> templates_;
  std::shared_ptr<const TemplateText> any_ = std::make_shared<const TemplateText>(TemplateText{0, "<*>"});
  uint64_t next_id_ = 1;
  size_t bytes_ = 0;
};

}  // namespace capstan::telemetry
