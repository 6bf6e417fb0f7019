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

// provider.cc
Task<Answer> BeginProvider(Asked& asked);
Task<Answer> ReturnFromProvider(Asked& asked);
Task<Answer> BeginLink(Asked& asked);
Task<Answer> EndLink(Asked& asked);

// session.cc
Task<Answer> Logout(Asked& asked);
Task<Answer> ListSessions(Asked& asked);
Task<Answer> EndSession(Asked& asked);

// consents.cc
Task<Answer> ListConsents(Asked& asked);
Task<Answer> TakeBackConsent(Asked& asked);

// email.cc
Task<Answer> VerifyEmail(Asked& asked);
Task<Answer> ResendEmail(Asked& asked);
Task<Answer> ChangeEmail(Asked& asked);
Task<Answer> ForgotPassword(Asked& asked);
Task<Answer> ResetPassword(Asked& asked);
// key.cc
Task<Answer> ListKeys(Asked& asked);
Task<Answer> MakeKey(Asked& asked);
Task<Answer> RevokeKey(Asked& asked);

}  // namespace ashlar::surface::auth
