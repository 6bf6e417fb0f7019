// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>

// The mappings of contract.md "Names". A word starts at a capital after a lower-case letter or digit, or before a
// lower-case letter: APIKey is api_key, line2 stays.
namespace ashlar::model {

std::string SnakeCase(std::string_view name);  // OrderLine -> order_line
std::string KebabCase(std::string_view name);  // OrderLine -> order-line
std::string LowerFirst(std::string_view name); // OrderLine -> orderLine, APIKey -> apiKey
std::string Plural(std::string_view name);     // by English rules: Category -> Categories, orderLine -> orderLines

}  // namespace ashlar::model
