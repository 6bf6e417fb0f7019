// SPDX-License-Identifier: Apache-2.0
// Bytes as a cursor are refused, for the server has not signed them; what it signs comes back as it went, until one
// bit of it changes or another asks.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/base64.h"
#include "contract/contract.h"
#include "plan/cursor.h"

namespace ashlar::plan {
namespace {

constexpr const char* kContract = R"(service: fuzz
resources:
  Kinds:
    plural: kinds
    fields: { flag: bool, whole: int, real: float, text: string, other: uuid, time: datetime, money: 'decimal(12,2)' }
)";

void Require(bool condition) {
  if (!condition) std::abort();
}

std::shared_ptr<const model::Service> MakeService() {
  contract::Source source{"fuzz.yaml", kContract};
  return contract::Compile({&source, 1}, {}).value();
}

// Takes from the front of the input; zeros behind its end.
class Input {
 public:
  explicit Input(std::string_view bytes) : bytes_(bytes) {}
  std::string_view Take(size_t size) {
    std::string_view taken = bytes_.substr(0, size);
    bytes_.remove_prefix(taken.size());
    return taken;
  }
  uint8_t Byte() {
    std::string_view taken = Take(1);
    return taken.empty() ? 0 : static_cast<uint8_t>(taken[0]);
  }
  template <class T>
  T Number() {
    T number{};
    std::string_view taken = Take(sizeof number);
    std::memcpy(&number, taken.data(), taken.size());
    return number;
  }

 private:
  std::string_view bytes_;
};

// A cell as a store gives one for that kind of field.
void AppendCell(types::Kind kind, Input& input, types::Rows& rows) {
  if (input.Byte() % 4 == 0) return rows.AppendNull();
  switch (kind) {
    case types::Kind::kBool: return rows.AppendInteger(input.Byte() % 2);
    case types::Kind::kFloat64: {
      auto real = input.Number<double>();
      return rows.AppendReal(std::isnan(real) ? 0 : real);
    }
    case types::Kind::kText: return Require(rows.AppendText(input.Take(input.Byte())));
    case types::Kind::kUuid: {
      std::string uuid(input.Take(16));
      uuid.resize(16);
      return Require(rows.AppendText(uuid));
    }
    case types::Kind::kInt64:
    case types::Kind::kDecimal:
    case types::Kind::kTimestamp:
    case types::Kind::kDate:
    case types::Kind::kDuration: return rows.AppendInteger(input.Number<int64_t>());
    case types::Kind::kBytes:
    case types::Kind::kJson:
    case types::Kind::kList: std::abort();  // not sortable
  }
}

}  // namespace
}  // namespace ashlar::plan

// The first byte says how many fields sort, the next ones which and how; then their values.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ashlar;
  using namespace ashlar::plan;
  static const std::shared_ptr<const model::Service> service = MakeService();
  static const Planner::CursorKey key{1, 2, 3};
  const model::Resource& kinds = service->resource(service->FindResource("Kinds"));
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  Input input(bytes);
  std::vector<Order> order;
  std::vector<uint32_t> cells;
  for (size_t i = input.Byte() % 4; i-- > 0;) {
    uint8_t byte = input.Byte();
    order.push_back({FieldId{static_cast<uint32_t>(byte / 2 % kinds.fields.size())}, byte % 2 == 1});
  }
  types::Rows rows(order.size() + 1);
  for (const Order& term : order) {
    cells.push_back(static_cast<uint32_t>(cells.size()));
    AppendCell(kinds.field(term.field).type->kind(), input, rows);
  }
  rows.AppendNull();
  call::Caller nobody;
  call::Caller ann{.kind = call::Caller::Kind::kPrincipal, .principal = {}, .id = "ann"};
  Rules rules(*service, nobody, 0);
  Cursors cursors(key, {}, rules, kinds, order);
  Require(!cursors.Decode(bytes) && !cursors.Decode(Base64UrlEncode(bytes)));

  std::string cursor = cursors.Encode(rows, 0, cells);
  auto values = cursors.Decode(cursor);
  Require(values.has_value() && values->size() == order.size());
  for (size_t i = 0; i < order.size(); ++i) {
    Require(values->at(i) == kinds.field(order[i].field).type->ToValue(rows.at(0, i)));
  }
  Rules of_ann(*service, ann, 0);
  Require(!Cursors(key, {}, of_ann, kinds, order).Decode(cursor));
  std::string raw = *Base64UrlDecode(cursor);
  raw[input.Number<uint16_t>() % raw.size()] ^= static_cast<char>(1 << input.Byte() % 8);
  Require(!cursors.Decode(Base64UrlEncode(raw)));
  return 0;
}
