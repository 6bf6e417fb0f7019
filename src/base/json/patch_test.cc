// SPDX-License-Identifier: Apache-2.0
#include "base/json/patch.h"

#include <gtest/gtest.h>

namespace ashlar::json {
namespace {

// The document that comes out, or "PLACE: MESSAGE", with "?" before what the document's state is to blame for.
std::string Patched(std::string_view document, std::string_view patch, const PatchLimits& limits = {}) {
  Json target = *Parse(document);
  std::optional<PatchError> error = ApplyPatch(target, *Parse(patch), limits);
  if (!error) return ToText(target);
  return (error->kind == PatchError::Kind::kConflict ? "?" : "") + error->place + ": " + error->message;
}

struct Case {
  const char* document;
  const char* patch;
  const char* result;
};

// The examples of RFC 6902, appendix A, and what they leave out.
const Case kApplied[] = {
    {R"({"foo":"bar"})", R"([{"op":"add","path":"/baz","value":"qux"}])", R"({"foo":"bar","baz":"qux"})"},
    {R"({"foo":["bar","baz"]})", R"([{"op":"add","path":"/foo/1","value":"q"}])", R"({"foo":["bar","q","baz"]})"},
    {R"({"baz":"qux","foo":"bar"})", R"([{"op":"remove","path":"/baz"}])", R"({"foo":"bar"})"},
    {R"({"foo":["a","b","c"]})", R"([{"op":"remove","path":"/foo/1"}])", R"({"foo":["a","c"]})"},
    {R"({"baz":"qux"})", R"([{"op":"replace","path":"/baz","value":"boo"}])", R"({"baz":"boo"})"},
    {R"({"a":{"b":1,"c":2},"d":{"e":3}})", R"([{"op":"move","from":"/a/c","path":"/d/f"}])",
     R"({"a":{"b":1},"d":{"e":3,"f":2}})"},
    {R"({"a":[1,2,3,4]})", R"([{"op":"move","from":"/a/1","path":"/a/3"}])", R"({"a":[1,3,4,2]})"},
    {R"({"a":1})", R"([{"op":"move","from":"/a","path":"/a"}])", R"({"a":1})"},
    {R"({"a":{"b":[1]}})", R"([{"op":"copy","from":"/a/b","path":"/c"}])", R"({"a":{"b":[1]},"c":[1]})"},
    {R"({"a":{"b":[1]}})", R"([{"op":"copy","from":"/a","path":"/a/b/0"}])", R"({"a":{"b":[{"b":[1]},1]}})"},
    {R"({"foo":1})", R"([{"op":"add","path":"/child","value":{"g":{}}}])", R"({"foo":1,"child":{"g":{}}})"},
    {R"({"foo":1})", R"([{"op":"add","path":"/a","value":2,"xyz":3}])", R"({"foo":1,"a":2})"},
    {R"({"foo":["bar"]})", R"([{"op":"add","path":"/foo/-","value":["x"]}])", R"({"foo":["bar",["x"]]})"},
    {R"({"/":9,"~1":10})", R"([{"op":"test","path":"/~01","value":10},{"op":"remove","path":"/~1"}])", R"({"~1":10})"},
    {R"({"a":1})", R"([{"op":"add","path":"/a","value":null}])", R"({"a":null})"},
    {R"({"a":1})", R"([{"op":"replace","path":"","value":{"b":2}}])", R"({"b":2})"},
    {R"({"a":1})", R"([{"op":"add","path":"","value":7}])", "7"},
    {R"({"":1})", R"([{"op":"remove","path":"/"}])", "{}"},
    {R"({"a":1})", "[]", R"({"a":1})"},
    {R"({"a":{"x":[1.50,{}],"y":0}})", R"([{"op":"test","path":"/a","value":{"y":-0.0,"x":[15e-1,{}]}}])",
     R"({"a":{"x":[1.50,{}],"y":0}})"},
};

const Case kRefused[] = {
    {"{}", "{}", ": a JSON Patch is an array of operations"},
    {"{}", "[1]", "[0]: must be an object"},
    {"{}", R"([{"path":"/a"}])", "[0].op: must be given"},
    {"{}", R"([{"op":"spam","path":"/a"}])", "[0].op: must be one of add, remove, replace, move, copy, test"},
    {"{}", R"([{"op":1,"path":"/a"}])", "[0].op: must be one of add, remove, replace, move, copy, test"},
    {"{}", R"([{"op":"add","value":1}])", "[0].path: must be given"},
    {"{}", R"([{"op":"add","path":1,"value":1}])", "[0].path: must be a string"},
    {"{}", R"([{"op":"add","path":"a","value":1}])", "[0].path: must be a JSON Pointer, like /name"},
    {"{}", R"([{"op":"add","path":"/~2","value":1}])", "[0].path: must be a JSON Pointer, like /name"},
    {"{}", R"([{"op":"add","path":"/~","value":1}])", "[0].path: must be a JSON Pointer, like /name"},
    {"{}", R"([{"op":"add","path":"/a"}])", "[0].value: must be given"},
    {"{}", R"([{"op":"copy","path":"/a"}])", "[0].from: must be given"},
    {"{}", R"([{"op":"remove","path":""}])", "[0].path: the whole document cannot be removed"},
    {R"({"a":{"b":1}})", R"([{"op":"move","from":"/a","path":"/a/b"}])", "[0].path: stands within what is moved"},
    {"{}", R"([{"op":"add","path":"/b","value":1},{"op":"remove","path":"/a"}])", "?[1].path: nothing stands there"},
    {"{}", R"([{"op":"replace","path":"/a","value":1}])", "?[0].path: nothing stands there"},
    {"{}", R"([{"op":"move","from":"/a","path":"/a"}])", "?[0].from: nothing stands there"},
    {"{}", R"([{"op":"move","from":"/a","path":"/b"}])", "?[0].from: nothing stands there"},
    {"{}", R"([{"op":"copy","from":"/a","path":"/b"}])", "?[0].from: nothing stands there"},
    {"{}", R"([{"op":"add","path":"/a/b","value":1}])", "?[0].path: nothing stands there"},
    {R"({"a":1})", R"([{"op":"add","path":"/a/b","value":1}])", "?[0].path: nothing stands there"},
    {R"({"a":[1]})", R"([{"op":"add","path":"/a/2","value":1}])", "?[0].path: nothing stands there"},
    {R"({"a":[1]})", R"([{"op":"add","path":"/a/00","value":1}])", "?[0].path: nothing stands there"},
    {R"({"a":[1]})", R"([{"op":"add","path":"/a/x","value":1}])", "?[0].path: nothing stands there"},
    {R"({"a":[1]})", R"([{"op":"remove","path":"/a/-"}])", "?[0].path: nothing stands there"},
    {R"({"a":[1]})", R"([{"op":"replace","path":"/a/1","value":1}])", "?[0].path: nothing stands there"},
    {R"({"a":"1"})", R"([{"op":"test","path":"/a","value":1}])", "?[0].value: is not what stands there"},
    {R"({"a":{"b":1}})", R"([{"op":"test","path":"/a","value":{"b":1,"c":1}}])",
     "?[0].value: is not what stands there"},
    {R"({"a":{"b":1}})", R"([{"op":"test","path":"/a","value":{"c":1}}])", "?[0].value: is not what stands there"},
    {R"({"a":[1,2]})", R"([{"op":"test","path":"/a","value":[2,1]}])", "?[0].value: is not what stands there"},
    {R"({"a":1e999999999999999999999})", R"([{"op":"test","path":"/a","value":1}])",
     "?[0].value: is not what stands there"},
};

TEST(PatchTest, DoesAsTheRfcSays) {
  for (const Case& one : kApplied) EXPECT_EQ(Patched(one.document, one.patch), one.result) << one.patch;
}

TEST(PatchTest, TellsWhatCannotBeDone) {
  for (const Case& one : kRefused) EXPECT_EQ(Patched(one.document, one.patch), one.result) << one.patch;
}

TEST(PatchTest, GrowsNothingBeyondItsLimits) {
  std::string doubling = R"([{"op":"add","path":"/a","value":"0123456789"})";
  for (int i = 0; i < 40; ++i) doubling += fmt::format(R"(,{{"op":"copy","from":"","path":"/b{}"}})", i);
  EXPECT_EQ(Patched("{}", doubling + "]", {.copied = 1000}), "[6].from: copies more than 1000 bytes");

  std::string nesting = R"([{"op":"add","path":"/a","value":{}})";
  for (int i = 0; i < 8; ++i) nesting += R"(,{"op":"copy","from":"/a","path":"/a/a"})";
  EXPECT_EQ(Patched("{}", nesting + "]", {.depth = 5}), "[4].path: nests the document deeper than 5");

  std::string inserts = R"([{"op":"add","path":"/a","value":[1,2,3,4,5,6,7,8]})";
  for (int i = 0; i < 8; ++i) inserts += R"(,{"op":"add","path":"/a/0","value":1})";
  EXPECT_EQ(Patched("{}", inserts + "]", {.steps = 40}), "[4]: asks for too much at once");

  EXPECT_EQ(
      Patched("{}", R"([{"op":"test","path":"","value":{}},{"op":"test","path":"","value":{}}])", {.operations = 1}),
      ": has more than 1 operations");
}

}  // namespace
}  // namespace ashlar::json
