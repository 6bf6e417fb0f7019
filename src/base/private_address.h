// SPDX-License-Identifier: Apache-2.0
#pragma once

struct sockaddr;

namespace ashlar {

// Of IPv4 and IPv6, addresses that are mapped into IPv6 by themselves; anything else is private.
bool IsLoopback(const sockaddr& address);
// Not of the public internet: this machine, private and shared networks, links, groups, reserved ones (RFC 6890).
bool IsPrivate(const sockaddr& address);

}  // namespace ashlar
