#include "telemetry/logs/template_miner.h"

#include <algorithm>
#include <functional>

#include "telemetry/logs/line_tokens.h"

namespace capstan::telemetry {
namespace {

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += ' ';
    text += words[i];
  }
  return text;
}

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> words;
  while (true) {
    const size_t space = text.find(' ');
    words.push_back(text.substr(0, space));
    if (space == std::string_view::npos) return words;
    text.remove_prefix(space + 1);
  }
}

size_t hash_of(std::string_view word) { return std::hash<std::string_view>()(word); }

bool is_constant(std::string_view word) {
  return word.find(kPlaceholder) == std::string_view::npos &&
         std::ranges::any_of(word, [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
}

}  // namespace

TemplateMiner::Leaf& TemplateMiner::leaf_of(const Words& words) {
  // A word that varies must not lead apart lines that belong together, so only one word leads: the second is too often
  // a name.
  const auto first = std::ranges::find_if(words, is_constant);
  const std::string_view branch = first == words.end() ? kPlaceholder : *first;
  auto& branches = tree_[words.size()];
  if (const auto leaf = branches.find(branch); leaf != branches.end()) return leaf->second;
  return branches[std::string(branches.size() < options_.branches ? branch : kPlaceholder)];
}

// Where a template has a bare placeholder any word is welcome, but it does not count as equal.
ptrdiff_t TemplateMiner::nearest(const Leaf& leaf, const Words& words) const {
  std::vector<size_t> hashes;
  for (std::string_view word : words) hashes.push_back(hash_of(word));
  ptrdiff_t best = -1;
  size_t best_equal = 0;
  for (size_t position : leaf) {
    const std::vector<size_t>& known = templates_[position].hashes;
    size_t equal = 0;
    for (size_t i = 0; i < hashes.size(); ++i) equal += known[i] == hashes[i] ? 1 : 0;
    if (best >= 0 && equal <= best_equal) continue;
    if (static_cast<double>(equal) < options_.similarity * static_cast<double>(words.size())) continue;
    best = static_cast<ptrdiff_t>(position);
    best_equal = equal;
  }
  return best;
}

void TemplateMiner::insert(Leaf& leaf, uint64_t id, const Words& words) {
  Template one;
  one.words.assign(words.begin(), words.end());
  for (std::string_view word : words) one.hashes.push_back(hash_of(word));
  one.text = std::make_shared<const TemplateText>(TemplateText{id, join(one.words)});
  bytes_ += one.text->text.size();
  leaf.push_back(templates_.size());
  templates_.push_back(std::move(one));
  next_id_ = std::max(next_id_, id + 1);
}

void TemplateMiner::widen(Template& one, const Words& words) {
  bool changed = false;
  for (size_t i = 0; i < words.size(); ++i) {
    if (one.words[i] == kPlaceholder || one.words[i] == words[i]) continue;
    one.words[i] = kPlaceholder;
    one.hashes[i] = hash_of(kPlaceholder);
    changed = true;
  }
  if (!changed) return;
  bytes_ -= one.text->text.size();
  one.text = std::make_shared<const TemplateText>(TemplateText{one.text->id, join(one.words)});
  bytes_ += one.text->text.size();
}

TemplateMiner::Match TemplateMiner::add(std::string_view line) {
  const std::vector<LineToken> tokens = split_line(line);
  Words words;
  words.reserve(tokens.size());
  for (const LineToken& token : tokens) words.push_back(token.masked);

  Leaf& leaf = leaf_of(words);
  ptrdiff_t found = nearest(leaf, words);
  if (found < 0) {
    if (templates_.size() >= options_.templates || leaf.size() >= options_.leaf_templates ||
        bytes_ + line.size() > options_.template_bytes) {
      return {any_, {line}};
    }
    insert(leaf, next_id_, words);
    found = static_cast<ptrdiff_t>(templates_.size()) - 1;
  }
  Template& one = templates_[static_cast<size_t>(found)];
  widen(one, words);

  Match match{one.text, {}};
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (one.words[i] == kPlaceholder) {
      match.variables.push_back(tokens[i].text);
    } else {
      match.variables.insert(match.variables.end(), tokens[i].variables.begin(), tokens[i].variables.end());
    }
  }
  return match;
}

void TemplateMiner::restore(const TemplateText& known) {
  if (known.id == 0 || templates_.size() >= options_.templates) return;
  const Words words = split(known.text);
  insert(leaf_of(words), known.id, words);
}

std::vector<std::shared_ptr<const TemplateText>> TemplateMiner::templates() const {
  std::vector<std::shared_ptr<const TemplateText>> texts;
  for (const Template& one : templates_) texts.push_back(one.text);
  return texts;
}

}  // namespace capstan::telemetry
