#include "connect/aws/xml_tree.h"

#include <fmt/format.h>
#include <libxml/parser.h>
#include <libxml/tree.h>

#include <algorithm>
#include <climits>
#include <memory>
#include <mutex>

namespace capstan::aws {
namespace {

constexpr int kMostDepth = 100;
constexpr size_t kMostElements = 2'000'000;

struct FreeXml {
  void operator()(xmlParserCtxt* context) const { xmlFreeParserCtxt(context); }
  void operator()(xmlDoc* document) const { xmlFreeDoc(document); }
};

std::string string_of(const xmlChar* text) {
  return text == nullptr ? std::string() : std::string(reinterpret_cast<const char*>(text));
}

Status read_element(const xmlNode* node, XmlElement& element, int depth, size_t& count) {
  if (depth > kMostDepth || ++count > kMostElements) {
    return fail(ErrorCode::kResourceExhausted,
                fmt::format("XML of more than {} levels or {} elements", kMostDepth, kMostElements));
  }
  element.name = string_of(node->name);
  for (const xmlAttr* attribute = node->properties; attribute != nullptr; attribute = attribute->next) {
    const xmlNode* value = attribute->children;
    element.attributes.emplace_back(string_of(attribute->name), value ? string_of(value->content) : "");
  }
  for (const xmlNode* child = node->children; child != nullptr; child = child->next) {
    if (child->type == XML_TEXT_NODE || child->type == XML_CDATA_SECTION_NODE)
      element.text += string_of(child->content);
    if (child->type != XML_ELEMENT_NODE) continue;
    TRY(read_element(child, element.children.emplace_back(), depth + 1, count));
  }
  return {};
}

}  // namespace

const XmlElement* XmlElement::child(std::string_view child_name) const {
  const auto found = std::ranges::find(children, child_name, &XmlElement::name);
  return found == children.end() ? nullptr : &*found;
}

std::string_view XmlElement::text_of(std::string_view child_name) const {
  const XmlElement* found = child(child_name);
  return found == nullptr ? std::string_view() : std::string_view(found->text);
}

Result<XmlElement> parse_xml(std::string_view text) {
  static std::once_flag once;
  std::call_once(once, [] { xmlInitParser(); });
  if (text.size() > INT_MAX) return fail(ErrorCode::kResourceExhausted, "XML of more than 2 GiB");
  const std::unique_ptr<xmlParserCtxt, FreeXml> context(xmlNewParserCtxt());
  if (!context) return fail(ErrorCode::kResourceExhausted, "no memory for XML");
  constexpr int kOptions = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING;
  const std::unique_ptr<xmlDoc, FreeXml> document(
      xmlCtxtReadMemory(context.get(), text.data(), static_cast<int>(text.size()), nullptr, nullptr, kOptions));
  const xmlNode* root = document ? xmlDocGetRootElement(document.get()) : nullptr;
  if (root == nullptr) return fail(ErrorCode::kCorrupt, "the answer is no XML");
  if (document->intSubset != nullptr) return fail(ErrorCode::kCorrupt, "the answer's XML has a document type");
  XmlElement element;
  size_t count = 0;
  TRY(read_element(root, element, 0, count));
  return element;
}

}  // namespace capstan::aws
