// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>

#include "base/json/json.h"
#include "base/result.h"

namespace ashlar::app {

// What goes over the socket between an operator's command and a server: frames, each a length of four bytes
// (big-endian) and JSON, and open files, each a byte that carries a descriptor.

constexpr size_t kMostRequestBytes = 4 << 20;
constexpr size_t kMostAnswerBytes = 256 << 20;

void SetTimeout(int socket, int seconds);

// Nothing if the other side is gone, too slow, or says something else.
std::optional<json::Json> ReadFrame(int socket, size_t most_bytes);
// False if the other side is gone or does not read, or the frame would be too large.
bool WriteFrame(int socket, const json::Json& document, size_t most_bytes);
// A frame that may be left out, where the other side is slow to read. False if it is gone.
bool OfferFrame(int socket, const json::Json& document);

bool SendDescriptor(int socket, int descriptor);
// One of our own, or -1.
int ReceiveDescriptor(int socket);

}  // namespace ashlar::app
