// The label index of the series in memory. Not thread-safe: the head guards it.
#pragma once

#include <map>
#include <string>

#include "model/labels.h"
#include "telemetry/metrics/postings.h"

namespace capstan::telemetry {

class HeadIndex final : public LabelIndex {
 public:
  // Numbers must rise from call to call.
  void add(SeriesNumber number, const Labels& labels);
  // `numbers` must be rising; `labels` are theirs.
  void remove(const Postings& numbers, const std::vector<const Labels*>& labels);

  PostingsView all() const override { return all_; }
  PostingsView with(std::string_view name, std::string_view value) const override;
  void each_value(std::string_view name,
                  const std::function<void(std::string_view value, PostingsView series)>& use) const override;
  void each_name(const std::function<void(std::string_view name)>& use) const override;

 private:
  using Values = std::map<std::string, Postings, std::less<>>;
  std::map<std::string, Values, std::less<>> names_;
  Postings all_;
};

}  // namespace capstan::telemetry
