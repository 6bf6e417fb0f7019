// SPDX-License-Identifier: Apache-2.0
#include "app/access/matrix.h"
#include "base/json/writer.h"

namespace ashlar::app {
namespace {

constexpr std::string_view kHead =
    "# Who may do what at '{}'. Printed by `ashlar export access`: what changes here is a change of rights.\n"
    "#\n"
    "#   RESOURCE OPERATION [CALLERS]: no, yes, or the condition on the row, in CEL\n"
    "#   RESOURCE.FIELD read, create or update [CALLERS]: the same, for rows of which they read, create or update any\n"
    "#\n"
    "# user: signed in, without a role. role NAME: a user with that role alone, and what it inherits. apiKey, "
    "service:\n"
    "# with any roles. update: the row as it is; update to: the row as it becomes. PUT: as update where the row is\n"
    "# there, as create where it is not.\n";

std::string TextOf(const Cell& cell) {
  if (cell.may == Cell::May::kNo) return "no";
  return cell.may == Cell::May::kYes ? "yes" : cell.where;
}

// One line for all callers of whom the same holds, in the order of the first of each.
void AddLines(const Matrix& matrix, const std::string& of, const Right& right, std::string& text) {
  std::vector<bool> told(matrix.kinds.size());
  for (size_t first = 0; first < matrix.kinds.size(); ++first) {
    if (told[first]) continue;
    std::vector<std::string> callers;
    for (size_t i = first; i < matrix.kinds.size(); ++i) {
      if (right.cells[i] != right.cells[first]) continue;
      told[i] = true;
      callers.push_back(matrix.kinds[i].name);
    }
    std::string who = callers.size() == matrix.kinds.size() ? "everybody" : fmt::format("{}", fmt::join(callers, ", "));
    text += fmt::format("{} {} [{}]: {}\n", of, right.name, who, TextOf(right.cells[first]));
  }
}

void WriteRight(const Matrix& matrix, const Right& right, json::Writer& out) {
  out.Key(right.name);
  out.BeginObject();
  for (size_t i = 0; i < matrix.kinds.size(); ++i) {
    out.Key(matrix.kinds[i].name);
    if (right.cells[i].may == Cell::May::kWhere) {
      out.String(right.cells[i].where);
    } else {
      out.Bool(right.cells[i].may == Cell::May::kYes);
    }
  }
  out.EndObject();
}

}  // namespace

std::string Render(const Matrix& matrix) {
  std::string text = fmt::format(kHead, matrix.service);
  for (const ResourceRights& resource : matrix.resources) {
    text += '\n';
    for (const Right& right : resource.operations) AddLines(matrix, resource.name, right, text);
    for (const ResourceRights::Field& field : resource.fields) {
      std::string of = fmt::format("{}.{}", resource.name, field.name);
      for (const Right& right : field.rights) AddLines(matrix, of, right, text);
    }
  }
  return text;
}

std::string RenderJson(const Matrix& matrix) {
  std::string text;
  json::Writer out(text);
  out.BeginObject();
  out.Field("service", matrix.service);
  out.Key("callers");
  out.BeginArray();
  for (const CallerKind& kind : matrix.kinds) out.String(kind.name);
  out.EndArray();
  out.Key("resources");
  out.BeginArray();
  for (const ResourceRights& resource : matrix.resources) {
    out.BeginObject();
    out.Field("name", resource.name);
    out.Key("operations");
    out.BeginObject();
    for (const Right& right : resource.operations) WriteRight(matrix, right, out);
    out.EndObject();
    out.Key("fields");
    out.BeginObject();
    for (const ResourceRights::Field& field : resource.fields) {
      out.Key(field.name);
      out.BeginObject();
      for (const Right& right : field.rights) WriteRight(matrix, right, out);
      out.EndObject();
    }
    out.EndObject();
    out.EndObject();
  }
  out.EndArray();
  out.EndObject();
  return text;
}

}  // namespace ashlar::app
