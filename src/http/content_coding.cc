// SPDX-License-Identifier: Apache-2.0
#include "http/content_coding.h"

#include <algorithm>
#include <optional>

#include "http/syntax.h"

namespace ashlar::http {
namespace {

constexpr ContentCoding kByMerit[] = {ContentCoding::kZstd, ContentCoding::kBrotli, ContentCoding::kGzip};
constexpr int kWhole = 1000;

// qvalue (RFC 9110, 12.4.2) in thousandths; nothing where it is none.
std::optional<int> ReadWeight(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  int weight = (text[0] - '0') * kWhole;
  if (text.size() == 1) return weight;
  if (text[1] != '.') return std::nullopt;
  int place = kWhole / 10;
  for (char c : text.substr(2)) {
    if (c < '0' || c > '9') return std::nullopt;
    weight += (c - '0') * place;
    place /= 10;
  }
  return weight <= kWhole ? std::optional(weight) : std::nullopt;
}

// Takes the next item of a list off its beginning.
std::string_view TakeItem(std::string_view& list) {
  size_t comma = std::min(list.find(','), list.size());
  std::string_view item = list.substr(0, comma);
  list.remove_prefix(std::min(comma + 1, list.size()));
  return Trim(item);
}

}  // namespace

std::string_view NameOf(ContentCoding coding) {
  switch (coding) {
    case ContentCoding::kIdentity: return "identity";
    case ContentCoding::kGzip: return "gzip";
    case ContentCoding::kBrotli: return "br";
    case ContentCoding::kZstd: return "zstd";
  }
  return "";
}

std::span<const ContentCoding> CodingsByMerit() { return kByMerit; }

// One line of the field. What is not well formed says nothing; of what is said twice, the first counts.
void AcceptedCodings::Read(std::string_view value, Weights& said, int& others) {
  while (!value.empty()) {
    std::string_view item = TakeItem(value);
    size_t semicolon = item.find(';');
    std::string_view name = Trim(item.substr(0, semicolon));
    int weight = kWhole;
    if (semicolon != std::string_view::npos) {
      std::string_view parameter = Trim(item.substr(semicolon + 1));
      bool is_weight = parameter.size() > 2 && (parameter[0] == 'q' || parameter[0] == 'Q') && parameter[1] == '=';
      auto read = is_weight ? ReadWeight(parameter.substr(2)) : std::nullopt;
      if (!read) continue;
      weight = *read;
    }
    int* at = name == "*" ? &others : nullptr;
    for (size_t i = 0; i < kContentCodings; ++i) {
      if (EqualIgnoringCase(name, NameOf(static_cast<ContentCoding>(i)))) at = &said[i];
    }
    if (EqualIgnoringCase(name, "x-gzip")) at = &said[static_cast<size_t>(ContentCoding::kGzip)];
    if (at != nullptr && *at == kUnsaid) *at = weight;
  }
}

AcceptedCodings AcceptedCodings::Of(const Request& request) {
  AcceptedCodings accepted;
  Weights said;
  said.fill(kUnsaid);
  int others = kUnsaid;
  for (const Header& header : request.headers) {
    if (EqualIgnoringCase(header.name, "Accept-Encoding")) Read(header.value, said, others);
  }
  // `*` brings gzip alone, which everybody reads; the younger ones are for who names them.
  for (ContentCoding coding : {ContentCoding::kIdentity, ContentCoding::kGzip}) {
    int& weight = said[static_cast<size_t>(coding)];
    if (weight == kUnsaid) weight = others;
  }
  // Identity that is not named is a last resort, whatever the others weigh.
  if (said[0] == kUnsaid) said[0] = 1;
  for (size_t i = 0; i < kContentCodings; ++i) accepted.weights_[i] = std::max(said[i], 0);
  return accepted;
}

bool AcceptedCodings::TakesNothing() const {
  return std::all_of(weights_.begin(), weights_.end(), [](int weight) { return weight == 0; });
}

ContentCoding AcceptedCodings::Best() const {
  ContentCoding best = ContentCoding::kIdentity;
  int most = weights_[0] - 1;  // a coding that is wanted as much goes before
  for (ContentCoding coding : kByMerit) {
    int weight = weights_[static_cast<size_t>(coding)];
    if (weight == 0 || weight <= most) continue;
    best = coding;
    most = weight;
  }
  return best;
}

}  // namespace ashlar::http
