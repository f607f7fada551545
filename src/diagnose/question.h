// Questions about `this`, asked of a picture for some resources.
//
// Besides the picture's tables they can read diagnosis_event(resource, reason, message, count, age_seconds): warnings
// that were fetched for this diagnosis; empty where nothing is live.
#pragma once

#include <vector>

#include "catalog/picture.h"
#include "diagnose/diagnosis_file.h"
#include "diagnose/testimony.h"
#include "model/table.h"

namespace capstan::diagnose {

Status make_event_table(catalog::Picture& picture);
Status fill_event_table(catalog::Picture& picture, const Testimony& testimony);

// Of those of `ids` that are of the question's kinds.
Result<Table> ask(catalog::Picture& picture, const Question& question, const std::vector<ResourceId>& ids);

// The column's value as text; "" where there is none or it is NULL.
std::string value_of(const Table& table, size_t row, std::string_view column);

// "k8s_pod" of "k8s_pod/prod/shop/web".
std::string kind_of(const ResourceId& id);
// Those that are of one of the kinds.
std::vector<ResourceId> of_kinds(const std::vector<ResourceId>& ids, const std::vector<std::string>& kinds);

}  // namespace capstan::diagnose
