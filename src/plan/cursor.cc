// SPDX-License-Identifier: Apache-2.0
#include "plan/cursor.h"

#include "base/base64.h"
#include "base/crypto/hmac.h"

namespace ashlar::plan {
namespace {

constexpr size_t kMacBytes = 16;

void AppendText(std::string_view text, std::string& out) {
  out += fmt::format("{}:", text.size());
  out += text;
}

void AppendBytes(const void* data, size_t size, std::string& out) { out.append(static_cast<const char*>(data), size); }

void AppendCell(const types::Cell& cell, std::string& out) {
  switch (cell.tag) {
    case types::Cell::Tag::kNull: out += 'n'; return;
    case types::Cell::Tag::kInteger:
      out += 'i';
      AppendBytes(&cell.integer, sizeof cell.integer, out);
      return;
    case types::Cell::Tag::kReal:
      out += 'r';
      AppendBytes(&cell.real, sizeof cell.real, out);
      return;
    case types::Cell::Tag::kText:
      out += 't';
      AppendBytes(&cell.size, sizeof cell.size, out);
      out += cell.text();
      return;
  }
}

// Takes one cell off the front of `in`; false if it is not one. Only what was signed gets here.
bool TakeCell(std::string_view& in, types::Cell& cell) {
  if (in.empty()) return false;
  char tag = in.front();
  in.remove_prefix(1);
  if (tag == 'n') return true;
  if (tag == 'i' || tag == 'r') {
    if (in.size() < 8) return false;
    cell.tag = tag == 'i' ? types::Cell::Tag::kInteger : types::Cell::Tag::kReal;
    std::memcpy(&cell.integer, in.data(), 8);
    in.remove_prefix(8);
    return true;
  }
  if (tag != 't' || in.size() < sizeof cell.size) return false;
  cell.tag = types::Cell::Tag::kText;
  std::memcpy(&cell.size, in.data(), sizeof cell.size);
  in.remove_prefix(sizeof cell.size);
  if (in.size() < cell.size) return false;
  cell.data = in.data();
  in.remove_prefix(cell.size);
  return true;
}

// All that a condition asks.
std::string Told(const call::Condition& condition) {
  std::string text;
  for (const std::string& step : condition.path) AppendText(step, text);
  AppendText(RowOf(condition.op).name, text);
  for (const std::string& value : condition.values) AppendText(value, text);
  if (condition.kind == call::Condition::Kind::kCompare && condition.typed.empty()) return text;
  text += fmt::format("t{}:{}:", static_cast<int>(condition.kind), condition.path.size());
  for (const json::Json& value : condition.typed) AppendText(json::ToText(value), text);
  for (const call::Condition& part : condition.of) AppendText(Told(part), text);
  return text;
}

}  // namespace

Cursors::Cursors(const Planner::CursorKey& key, const call::Call& call, const Rules& rules,
                 const model::Resource& resource, const std::vector<Order>& order)
    : key_(key), resource_(resource), order_(order) {
  AppendText(rules.service().name, binding_);
  AppendText(resource.name, binding_);
  AppendText(rules.caller().is_operator() ? "o" : rules.caller().anonymous() ? "a" : "p", binding_);
  AppendText(rules.caller().id, binding_);
  if (!rules.caller().credential().empty()) AppendText(fmt::format("k{}", rules.caller().credential()), binding_);
  for (const std::string& role : rules.caller().principal.roles) AppendText(role, binding_);
  AppendText(call.filter, binding_);
  AppendText(call.search ? "q" + *call.search : "", binding_);
  binding_ += static_cast<char>('0' + static_cast<int>(call.deleted));
  std::vector<std::string> conditions;
  for (const call::Condition& condition : call.where) conditions.push_back(Told(condition));
  std::sort(conditions.begin(), conditions.end());
  for (const std::string& condition : conditions) AppendText(condition, binding_);
  for (const Order& term : order) {
    const model::Field& field = resource.field(term.field);
    binding_ += term.descending ? '-' : '+';
    AppendText(field.name, binding_);
    AppendText(field.type->text(), binding_);
  }
}

std::string Cursors::Sign(std::string_view payload) const {
  std::string text = binding_;
  AppendText(payload, text);
  auto mac = HmacSha256({reinterpret_cast<const char*>(key_.data()), key_.size()}, text);
  return std::string(reinterpret_cast<const char*>(mac.data()), kMacBytes);
}

std::string Cursors::Encode(const types::Rows& rows, size_t row, const std::vector<uint32_t>& cells) const {
  std::string payload;
  for (uint32_t cell : cells) AppendCell(rows.at(row, cell), payload);
  return Base64UrlEncode(payload + Sign(payload));
}

std::optional<Values> Cursors::Decode(std::string_view cursor) const {
  if (cursor.size() > kMaxCursor) return std::nullopt;
  std::optional<std::string> raw = Base64UrlDecode(cursor);
  if (!raw || raw->size() < kMacBytes) return std::nullopt;
  std::string_view payload = std::string_view(*raw).substr(0, raw->size() - kMacBytes);
  if (!EqualInConstantTime(Sign(payload), std::string_view(*raw).substr(payload.size()))) return std::nullopt;
  Values values;
  for (const Order& term : order_) {
    types::Cell cell;
    if (!TakeCell(payload, cell)) return std::nullopt;
    values.push_back(resource_.field(term.field).type->ToValue(cell));
  }
  return payload.empty() ? std::optional(std::move(values)) : std::nullopt;
}

}  // namespace ashlar::plan
