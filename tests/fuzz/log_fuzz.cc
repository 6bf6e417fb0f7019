// SPDX-License-Identifier: Apache-2.0
// Whatever stands in an observation, its line is one line: JSON and UTF-8, or text that commands no terminal.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/json/json.h"
#include "base/utf8.h"
#include "telemetry/log.h"

namespace ashlar::telemetry {
namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

// One line, without any control character but the end.
void CheckLine(std::string_view line) {
  Require(line.ends_with('\n') && IsValidUtf8(line));
  line.remove_suffix(1);
  for (size_t at = 0; at < line.size(); at += CodePointSize(line, at)) {
    char32_t point = CodePointAt(line, at);
    Require(point >= 0x20 && !(point >= 0x7f && point < 0xa0));
  }
}

// Foreign texts, separated by NUL; the last one for all that are asked for behind it.
class Texts {
 public:
  explicit Texts(std::string_view bytes) : rest_(bytes) {}
  std::string_view NextView() {
    size_t end = rest_.find('\0');
    std::string_view text = rest_.substr(0, end);
    if (end != std::string_view::npos) rest_.remove_prefix(end + 1);
    return text;
  }
  std::string Next() { return std::string(NextView()); }

 private:
  std::string_view rest_;
};

Observation Make(uint8_t which, std::string_view bytes) {
  Texts texts(bytes);
  switch (which % 4) {
    case 0: {
      RequestDone request;
      for (std::string_view* text : {&request.request_id, &request.method, &request.route, &request.operation,
                                     &request.error_code, &request.caller_id}) {
        *text = texts.NextView();
      }
      request.status = which;
      return request;
    }
    case 1: {
      std::string id = texts.Next(), where = texts.Next();
      return Defect{id, where, texts.Next()};
    }
    case 2: {
      std::string id = texts.Next();
      return OperatorDone{id, texts.Next(), "failed", {}, 5};
    }
    default: return Note{which < 128 ? Severity::kInfo : Severity::kError, "server.started", texts.Next()};
  }
}

}  // namespace
}  // namespace ashlar::telemetry

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ashlar::telemetry;
  if (size == 0) return 0;
  ashlar::Observation observation = Make(data[0], {reinterpret_cast<const char*>(data) + 1, size - 1});
  std::string line = FormatLine(observation, 1'700'000'000'000'000, Format::kJson, false);
  CheckLine(line);
  auto document = ashlar::json::Parse(line, {.depth = 4, .bytes = SIZE_MAX});
  Require(document && document->object() != nullptr && document->Find("event") != nullptr);
  CheckLine(FormatLine(observation, 1'700'000'000'000'000, Format::kText, false));
  return 0;
}
