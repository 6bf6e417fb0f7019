// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "types/field_types/parameter_reader.h"
#include "types/list_form.h"
#include "types/type.h"

namespace ashlar::types {
namespace {

constexpr int64_t kDefaultMax = 100;

class ListOf final : public Type {
 public:
  ListOf(TypePtr element, Length length) : element_(std::move(element)), length_(length) {}

  std::string_view name() const override { return "list"; }
  std::string text() const override { return fmt::format("[{}]", element_->text()); }
  Kind kind() const override { return Kind::kList; }
  int scale() const override { return element_->scale(); }
  std::span<const std::string> constants() const override { return element_->constants(); }
  const Type* element() const override { return element_.get(); }
  bool filterable() const override { return element_->filterable(); }
  bool sortable() const override { return false; }

  std::expected<Value, FieldErrors> Parse(const json::Json& input) const override {
    const json::Array* array = input.array();
    if (array == nullptr) return std::unexpected(FieldErrors{{"", Detail::kWrongType, "must be an array"}});
    FieldErrors errors = length_.Check(array->size());
    // What is too long is not looked at: reading it would cost more than its answer is worth.
    if (static_cast<int64_t>(array->size()) > length_.max) return std::unexpected(std::move(errors));
    List list;
    list.items.reserve(array->size());
    for (size_t i = 0; i < array->size(); ++i) ReadItem((*array)[i], i, list, errors);
    if (!errors.empty()) return std::unexpected(std::move(errors));
    return list;
  }
  std::expected<Value, FieldError> ParseText(std::string_view) const override {
    return std::unexpected(FieldError{"", Detail::kWrongType, "cannot be given as text"});
  }
  FieldErrors Validate(const Value& value) const override {
    const std::vector<Value>& items = value.get<List>()->items;
    FieldErrors errors = length_.Check(items.size());
    for (size_t i = 0; i < items.size() && static_cast<int64_t>(i) < length_.max; ++i) {
      if (items[i].is_null()) {
        errors.push_back({Place(i), Detail::kNull, "must not be null"});
      } else {
        AddAt(i, element_->Validate(items[i]), errors);
      }
    }
    return errors;
  }

  void Format(const Cell& cell, json::Writer& out) const override {
    // Of these two the form that is stored is the one that is shown.
    if (element_->kind() == Kind::kText || element_->kind() == Kind::kBool) return out.Raw(cell.text());
    Format(ToValue(cell), out);
  }
  void Format(const Value& value, json::Writer& out) const override {
    const List* list = value.get<List>();
    if (list == nullptr) return out.Null();
    out.BeginArray();
    for (const Value& item : list->items) element_->Format(item, out);
    out.EndArray();
  }
  Value ToValue(const Cell& cell) const override {
    return cell.is_null() ? Value{} : FromListForm(cell.text(), *element_);
  }

  void JsonSchema(json::Writer& out) const override {
    out.Field("type", "array");
    out.Key("items");
    out.BeginObject();
    element_->JsonSchema(out);
    out.EndObject();
    if (length_.min > 0) out.Field("minItems", length_.min);
    out.Field("maxItems", length_.max);
  }
  json::Json Example() const override {
    return json::Json(json::Array(static_cast<size_t>(length_.Clamp(1)), element_->Example()));
  }

 private:
  static std::string Place(size_t index) { return fmt::format("[{}]", index); }

  static void AddAt(size_t index, FieldErrors found, FieldErrors& errors) {
    for (FieldError& error : found) {
      errors.push_back({Place(index) + error.path, error.code, std::move(error.message)});
    }
  }

  void ReadItem(const json::Json& item, size_t index, List& list, FieldErrors& errors) const {
    if (item.is_null()) {
      errors.push_back({Place(index), Detail::kNull, "must not be null"});
      return;
    }
    auto read = element_->Parse(item);
    if (read) {
      list.items.push_back(std::move(*read));
    } else {
      AddAt(index, std::move(read).error(), errors);
    }
  }

  TypePtr element_;
  Length length_;
};

}  // namespace

std::expected<TypePtr, std::vector<ParameterError>> MakeList(const Parameters& parameters) {
  constexpr FieldType kRow{.name = "lists",
                           .doc = "Several values of one scalar type; max counts items and is 100 unless given.",
                           .json = "array",
                           .takes = "min max",
                           .make = MakeList};
  ParameterReader reader(parameters, kRow);
  Length length = reader.ReadLength(kDefaultMax, "item");
  const Type* element = parameters.element.get();
  if (element == nullptr || element->kind() == Kind::kList || element->kind() == Kind::kJson) {
    reader.Refuse("arguments", "a list is of a scalar type, as in [string]");
    return reader.Fail();
  }
  return reader.Finish<ListOf>(parameters.element, length);
}

}  // namespace ashlar::types
