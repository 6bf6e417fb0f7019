// SPDX-License-Identifier: Apache-2.0
#include "model/row_id.h"

#include <gtest/gtest.h>

namespace ashlar::model {
namespace {

Field Part(std::string_view type, types::Parameters parameters = {}) {
  Field field;
  field.type = *types::FindFieldType(type)->make(parameters);
  return field;
}

Resource KeyedBy(std::vector<Field> parts) {
  Resource resource;
  for (uint32_t i = 0; i < parts.size(); ++i) resource.key.push_back(FieldId{i});
  resource.fields = std::move(parts);
  return resource;
}

// What is read, written again; "-" if there is no such id.
std::string Again(const Resource& resource, std::string_view text) {
  Service service;
  auto key = ParseId(service, resource, text);
  return key ? FormatId(resource, *key) : "-";
}

TEST(RowId, NumbersHaveOneSpelling) {
  Resource resource = KeyedBy({Part("int")});
  EXPECT_EQ(Again(resource, "42"), "42");
  EXPECT_EQ(Again(resource, "-7"), "-7");
  for (std::string_view wrong : {"042", "+42", " 42", "42 ", "4.2", "1e3", "x", "", "9007199254740992", "1,2", "-0"}) {
    EXPECT_EQ(Again(resource, wrong), "-") << wrong;
  }
}

TEST(RowId, UuidsAreReadInEitherCase) {
  Resource resource = KeyedBy({Part("uuid")});
  EXPECT_EQ(Again(resource, "019ABCDE-0000-7000-8000-000000000001"), "019abcde-0000-7000-8000-000000000001");
  EXPECT_EQ(Again(resource, "019abcde"), "-");
}

TEST(RowId, TextsAreOfTheirFormAndNoWordOfPaths) {
  types::Parameters parameters;
  parameters.pattern = "[A-Za-z0-9][A-Za-z0-9._~-]{0,127}";
  Resource resource = KeyedBy({Part("string", parameters)});
  EXPECT_EQ(Again(resource, "a.B~c_d-9"), "a.B~c_d-9");
  for (std::string_view wrong : {"aggregate", "changes", "history", "restore", "", ".a", "a b", "a/b", "ä"}) {
    EXPECT_EQ(Again(resource, wrong), "-") << wrong;
  }
  EXPECT_EQ(Again(resource, std::string(128, 'a')), std::string(128, 'a'));
  EXPECT_EQ(Again(resource, std::string(129, 'a')), "-");
}

TEST(RowId, CompositeOnesAreTheirPartsInOrder) {
  types::Parameters colours;
  colours.arguments = {"red", "green"};
  Resource resource = KeyedBy({Part("int"), Part("date"), Part("enum", colours)});
  EXPECT_EQ(Again(resource, "1,2026-01-31,red"), "1,2026-01-31,red");
  for (std::string_view wrong : {"1", "1,2026-01-31", "1,2026-01-31,red,", "1,2026-01-31,blue", ",,", "red,1,2"}) {
    EXPECT_EQ(Again(resource, wrong), "-") << wrong;
  }
}

}  // namespace
}  // namespace ashlar::model
