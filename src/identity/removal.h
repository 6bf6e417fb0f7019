// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "identity/keeper.h"
#include "identity/passwords.h"

namespace ashlar::identity {

// Removes the User whose password was proven, and with it, in one transaction, what the system keeps of them: every row
// of its Auth resources that has the User's id or names it in `userId`. Of many at once one does it, the others are
// told that the password is wrong, for there is none any more. Rows that refer to the User go, lose the reference or
// hold it, as their `onDelete` says: REFERENCED, and then nothing is removed.
Task<call::Answer<bool>> RemoveAccount(Keeper& keeper, Passwords& passwords, Context& context, Proven proven,
                                       call::Preconditions preconditions);

}  // namespace ashlar::identity
