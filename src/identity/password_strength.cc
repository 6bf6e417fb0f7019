// SPDX-License-Identifier: Apache-2.0
#include "identity/password_strength.h"

#include <zxcvbn.h>

#include <cmath>
#include <vector>

namespace ashlar::identity {

int StrengthOf(const std::string& password, std::span<const std::string> words) {
  std::vector<const char*> first;
  for (const std::string& word : words) first.push_back(word.c_str());
  first.push_back(nullptr);
  const double guesses = std::exp2(ZxcvbnMatch(password.c_str(), first.data(), nullptr));
  int score = 0;
  for (double most : {1e3, 1e6, 1e8, 1e10}) score += guesses >= most ? 1 : 0;
  return score;
}

}  // namespace ashlar::identity
