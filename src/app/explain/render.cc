// SPDX-License-Identifier: Apache-2.0
#include "app/explain/explain.h"
#include "base/counted.h"
#include "base/json/writer.h"

namespace ashlar::app {
namespace {

std::string_view NameOf(Question::What what) {
  switch (what) {
    case Question::What::kPlain: return "operation";
    case Question::What::kFilter: return "filter";
    case Question::What::kSort: return "sort";
    case Question::What::kInclude: return "include";
    case Question::What::kCursor: return "cursor";
    case Question::What::kGroup: return "group";
    case Question::What::kPurge: return "purge";
  }
  return "";
}

// "listOrders (signed in), include lines".
std::string TitleOf(const Explained& one) {
  std::string title = one.operation;
  if (one.what != Question::What::kPlain) title += fmt::format(", {}", NameOf(one.what));
  if (!one.name.empty()) title += " " + one.name;
  if (!one.part.empty()) title += ", " + one.part;
  if (one.everybody) return title;
  if (!one.callers.empty()) title += fmt::format(" ({})", fmt::join(one.callers, ", "));
  return title;
}

// The steps that tell how rows are found and put in order.
std::string LineOf(const store::sqlite::QueryPlan& plan) {
  std::string line;
  for (std::string_view step : plan.steps) {
    step.remove_prefix(step.find_first_not_of(' '));
    bool told = step.starts_with("SEARCH ") || step.starts_with("USE TEMP B-TREE") || step.starts_with("SCAN ");
    bool inner = step.starts_with("SCAN (") || step.starts_with("SCAN json_each") || step == "SCAN CONSTANT ROW";
    if (told && !inner) line += fmt::format("{}{}", line.empty() ? "" : "; ", step);
  }
  return line;
}

// "[[status], [total]]": one index for each field.
std::string ListsOf(const std::vector<std::string>& fields) { return fmt::format("[[{}]]", fmt::join(fields, "], [")); }

}  // namespace

std::string Render(const std::vector<Explained>& all) {
  std::string text;
  const model::Resource* last = nullptr;
  std::vector<std::pair<const model::Resource*, std::vector<std::string>>> missing;
  size_t without = 0;
  for (const Explained& one : all) {
    if (one.resource != last) text += fmt::format("{}{}\n", last == nullptr ? "" : "\n", one.resource->name);
    last = one.resource;
    text += fmt::format("  {}: {}\n", TitleOf(one), LineOf(one.plan));
    if (one.indexed) continue;
    ++without;
    if (one.declares == nullptr) {
      text += "    no index would find these rows\n";
      continue;
    }
    text += fmt::format("    no index; declare in {}: indexes: {}\n", one.declares->name, ListsOf(one.index));
    auto of =
        std::ranges::find(missing, one.declares, &std::pair<const model::Resource*, std::vector<std::string>>::first);
    if (of == missing.end()) of = missing.insert(missing.end(), {one.declares, {}});
    for (const std::string& field : one.index) {
      if (std::ranges::find(of->second, field) == of->second.end()) of->second.push_back(field);
    }
  }
  text +=
      fmt::format("{}{}, {} without an index\n", all.empty() ? "" : "\n", Counted(all.size(), "statement"), without);
  if (!missing.empty()) text += "Declare what is asked for often:\n";
  for (const auto& [resource, fields] : missing) {
    text += fmt::format("  {}: {{ indexes: {} }}\n", resource->name, ListsOf(fields));
  }
  return text;
}

std::string RenderJson(const std::vector<Explained>& all) {
  std::string text;
  json::Writer out(text);
  auto write_texts = [&](std::string_view key, const std::vector<std::string>& texts) {
    out.Key(key);
    out.BeginArray();
    for (const std::string& one : texts) out.String(one);
    out.EndArray();
  };
  out.BeginObject();
  out.Key("plans");
  out.BeginArray();
  for (const Explained& one : all) {
    out.BeginObject();
    out.Field("resource", one.resource->name);
    out.Field("operation", one.operation);
    out.Field("what", NameOf(one.what));
    if (!one.name.empty()) out.Field("name", one.name);
    if (!one.part.empty()) out.Field("part", one.part);
    if (!one.callers.empty()) write_texts("callers", one.callers);
    out.Field("sql", one.plan.sql);
    write_texts("steps", one.plan.steps);
    out.Key("indexed");
    out.Bool(one.indexed);
    if (one.declares != nullptr) {
      out.Key("declare");
      out.BeginObject();
      out.Field("resource", one.declares->name);
      write_texts("fields", one.index);
      out.EndObject();
    }
    out.EndObject();
  }
  out.EndArray();
  out.EndObject();
  return text;
}

}  // namespace ashlar::app
