// SPDX-License-Identifier: Apache-2.0
// What answers each route of /auth (api.md, Identity).
#pragma once
#include "surface/auth/routes.h"

namespace ashlar::surface::auth {

// account.cc
Task<Answer> Register(Asked& asked);
Task<Answer> Login(Asked& asked);
Task<Answer> Refresh(Asked& asked);
Task<Answer> GetMe(Asked& asked);
Task<Answer> ChangePassword(Asked& asked);

// totp.cc
Task<Answer> BeginTotp(Asked& asked);
Task<Answer> ConfirmTotp(Asked& asked);
Task<Answer> EndTotp(Asked& asked);

// session.cc
Task<Answer> Logout(Asked& asked);
Task<Answer> ListSessions(Asked& asked);
Task<Answer> EndSession(Asked& asked);

}  // namespace ashlar::surface::auth
