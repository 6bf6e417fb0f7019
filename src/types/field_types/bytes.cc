// SPDX-License-Identifier: Apache-2.0
#include "base/base64.h"

#include "types/field_types/parameter_reader.h"
#include "types/field_types/typed.h"

namespace ashlar::types {
namespace {

constexpr int64_t kDefaultMax = 64 << 10;

class BytesOf final : public TypedOver<Bytes> {
 public:
  explicit BytesOf(Length length) : length_(length) {}

  std::string_view name() const override { return "bytes"; }
  std::string text() const override { return "bytes"; }
  bool filterable() const override { return false; }
  bool sortable() const override { return false; }
  void JsonSchema(json::Writer& out) const override {
    out.Field("type", "string");
    out.Field("contentEncoding", "base64");
    out.Field("maxLength", (length_.max + 2) / 3 * 4);
  }
  json::Json Example() const override {
    return json::Json(Base64Encode(std::string(static_cast<size_t>(length_.Clamp(3)), '\1')));
  }

 protected:
  Read<Bytes> ReadJson(const json::Json& input) const override {
    auto text = TextOf(input);
    if (!text) return std::unexpected(std::move(text).error());
    return ReadText(*text);
  }
  Read<Bytes> ReadText(std::string_view input) const override {
    if (auto bytes = Base64Decode(input)) return Bytes{std::move(*bytes)};
    return Wrong(Detail::kFormat, "must be base64 with padding, as in AQID");
  }
  FieldErrors Check(std::string_view value) const override { return length_.Check(value.size()); }
  void Write(std::string_view value, json::Writer& out) const override { out.String(Base64Encode(value)); }

 private:
  Length length_;
};

}  // namespace

FieldType BytesType() {
  return {.name = "bytes",
          .doc = "Bytes, as base64 with padding (RFC 4648); max counts bytes and is 65536 unless given.",
          .json = "string",
          .takes = "min max",
          .make = [](const Parameters& parameters) {
            ParameterReader reader(parameters, BytesType());
            Length length = reader.ReadLength(kDefaultMax, "byte");
            return reader.Finish<BytesOf>(length);
          }};
}

}  // namespace ashlar::types
