// SPDX-License-Identifier: Apache-2.0
#include "plan/patch.h"

#include "base/json/patch.h"
#include "base/json/writer.h"
#include "model/row_id.h"
#include "plan/audit.h"

namespace ashlar::plan {
namespace {

constexpr json::Limits kStored{.depth = 256, .bytes = SIZE_MAX};

// The row as a client that asks for all of it gets it, without what is included.
json::Json Readable(const model::Resource& resource, const Draft& draft, const Values& stored) {
  std::string text;
  json::Writer out(text);
  out.BeginObject();
  if (resource.id_kind == model::IdKind::kComposite) {
    out.Field("id", model::FormatId(resource, KeyOf(resource, stored)));
  }
  for (size_t i = 0; i < resource.fields.size(); ++i) {
    if (!draft.Reads(FieldId{static_cast<uint32_t>(i)})) continue;
    out.Key(resource.fields[i].name);
    stored[i].is_null() ? out.Null() : resource.fields[i].type->Format(stored[i], out);
  }
  out.EndObject();
  auto parsed = json::Parse(text, kStored);
  return parsed ? std::move(*parsed) : json::Json(json::Object{});
}

call::ApiError ToApiError(json::PatchError error) {
  if (error.kind == json::PatchError::Kind::kConflict) {
    return {call::Code::kConflict, fmt::format("the patch does not fit: {} {}", error.place, error.message), {}};
  }
  return {call::Code::kValidationError,
          "the patch is not valid",
          {{std::move(error.place), types::Detail::kFormat, std::move(error.message)}}};
}

}  // namespace

std::expected<json::Json, call::ApiError> PatchedBody(const model::Resource& resource, const Draft& draft,
                                                      const Values& stored, const json::Json& patch) {
  const json::Json before = Readable(resource, draft, stored);
  json::Json after = before;
  if (auto error = json::ApplyPatch(after, patch)) return std::unexpected(ToApiError(std::move(*error)));
  if (after.object() == nullptr) return after;  // told as any body that is no object
  json::Object changes;
  for (const json::Member& member : *before.object()) {
    if (after.Find(member.name) == nullptr) changes.push_back({member.name, json::Json()});
  }
  for (json::Member& member : std::get<json::Object>(after.value)) {
    const json::Json* was = before.Find(member.name);
    if (was == nullptr || !(*was == member.value)) changes.push_back(std::move(member));
  }
  return json::Json(std::move(changes));
}

}  // namespace ashlar::plan
