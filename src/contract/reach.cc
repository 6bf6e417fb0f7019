// SPDX-License-Identifier: Apache-2.0
#include "contract/reach.h"

namespace ashlar::contract {

Reach ReachOf(const Links& links) {
  Reach reach(links.size());
  for (size_t i = 0; i < links.size(); ++i) {
    for (size_t to : links[i]) reach[i].set(to);
  }
  for (size_t over = 0; over < links.size(); ++over) {
    for (auto& from : reach) {
      if (from.test(over)) from |= reach[over];
    }
  }
  return reach;
}

bool LeadsCircle(const Reach& reach, size_t thing) {
  if (!reach[thing].test(thing)) return false;
  for (size_t earlier = 0; earlier < thing; ++earlier) {
    if (reach[earlier].test(thing) && reach[thing].test(earlier)) return false;
  }
  return true;
}

}  // namespace ashlar::contract
