#include "drift/file_patch.h"

#include <map>

#include "drift/manifest_file.h"
#include "drift/unified_diff.h"

namespace capstan::drift {
namespace {

ObjectInFile in_file(const ObjectDrift& object) {
  return {.api_version = object.api_version, .kind = object.kind, .name_space = object.name_space, .name = object.name};
}

// Applies what can be; the rest is told.
void change(const ObjectDrift& object, std::string& text, std::vector<Error>& left_out) {
  const auto take = [&](Result<std::string> changed) {
    if (changed) {
      text = *std::move(changed);
    } else {
      left_out.push_back(std::move(changed).error());
    }
  };
  if (object.state == ObjectState::kMissing) return take(without_object(text, object.where.file, in_file(object)));
  // From the back, so that what is before keeps its place in lists.
  for (auto field = object.fields.rbegin(); field != object.fields.rend(); ++field) {
    if (!field->by_right.empty()) continue;
    const Difference& difference = field->difference;
    if (field->is_hidden && !difference.is.is_null()) {
      left_out.push_back({ErrorCode::kFailedPrecondition,
                          to_string(difference.path) + " is a secret: change it by hand", object.where});
      continue;
    }
    take(with_field(text, object.where.file, in_file(object), difference.path, difference.is));
  }
}

}  // namespace

FilePatch patch_files(const DriftReport& report, const std::function<Result<std::string>(const std::string&)>& read,
                      const std::function<std::string(const std::string&)>& name) {
  FilePatch patch;
  struct Texts {
    std::string before;
    std::string after;
  };
  std::map<std::string, Texts> files;
  for (const ObjectDrift& object : report.drifts) {
    if (!object.counts()) continue;
    const std::string& file = object.where.file;
    if (object.state == ObjectState::kExtra || file.empty()) {
      patch.left_out.push_back({ErrorCode::kNotFound, object.id + " is in no file", {}});
      continue;
    }
    if (!files.contains(file)) {
      Result<std::string> text = read(file);
      if (!text) {
        patch.left_out.push_back(std::move(text).error());
        continue;
      }
      files[file] = {*text, *text};
    }
    change(object, files[file].after, patch.left_out);
  }
  for (const auto& [file, texts] : files) patch.diff += unified_diff(name(file), texts.before, texts.after);
  return patch;
}

void place_fields(DriftReport& report, const std::function<Result<std::string>(const std::string&)>& read) {
  for (ObjectDrift& object : report.drifts) {
    if (object.where.file.empty() || object.fields.empty()) continue;
    const Result<std::string> text = read(object.where.file);
    if (!text) continue;
    for (FieldDrift& field : object.fields) {
      const auto place = place_of(*text, object.where.file, in_file(object), field.difference.path);
      field.where = place.value_or(object.where);
    }
  }
}

}  // namespace capstan::drift
