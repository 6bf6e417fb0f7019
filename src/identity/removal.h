// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <vector>

#include "identity/keeper.h"
#include "identity/passwords.h"

namespace ashlar::identity {

// Removes the User whose password was proven, and with it, in one transaction, what the system keeps of them: every row
// of its Auth resources that has the User's id or names it in `userId`. Of many at once one does it, the others are
// told that the password is wrong, for there is none any more. Rows that refer to the User go, lose the reference or
// hold it, as their `onDelete` says: REFERENCED, and then nothing is removed. What `more` gives is done first; it is
// asked again where others were faster. Of somebody who has no password, `proven` has no hash; whoever gives them one
// meanwhile has taken their links away, so that all is looked at again.
Task<call::Answer<bool>> RemoveAccount(Keeper& keeper, Passwords& passwords, Context& context, Proven proven,
                                       call::Preconditions preconditions,
                                       const std::function<Task<call::Answer<std::vector<call::Call>>>()>& more);

}  // namespace ashlar::identity
