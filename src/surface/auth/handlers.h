// SPDX-License-Identifier: Apache-2.0
// What answers each route of /auth (api.md, Identity).
#pragma once
#include "surface/auth/routes.h"

namespace ashlar::surface::auth {

// account.cc
Task<Answer> Register(Asked& asked);
Task<Answer> Login(Asked& asked);
Task<Answer> Refresh(Asked& asked);
Task<Answer> ChangePassword(Asked& asked);

// profile.cc
Task<Answer> GetMe(Asked& asked);
Task<Answer> PatchMe(Asked& asked);
Task<Answer> DeleteMe(Asked& asked);
Task<Answer> ExportMe(Asked& asked);
// totp.cc
Task<Answer> BeginTotp(Asked& asked);
Task<Answer> ConfirmTotp(Asked& asked);
Task<Answer> EndTotp(Asked& asked);

// session.cc
Task<Answer> Logout(Asked& asked);
Task<Answer> ListSessions(Asked& asked);
Task<Answer> EndSession(Asked& asked);

// email.cc
Task<Answer> VerifyEmail(Asked& asked);
Task<Answer> ResendEmail(Asked& asked);
Task<Answer> ChangeEmail(Asked& asked);
Task<Answer> ForgotPassword(Asked& asked);
Task<Answer> ResetPassword(Asked& asked);

}  // namespace ashlar::surface::auth
