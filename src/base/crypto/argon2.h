// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ashlar {

// What a hash costs: the first of what OWASP recommends for argon2id, 19 MiB and two passes on one lane.
struct Argon2Cost {
  uint32_t memory_kib = 19'456;
  uint32_t passes = 2;
  uint32_t lanes = 1;
};

// What goes into a hash of RFC 9106; most have neither secret nor associated data.
struct Argon2Input {
  std::string_view password, salt, secret, associated;
};

// The tag of argon2id, version 1.3, 32 bytes; takes tens of milliseconds: never on a loop. Thread safe; ends the
// process if the memory is not there.
std::string Argon2id(const Argon2Input& input, const Argon2Cost& cost);

// While it is there, what hashes of its thread need is mapped once and kept from one to the next, wiped in between: a
// map that comes and goes holds up all threads. One of a thread at a time.
class Argon2Memory {
 public:
  Argon2Memory();
  ~Argon2Memory();
  Argon2Memory(const Argon2Memory&) = delete;
  Argon2Memory& operator=(const Argon2Memory&) = delete;

  // At least so many bytes; null: they are not there. What was taken before is no longer there.
  uint8_t* Take(size_t bytes);
  void Release();  // until it is needed again

 private:
  uint8_t* begin_ = nullptr;
  size_t bytes_ = 0;
};

// A password as it is kept: a PHC string with a salt of its own. As slow as the above. With a salt that is brought
// along it depends on nothing else, and holds nothing that other threads may want.
std::string HashPassword(std::string_view password);
std::string HashPassword(std::string_view password, std::string_view salt);
std::string NewSalt();
// Whether `hash` is one that HashPassword gave, be it of another cost, of this password. As slow as `hash` says; at
// once false for what is no such string or would cost far more than any hash of ours.
bool VerifyPassword(std::string_view password, const std::string& hash);
// Whether it was made at another cost than new ones are.
bool NeedsRehash(std::string_view hash);

}  // namespace ashlar
