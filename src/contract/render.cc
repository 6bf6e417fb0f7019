// SPDX-License-Identifier: Apache-2.0
#include "base/json/writer.h"
#include "contract/contract.h"

namespace ashlar::contract {
namespace {

constexpr std::string_view kBold = "\x1b[1m", kRed = "\x1b[1;31m", kMagenta = "\x1b[1;35m", kGreen = "\x1b[1;32m",
                           kPlain = "\x1b[0m";

// White space under which the caret's column is that of the line above: its tabs stay tabs.
std::string Indent(const Mistake& mistake) {
  std::string out;
  size_t at = 0;
  for (int column = 1; column < mistake.caret && at < mistake.source_line.size(); ++column) {
    out += mistake.source_line[at] == '\t' ? '\t' : ' ';
    ++at;
    while (at < mistake.source_line.size() && (mistake.source_line[at] & 0xc0) == 0x80) ++at;
  }
  return out;
}

void WriteAll(std::string_view key, std::span<const Mistake> mistakes, json::Writer& out) {
  out.Key(key);
  out.BeginArray();
  for (const Mistake& mistake : mistakes) {
    out.BeginObject();
    out.Field("file", mistake.file);
    out.Field("line", mistake.line);
    out.Field("column", mistake.column);
    out.Field("id", mistake.id);
    out.Field("message", mistake.message);
    if (!mistake.suggestion.empty()) out.Field("suggestion", mistake.suggestion);
    out.EndObject();
  }
  out.EndArray();
}

}  // namespace

std::string Render(std::span<const Mistake> mistakes, bool colour) {
  auto paint = [&](std::string_view style) { return colour ? style : std::string_view(); };
  std::string out;
  for (const Mistake& mistake : mistakes) {
    bool warning = mistake.finding;
    out += fmt::format("{}{}:{}:{}: {}{}: {}{}{}{}", paint(kBold), mistake.file, mistake.line, mistake.column,
                       paint(warning ? kMagenta : kRed), warning ? "warning" : "error", paint(kPlain), paint(kBold),
                       mistake.message, paint(kPlain));
    out += warning ? fmt::format(" [{}]\n", mistake.id) : "\n";
    out += fmt::format("  {}\n", mistake.source_line);
    std::string marks(static_cast<size_t>(mistake.length), '~');
    marks.front() = '^';
    out += fmt::format("  {}{}{}{}\n", Indent(mistake), paint(kGreen), marks, paint(kPlain));
    if (!mistake.suggestion.empty()) out += fmt::format("  did you mean '{}'?\n", mistake.suggestion);
  }
  return out;
}

std::string RenderJson(const Judgement& judgement) {
  std::string text;
  json::Writer out(text);
  out.BeginObject();
  WriteAll("errors", judgement.mistakes, out);
  WriteAll("warnings", judgement.findings, out);
  out.EndObject();
  return text;
}

}  // namespace ashlar::contract
