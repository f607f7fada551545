// XML by libxml2: nothing is fetched, no entity is expanded, and the lines of attributes are found in the text, because
// libxml2 knows only where an element's tag ends.
#include <fmt/format.h>
#include <libxml/parser.h>
#include <libxml/tree.h>

#include <cctype>
#include <map>
#include <memory>
#include <mutex>

#include "product/config_text.h"

namespace capstan::product {
namespace {

// Where a start tag and its attributes begin.
struct TagLines {
  int line = 0;
  std::map<std::string, int, std::less<>> attributes;
};

class TagScanner {
 public:
  explicit TagScanner(std::string_view text) : text_(text) {}

  // Start tags in the order of the text. Of a text that libxml2 has taken.
  std::vector<TagLines> scan() {
    std::vector<TagLines> tags;
    while (at_ < text_.size()) {
      if (text_[at_] != '<') {
        step();
      } else if (skip("<!--", "-->") || skip("<![CDATA[", "]]>") || skip("<?", "?>") || skip("<!", ">") ||
                 skip("</", ">")) {
        continue;
      } else {
        tags.push_back(read_tag());
      }
    }
    return tags;
  }

 private:
  void step() {
    if (text_[at_++] == '\n') ++line_;
  }
  bool skip(std::string_view open, std::string_view close) {
    if (!text_.substr(at_).starts_with(open)) return false;
    for (size_t i = 0; i < open.size(); ++i) step();
    while (at_ < text_.size() && !text_.substr(at_).starts_with(close)) step();
    for (size_t i = 0; i < close.size() && at_ < text_.size(); ++i) step();
    return true;
  }
  bool is_name_end() const {
    const char c = text_[at_];
    return std::isspace(static_cast<unsigned char>(c)) || c == '=' || c == '>' || c == '/';
  }
  TagLines read_tag() {
    TagLines tag{.line = line_, .attributes = {}};
    step();
    while (at_ < text_.size() && !is_name_end()) step();
    while (at_ < text_.size() && text_[at_] != '>') {
      if (text_[at_] == '"' || text_[at_] == '\'') {
        const char quote = text_[at_];
        do step();
        while (at_ < text_.size() && text_[at_] != quote);
        if (at_ < text_.size()) step();
      } else if (is_name_end()) {
        step();
      } else {
        const size_t begin = at_;
        const int line = line_;
        while (at_ < text_.size() && !is_name_end() && text_[at_] != '"' && text_[at_] != '\'') step();
        tag.attributes.emplace(text_.substr(begin, at_ - begin), line);
      }
    }
    if (at_ < text_.size()) step();
    return tag;
  }

  std::string_view text_;
  size_t at_ = 0;
  int line_ = 1;
};

std::string string_of(const xmlChar* text) {
  return text == nullptr ? std::string() : std::string(reinterpret_cast<const char*>(text));
}

class TreeReader {
 public:
  TreeReader(std::string_view file, std::vector<TagLines> tags) : file_(file), tags_(std::move(tags)) {}

  Status read(const xmlNode* element, std::vector<ConfigEntry>& into, int depth) {
    if (depth > kMostDepth || count_ >= kMostEntries) {
      return fail(ErrorCode::kResourceExhausted,
                  depth > kMostDepth ? fmt::format("elements are nested more than {} levels deep", kMostDepth)
                                     : fmt::format("more than {} elements and attributes", kMostEntries),
                  {std::string(file_), static_cast<int>(xmlGetLineNo(const_cast<xmlNode*>(element))), 0});
    }
    ++count_;
    const TagLines* tag = next_tag_ < tags_.size() ? &tags_[next_tag_++] : nullptr;
    const int line = tag ? tag->line : static_cast<int>(xmlGetLineNo(const_cast<xmlNode*>(element)));
    ConfigEntry entry{
        .name = string_of(element->name), .values = {}, .where = {std::string(file_), line, 0}, .entries = {}};
    for (const xmlAttr* attribute = element->properties; attribute != nullptr; attribute = attribute->next) {
      read_attribute(attribute, tag, entry);
    }
    std::string text;
    for (const xmlNode* child = element->children; child != nullptr; child = child->next) {
      if (child->type == XML_ELEMENT_NODE) TRY(read(child, entry.entries, depth + 1));
      if (child->type == XML_TEXT_NODE || child->type == XML_CDATA_SECTION_NODE) text += string_of(child->content);
    }
    const size_t begin = text.find_first_not_of(" \t\r\n");
    if (begin != std::string::npos)
      entry.values.push_back(text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1));
    into.push_back(std::move(entry));
    return {};
  }

 private:
  void read_attribute(const xmlAttr* attribute, const TagLines* tag, ConfigEntry& entry) {
    ++count_;
    std::string value;
    for (const xmlNode* part = attribute->children; part != nullptr; part = part->next) {
      if (part->type == XML_TEXT_NODE) value += string_of(part->content);
    }
    const std::string name = string_of(attribute->name);
    int line = entry.where.line;
    if (tag != nullptr) {
      if (const auto found = tag->attributes.find(name); found != tag->attributes.end()) line = found->second;
    }
    entry.entries.push_back(
        {.name = "@" + name, .values = {std::move(value)}, .where = {std::string(file_), line, 0}, .entries = {}});
  }

  std::string_view file_;
  std::vector<TagLines> tags_;
  size_t next_tag_ = 0;
  size_t count_ = 0;
};

struct FreeContext {
  void operator()(xmlParserCtxt* context) const { xmlFreeParserCtxt(context); }
};
struct FreeDocument {
  void operator()(xmlDoc* document) const { xmlFreeDoc(document); }
};

}  // namespace

Result<std::vector<ConfigEntry>> read_xml(std::string_view text, std::string_view file) {
  static std::once_flag once;
  std::call_once(once, [] { xmlInitParser(); });
  const std::unique_ptr<xmlParserCtxt, FreeContext> context(xmlNewParserCtxt());
  if (!context) return fail(ErrorCode::kResourceExhausted, "no memory for XML");
  constexpr int kOptions = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_BIG_LINES;
  const std::unique_ptr<xmlDoc, FreeDocument> document(
      xmlCtxtReadMemory(context.get(), text.data(), static_cast<int>(text.size()), nullptr, nullptr, kOptions));
  if (!document) {
    const xmlError* error = xmlCtxtGetLastError(context.get());
    std::string message = error != nullptr && error->message != nullptr ? error->message : "no XML";
    while (message.ends_with('\n')) message.pop_back();
    return fail(ErrorCode::kInvalidArgument, "in the XML: " + message,
                {std::string(file), error != nullptr ? error->line : 0, 0});
  }
  if (document->intSubset != nullptr && document->intSubset->entities != nullptr) {
    return fail(ErrorCode::kInvalidArgument, "the document declares entities, which are not read here",
                {std::string(file), 0, 0});
  }
  std::vector<ConfigEntry> entries;
  const xmlNode* root = xmlDocGetRootElement(document.get());
  if (root != nullptr) TRY(TreeReader(file, TagScanner(text).scan()).read(root, entries, 0));
  return entries;
}

}  // namespace capstan::product
