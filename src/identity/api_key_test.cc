// SPDX-License-Identifier: Apache-2.0
#include "identity/api_key.h"

#include <gtest/gtest.h>

#include <set>

#include "types/uuid.h"

namespace ashlar::identity {
namespace {

const types::Uuid kId = *types::ParseUuid("01900000-0000-7000-8000-0000000000ff");

TEST(ApiKeyTest, NamesItsRowAndIsAnotherEachTime) {
  std::set<std::string> keys;
  for (int i = 0; i < 100; ++i) {
    const std::string key = NewApiKey(kId);
    EXPECT_EQ(key.size(), kApiKeyLength);
    EXPECT_TRUE(key.starts_with(kApiKeyPrefix));
    EXPECT_EQ(ReadApiKey(key), kId);
    keys.insert(key);
  }
  EXPECT_EQ(keys.size(), 100u);
}

TEST(ApiKeyTest, WithOneCharacterChangedItIsNone) {
  const std::string key = NewApiKey(kId);
  for (size_t at = 0; at < key.size(); ++at) {
    for (char other : {'0', 'z', '-', '\0'}) {
      std::string changed = key;
      changed[at] = other;
      if (changed != key) EXPECT_EQ(ReadApiKey(changed), std::nullopt) << at;
    }
  }
}

TEST(ApiKeyTest, WhatIsNoKeyByItsFormIsNone) {
  const std::string key = NewApiKey(kId);
  for (const std::string& text : {std::string(), std::string("ashlar_"), key.substr(1), key + "0", " " + key,
                                  key.substr(0, key.size() - 1), std::string(kApiKeyLength, '0')}) {
    EXPECT_EQ(ReadApiKey(text), std::nullopt) << text;
  }
}

TEST(ApiKeyTest, WhatIsKeptIsItsSha256) {
  EXPECT_EQ(HashApiKey("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace ashlar::identity
