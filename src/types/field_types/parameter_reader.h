// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "types/field_types/range.h"
#include "types/type.h"

namespace ashlar::types {

// Reads what the contract says beside a type's name and collects all that is wrong with it.
class ParameterReader {
 public:
  // What is given beyond `takes` is refused here.
  ParameterReader(const Parameters& parameters, const FieldType& row);

  void Refuse(std::string key, std::string message) { errors_.push_back({std::move(key), std::move(message)}); }

  // min and max as `parse` reads them: text -> std::expected<T, std::string>, the error in words.
  template <class T, class Parse>
  Range<T> ReadRange(const Parse& parse) {
    Range<T> range{ReadBound<T>("min", parameters_.min, parse), ReadBound<T>("max", parameters_.max, parse)};
    if (range.min && range.max && *range.max < *range.min) Refuse("min", "must not be greater than max");
    return range;
  }
  // min and max as lengths, with the max that stands where none is given.
  Length ReadLength(int64_t default_max, std::string_view unit);

  // The finished type, or all mistakes.
  template <class T, class... Arguments>
  std::expected<TypePtr, std::vector<ParameterError>> Finish(Arguments&&... arguments) {
    if (!errors_.empty()) return std::unexpected(std::move(errors_));
    return std::make_shared<const T>(std::forward<Arguments>(arguments)...);
  }

  bool ok() const { return errors_.empty(); }
  std::expected<TypePtr, std::vector<ParameterError>> Fail() { return std::unexpected(std::move(errors_)); }

 private:
  template <class T, class Parse>
  std::optional<T> ReadBound(std::string key, const std::optional<std::string>& text, const Parse& parse) {
    if (!text) return std::nullopt;
    auto bound = parse(std::string_view(*text));
    if (bound) return *bound;
    Refuse(std::move(key), std::move(bound).error());
    return std::nullopt;
  }

  const Parameters& parameters_;
  std::vector<ParameterError> errors_;
};

}  // namespace ashlar::types
