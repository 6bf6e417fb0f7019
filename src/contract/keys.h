// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace ashlar::contract {

// What may stand behind a key.
enum class Shape : uint8_t {
  kText,          // a scalar
  kBool,
  kWhole,         // a whole number
  kExpression,    // CEL in a scalar
  kRule,          // CEL in a scalar, of which the truth counts
  kName,
  kNames,         // a list of names
  kNameLists,     // a list of lists of names
  kType,          // a type: a scalar, or [TYPE] as YAML reads it
  kBound,         // min, max: a number, date, ... in a scalar
  kAny,
  kId,            // a name or a list of names
  kMapping,       // of the keys in `members`
  kMappings,      // a list of such mappings
  kNamed,         // a mapping of names to such mappings
  kNamedTexts,    // a mapping of names to CEL
  kNamedNames,    // a mapping of names to lists of names
  kNamedFields,   // a mapping of names to types or such mappings
  kFlagOrMapping, // true, false or such a mapping
  kRuleOrMapping, // CEL or such a mapping
  kNameOrMapping, // a scalar or a mapping
  kNamedRows,     // a mapping of names to lists of mappings
  kIds,           // a list of ids: names or numbers
};
// "a list of names", for messages.
std::string_view NameOf(Shape shape);
struct Key;
// The same with an example; `members` of a mapping's key.
std::string Wanted(Shape shape, std::span<const Key> members = {});

// What kinds of field a key is for.
inline constexpr uint8_t kOnScalar = 1, kOnToOne = 2, kOnToMany = 4, kOnComputed = 8;
inline constexpr uint8_t kOnStored = kOnScalar | kOnToOne, kOnShown = kOnStored | kOnComputed, kOnAll = 15;

struct Key {
  std::string_view name;
  Shape shape;
  std::string_view doc;                   // one line for the reference and for editors
  bool supported = true;                  // false: of the language, but refused by name in this build
  std::span<const Key> members = {};      // of mappings
  uint8_t on = kOnAll;                    // of the keys of fields
  bool required = false;
  // For editors: what a name must match, or the names of a mapping; "a|b" of words alone is a list of all there are.
  std::string_view form = {};
};

// The one table of each kind of mapping. A newcomer is a row here, its section and its cases in tests/contract.
std::span<const Key> TopLevelKeys();
std::span<const Key> RoleKeys();
std::span<const Key> ResourceKeys();
std::span<const Key> FieldKeys();
std::span<const Key> CheckKeys();
std::span<const Key> AccessKeys();
std::span<const Key> UpdateKeys();
std::span<const Key> PageKeys();
std::span<const Key> CacheKeys();
std::span<const Key> DeprecatedKeys();
std::span<const Key> AcceptKeys();
std::span<const Key> IdentityKeys();
std::span<const Key> PasswordKeys();
std::span<const Key> TokensKeys();
std::span<const Key> LinksKeys();
std::span<const Key> SessionsKeys();
std::span<const Key> IssuerKeys();
std::span<const Key> ApiKeysKeys();
std::span<const Key> ProviderKeys();
std::span<const Key> OpenIdProviderKeys();
std::span<const Key> ClientKeys();
std::span<const Key> RegistrationKeys();
std::span<const Key> LimitKeys();
std::span<const Key> TestKeys();
std::span<const Key> TestCallerKeys();
std::span<const Key> TestCallKeys();
std::span<const Key> TestExpectKeys();

}  // namespace ashlar::contract
