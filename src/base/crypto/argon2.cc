// SPDX-License-Identifier: Apache-2.0
#include "base/crypto/argon2.h"

#include <argon2.h>
#include <fmt/format.h>
#include <sys/mman.h>

#include <array>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <vector>

#include "base/base64.h"
#include "base/crypto/hmac.h"
#include "base/crypto/random.h"

namespace ashlar {
namespace {

constexpr size_t kTagBytes = 32;
constexpr size_t kSaltBytes = 16;
constexpr Argon2Cost kOurs;
constexpr Argon2Cost kMost = {.memory_kib = 262'144, .passes = 16, .lanes = 4};
constexpr std::string_view kBegin = "$argon2id$v=19$";

// Standard base64 without padding, as PHC strings have it, by way of the alphabet for URLs.
std::string Encode(std::string_view bytes) {
  std::string text = Base64UrlEncode(bytes);
  for (char& c : text) c = c == '-' ? '+' : c == '_' ? '/' : c;
  return text;
}

std::optional<std::string> Decode(std::string_view text) {
  if (text.find_first_of("-_") != std::string_view::npos) return std::nullopt;
  std::string url(text);
  for (char& c : url) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return Base64UrlDecode(url);
}

thread_local Argon2Memory* own_memory = nullptr;

int Allocate(uint8_t** memory, size_t bytes) {
  *memory = own_memory->Take(bytes);
  return *memory == nullptr ? ARGON2_MEMORY_ALLOCATION_ERROR : ARGON2_OK;
}
void Keep(uint8_t*, size_t) {}

std::string ParametersOf(const Argon2Cost& cost) {
  return fmt::format("{}m={},t={},p={}$", kBegin, cost.memory_kib, cost.passes, cost.lanes);
}

struct Kept {
  Argon2Cost cost;
  std::string salt, tag;
};

// Takes "NAME=NUMBER" and what stands behind it off the front.
bool TakeNumber(std::string_view& text, std::string_view name, char end, uint32_t most, uint32_t& number) {
  if (!text.starts_with(name)) return false;
  text.remove_prefix(name.size());
  auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number < 1 || number > most) return false;
  text.remove_prefix(static_cast<size_t>(stop - text.data()));
  if (!text.starts_with(end)) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<Kept> Read(std::string_view hash) {
  Kept kept;
  if (!hash.starts_with(kBegin)) return std::nullopt;
  hash.remove_prefix(kBegin.size());
  if (!TakeNumber(hash, "m=", ',', kMost.memory_kib, kept.cost.memory_kib)) return std::nullopt;
  if (!TakeNumber(hash, "t=", ',', kMost.passes, kept.cost.passes)) return std::nullopt;
  if (!TakeNumber(hash, "p=", '$', kMost.lanes, kept.cost.lanes)) return std::nullopt;
  size_t dollar = hash.find('$');
  if (dollar == std::string_view::npos || kept.cost.memory_kib < 8 * kept.cost.lanes) return std::nullopt;
  auto salt = Decode(hash.substr(0, dollar));
  auto tag = Decode(hash.substr(dollar + 1));
  if (!salt || !tag || salt->size() < 8 || salt->size() > 64 || tag->size() != kTagBytes) return std::nullopt;
  kept.salt = std::move(*salt);
  kept.tag = std::move(*tag);
  return kept;
}

}  // namespace

Argon2Memory::Argon2Memory() { own_memory = this; }

Argon2Memory::~Argon2Memory() {
  own_memory = nullptr;
  Release();
}

uint8_t* Argon2Memory::Take(size_t bytes) {
  if (bytes <= bytes_) return begin_;
  Release();
  void* mapped = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) return nullptr;
  begin_ = static_cast<uint8_t*>(mapped);
  bytes_ = bytes;
  return begin_;
}

void Argon2Memory::Release() {
  if (begin_ != nullptr) munmap(begin_, bytes_);
  begin_ = nullptr;
  bytes_ = 0;
}

std::string Argon2id(const Argon2Input& input, const Argon2Cost& cost) {
  auto copy = [](std::string_view text) { return std::vector<uint8_t>(text.begin(), text.end()); };
  std::vector<uint8_t> password = copy(input.password), salt = copy(input.salt), secret = copy(input.secret),
                       associated = copy(input.associated);
  std::string tag(kTagBytes, '\0');
  argon2_context context{};
  context.out = reinterpret_cast<uint8_t*>(tag.data());
  context.outlen = kTagBytes;
  context.pwd = password.data();
  context.pwdlen = static_cast<uint32_t>(password.size());
  context.salt = salt.data();
  context.saltlen = static_cast<uint32_t>(salt.size());
  context.secret = secret.data();
  context.secretlen = static_cast<uint32_t>(secret.size());
  context.ad = associated.data();
  context.adlen = static_cast<uint32_t>(associated.size());
  context.t_cost = cost.passes;
  context.m_cost = cost.memory_kib;
  context.lanes = cost.lanes;
  context.threads = 1;
  context.version = ARGON2_VERSION_13;
  context.flags = ARGON2_FLAG_CLEAR_PASSWORD;
  if (own_memory != nullptr) {
    context.allocate_cbk = Allocate;
    context.free_cbk = Keep;
  }
  if (argon2id_ctx(&context) != ARGON2_OK) std::abort();
  return tag;
}

std::string NewSalt() {
  std::array<uint8_t, kSaltBytes> chance{};
  RandomBytes(chance);
  return {reinterpret_cast<const char*>(chance.data()), chance.size()};
}

std::string HashPassword(std::string_view password) { return HashPassword(password, NewSalt()); }

std::string HashPassword(std::string_view password, std::string_view salt) {
  std::string tag = Argon2id({.password = password, .salt = salt, .secret = {}, .associated = {}}, kOurs);
  return ParametersOf(kOurs) + Encode(salt) + "$" + Encode(tag);
}

bool VerifyPassword(std::string_view password, const std::string& hash) {
  auto kept = Read(hash);
  if (!kept) return false;
  std::string tag = Argon2id({.password = password, .salt = kept->salt, .secret = {}, .associated = {}}, kept->cost);
  return EqualInConstantTime(tag, kept->tag);
}

bool NeedsRehash(std::string_view hash) { return !hash.starts_with(ParametersOf(kOurs)); }

}  // namespace ashlar
