// SPDX-License-Identifier: Apache-2.0
// `key rotate`, beside what else `key` has.
#include <CLI/CLI.hpp>

#include "app/commands/commands.h"

namespace ashlar::app {
namespace {

struct RotateOptions {
  Target target;
  bool now = false;
};

}  // namespace

void AddKeyRotate(CLI::App& key, int& status) {
  auto* rotate = key.add_subcommand("rotate", "make a new key that signs tokens; prints all that verify");
  rotate->footer(
      "The new key is published at /.well-known/jwks.json at once and signs ten minutes later, when others have it. "
      "The\n"
      "one before verifies until every token is over that it signed. Sessions and refresh tokens stay.\n\n"
      "After a theft, --now: the new key signs at once, and no token that the others signed is good any more. Who has\n"
      "signed in gets the next with the refresh token; what `token create` gave is to be given again.");
  auto options = std::make_shared<RotateOptions>();
  AddContract(*rotate, options->target.contract);
  AddStore(*rotate, options->target);
  rotate->add_flag("--now", options->now, "sign with it at once and take no token of the others any more");
  rotate->callback([options, &status] {
    status = RunOnTarget(options->target, {{"command", json::Json("key")},
                                           {"what", json::Json("rotate")},
                                           {"now", json::Json(options->now ? "yes" : "no")}});
  });
}

}  // namespace ashlar::app
