// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ashlar::json {

// Writes compact JSON to the end of a string, commas included. Grammar of calls:
//   Document := Value;  Value := Scalar | Raw | BeginObject (Key Value)* EndObject | BeginArray Value* EndArray
// Strings must be valid UTF-8; what JSON requires to be escaped is escaped, nothing else.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  void BeginObject();
  void EndObject();
  void BeginArray();
  void EndArray();
  void Key(std::string_view name);
  void QuotedKey(std::string_view name);  // which is quoted already, and has its colon
  void String(std::string_view text);
  void Int(int64_t number);
  void Double(double number);  // shortest that reads back; REQUIRES: finite
  void Bool(bool value);
  void Null();
  void Raw(std::string_view json);  // one value that is JSON already
  std::string& out() { return out_; }
  const std::string& out() const { return out_; }

  // Key and value in one.
  void Field(std::string_view name, std::string_view text) {
    Key(name);
    String(text);
  }
  void Field(std::string_view name, const char* text) {
    Key(name);
    String(text);
  }
  void Field(std::string_view name, int64_t number) {
    Key(name);
    Int(number);
  }
  void Field(std::string_view name, int number) {
    Key(name);
    Int(number);
  }
  void Field(std::string_view name, bool value) {
    Key(name);
    Bool(value);
  }

 private:
  void Separate();
  std::string& out_;
  bool comma_ = false;  // whether a value precedes at this level
};

// Appends the string in quotes, escaped.
void AppendQuoted(std::string_view text, std::string& out);

}  // namespace ashlar::json
