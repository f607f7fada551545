#include "telemetry/logs/log_chunk.h"

#include <zstd.h>

#include <map>
#include <utility>

#include "telemetry/logs/line_tokens.h"
#include "telemetry/storage/bytes.h"

namespace capstan::telemetry {
namespace {

constexpr int kCompressionLevel = 3;

std::unexpected<Error> corrupt(std::string_view what) {
  return fail(ErrorCode::kCorrupt, "a chunk of log lines is damaged: " + std::string(what));
}

std::vector<std::string_view> unpack(std::string_view packed) {
  std::vector<std::string_view> variables;
  for (ByteReader reader(packed); reader.ok() && !reader.at_end();) variables.push_back(reader.text());
  return variables;
}

std::string compress(std::string_view bytes) {
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), kCompressionLevel));
  return out;
}

Result<std::string> decompress(std::string_view bytes) {
  const unsigned long long size = ZSTD_getFrameContentSize(bytes.data(), bytes.size());
  if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN) return corrupt("it is not compressed");
  if (size > kMaxChunkBytes) return corrupt("it claims to be larger than any chunk");
  std::string out(size, '\0');
  const size_t got = ZSTD_decompress(out.data(), out.size(), bytes.data(), bytes.size());
  if (ZSTD_isError(got) != 0 || got != size) return corrupt("it does not unpack");
  return out;
}

}  // namespace

LogEntry LogEntry::create(int64_t at_ms, const TemplateMiner::Match& match) {
  ByteWriter packed;
  for (std::string_view variable : match.variables) packed.text(variable);
  return {.at_ms = at_ms, .text = match.text, .variables = packed.take()};
}

std::string LogEntry::line() const { return fill_template(text->text, unpack(variables)); }

std::string encode_log_chunk(const std::vector<LogEntry>& entries) {
  std::map<const TemplateText*, size_t> numbers;
  std::vector<const TemplateText*> texts;
  for (const LogEntry& entry : entries) {
    if (numbers.emplace(entry.text.get(), texts.size()).second) texts.push_back(entry.text.get());
  }
  ByteWriter out;
  out.varint(texts.size());
  for (const TemplateText* text : texts) {
    out.varint(text->id);
    out.text(text->text);
  }
  out.varint(entries.size());
  uint64_t previous_ms = 0;
  for (const LogEntry& entry : entries) {
    out.zigzag(static_cast<int64_t>(static_cast<uint64_t>(entry.at_ms) - previous_ms));
    previous_ms = static_cast<uint64_t>(entry.at_ms);
  }
  std::vector<std::vector<std::vector<std::string_view>>> variables(texts.size());  // By template, then line.
  for (const LogEntry& entry : entries) {
    const size_t number = numbers.at(entry.text.get());
    out.varint(number);
    variables[number].push_back(unpack(entry.variables));
  }
  // One variable of all lines of a template stands together: they resemble each other, which compresses best.
  for (size_t number = 0; number < texts.size(); ++number) {
    for (size_t position = 0; position < count_placeholders(texts[number]->text); ++position) {
      for (const std::vector<std::string_view>& line : variables[number]) {
        out.text(position < line.size() ? line[position] : std::string_view());
      }
    }
  }
  return compress(out.bytes());
}

Result<std::vector<LogEntry>> decode_log_chunk(std::string_view bytes) {
  const std::string content = TRY(decompress(bytes));
  ByteReader reader(content);
  const uint64_t text_count = reader.varint();
  if (text_count > reader.left()) return corrupt("too many templates");
  std::vector<std::shared_ptr<const TemplateText>> texts;
  for (uint64_t i = 0; i < text_count; ++i) {
    const uint64_t id = reader.varint();
    texts.push_back(std::make_shared<const TemplateText>(TemplateText{id, std::string(reader.text())}));
  }
  const uint64_t count = reader.varint();
  // A line takes two bytes at least: one for its time, one for its template.
  if (!reader.ok() || count > reader.left() / 2) return corrupt("too many lines");
  std::vector<LogEntry> entries(count);
  uint64_t at_ms = 0;
  for (LogEntry& entry : entries) {
    at_ms += static_cast<uint64_t>(reader.zigzag());
    entry.at_ms = static_cast<int64_t>(at_ms);
  }
  std::vector<std::vector<LogEntry*>> by_text(texts.size());
  for (LogEntry& entry : entries) {
    const uint64_t number = reader.varint();
    if (!reader.ok() || number >= texts.size()) return corrupt("a line has no template");
    entry.text = texts[number];
    by_text[number].push_back(&entry);
  }
  for (size_t number = 0; number < texts.size(); ++number) {
    if (by_text[number].empty()) continue;
    for (size_t left = count_placeholders(texts[number]->text); left > 0; --left) {
      for (LogEntry* entry : by_text[number]) {
        const std::string_view variable = reader.text();
        if (!reader.ok()) return corrupt("a variable is missing");
        ByteWriter length;
        length.varint(variable.size());
        entry->variables += length.bytes();
        entry->variables += variable;
      }
    }
  }
  return entries;
}

}  // namespace capstan::telemetry
