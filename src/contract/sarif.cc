// SPDX-License-Identifier: Apache-2.0
// SARIF 2.1.0, for code scanning: what is found as results, what kinds there are as rules.
#include "base/json/writer.h"
#include "contract/contract.h"

namespace ashlar::contract {
namespace {

void WriteText(std::string_view key, std::string_view text, json::Writer& out) {
  out.Key(key);
  out.BeginObject();
  out.Field("text", text);
  out.EndObject();
}

bool IsPlain(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
         std::string_view("-._~/").contains(c);
}

// A file's URI: relative to where the command runs, as its path is.
std::string UriOf(std::string_view path) {
  std::string uri = path.starts_with('/') ? "file://" : "";
  while (path.starts_with("./")) path.remove_prefix(2);
  for (char c : path) {
    uri += IsPlain(c) ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return uri;
}

// The kinds that results point at: all findings, and the mistakes that are told.
class Rules {
 public:
  explicit Rules(const Judgement& judgement) {
    for (const FindingRow& row : FindingRows()) ids_.emplace_back(row.id);
    for (const Mistake& mistake : judgement.mistakes) {
      if (std::ranges::find(ids_, mistake.id) == ids_.end()) ids_.push_back(mistake.id);
    }
  }

  int64_t IndexOf(const std::string& id) const { return std::ranges::find(ids_, id) - ids_.begin(); }

  void Write(json::Writer& out) const {
    std::vector<FindingRow> findings = FindingRows();
    out.Key("rules");
    out.BeginArray();
    for (size_t i = 0; i < ids_.size(); ++i) {
      bool warns = i < findings.size();
      out.BeginObject();
      out.Field("id", ids_[i]);
      WriteText("shortDescription", warns ? findings[i].title : "A mistake in the contract", out);
      if (warns) WriteText("fullDescription", findings[i].doc, out);
      out.Key("defaultConfiguration");
      out.BeginObject();
      out.Field("level", warns ? "warning" : "error");
      out.EndObject();
      out.EndObject();
    }
    out.EndArray();
  }

 private:
  std::vector<std::string> ids_;
};

void WriteLocation(const Mistake& mistake, json::Writer& out) {
  out.Key("locations");
  out.BeginArray();
  out.BeginObject();
  out.Key("physicalLocation");
  out.BeginObject();
  out.Key("artifactLocation");
  out.BeginObject();
  out.Field("uri", UriOf(mistake.file));
  out.EndObject();
  out.Key("region");
  out.BeginObject();
  out.Field("startLine", mistake.line);
  out.Field("startColumn", mistake.column);
  out.Field("endColumn", mistake.column + mistake.length);
  out.EndObject();
  out.EndObject();
  out.EndObject();
  out.EndArray();
}

void WriteResults(std::span<const Mistake> mistakes, const Rules& rules, json::Writer& out) {
  for (const Mistake& mistake : mistakes) {
    std::string text = mistake.message;
    if (!mistake.suggestion.empty()) text += fmt::format("; did you mean '{}'?", mistake.suggestion);
    out.BeginObject();
    out.Field("ruleId", mistake.id);
    out.Field("ruleIndex", rules.IndexOf(mistake.id));
    out.Field("level", mistake.finding ? "warning" : "error");
    WriteText("message", text, out);
    WriteLocation(mistake, out);
    out.EndObject();
  }
}

}  // namespace

std::string RenderSarif(const Judgement& judgement, std::string_view version) {
  Rules rules(judgement);
  std::string text;
  json::Writer out(text);
  out.BeginObject();
  out.Field("$schema", "https://json.schemastore.org/sarif-2.1.0.json");
  out.Field("version", "2.1.0");
  out.Key("runs");
  out.BeginArray();
  out.BeginObject();
  out.Key("tool");
  out.BeginObject();
  out.Key("driver");
  out.BeginObject();
  out.Field("name", "ashlar");
  out.Field("version", version);
  rules.Write(out);
  out.EndObject();
  out.EndObject();
  out.Field("columnKind", "unicodeCodePoints");
  out.Key("results");
  out.BeginArray();
  WriteResults(judgement.mistakes, rules, out);
  WriteResults(judgement.findings, rules, out);
  out.EndArray();
  out.EndObject();
  out.EndArray();
  out.EndObject();
  return text;
}

}  // namespace ashlar::contract
