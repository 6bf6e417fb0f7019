// SPDX-License-Identifier: Apache-2.0
#include "entry.h"

#include <algorithm>
#include <optional>

namespace ashlar::bench {
namespace {

constexpr size_t kLongestName = 120;

// A flat JSON object of texts, numbers and booleans.
class Members {
 public:
  explicit Members(std::string_view text) : text_(text) {}

  bool Begin() { return Take('{'); }
  // The next member; false at the end, or when the text is none.
  bool Next() {
    if (first_ ? Take('}') : !Take(',')) return false;
    first_ = false;
    return Text(name) && Take(':') && Value();
  }
  bool Ended() {
    if (!closed_ && !Take('}')) return false;
    Blanks();
    return at_ == text_.size();
  }

  std::string name;
  std::string value;
  bool quoted = false;

 private:
  void Blanks() { at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size()); }
  bool Take(char c) {
    Blanks();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    closed_ = c == '}';
    return true;
  }
  bool Text(std::string& to) {
    if (!Take('"')) return false;
    to.clear();
    while (at_ < text_.size() && text_[at_] != '"') {
      char c = text_[at_++];
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c == '\\' && !Escaped(c)) return false;
      to += c;
    }
    return at_ < text_.size() && text_[at_++] == '"';
  }
  // Those of one letter; no work sends another.
  bool Escaped(char& c) {
    constexpr std::string_view kLetters = "\"\\/bfnrt";
    constexpr std::string_view kMeant = "\"\\/\b\f\n\r\t";
    size_t letter = at_ < text_.size() ? kLetters.find(text_[at_++]) : std::string_view::npos;
    if (letter == std::string_view::npos) return false;
    c = kMeant[letter];
    return true;
  }
  bool Value() {
    Blanks();
    quoted = at_ < text_.size() && text_[at_] == '"';
    if (quoted) return Text(value);
    size_t end = text_.find_first_of(",} \n\r\t", at_);
    if (end == std::string_view::npos || end == at_) return false;
    value = text_.substr(at_, end - at_);
    at_ = end;
    return true;
  }

  std::string_view text_;
  size_t at_ = 0;
  bool first_ = true;
  bool closed_ = false;
};

enum Field : unsigned { kName = 1, kPrice = 2, kStock = 4, kStatus = 8, kPublished = 16, kReleased = 32, kMaker = 64 };
constexpr unsigned kRequired = kName | kPrice | kReleased | kMaker;

bool Keep(std::optional<int64_t> number, int64_t& to) {
  to = number.value_or(0);
  return number && to >= 0;
}

// The member's field, once it is checked and kept; 0 where it is none or wrong.
unsigned Field(const Members& member, Entry& entry) {
  const std::string& value = member.value;
  if (member.name == "name") {
    size_t points = 0;
    for (char c : value) points += (c & 0xc0) != 0x80 ? 1 : 0;
    entry.name = value;
    return member.quoted && points >= 1 && points <= kLongestName ? kName : 0;
  }
  if (member.name == "price") return Keep(ReadCents(value), entry.price) ? kPrice : 0;
  if (member.name == "stock") return !member.quoted && Keep(ReadNumber(value), entry.stock) ? kStock : 0;
  if (member.name == "status") {
    entry.status = value;
    return member.quoted && (value == "draft" || value == "active" || value == "retired") ? kStatus : 0;
  }
  if (member.name == "published") {
    entry.published = value == "true";
    return !member.quoted && (value == "true" || value == "false") ? kPublished : 0;
  }
  if (member.name == "releasedAt") return member.quoted && Keep(ReadTime(value), entry.released) ? kReleased : 0;
  if (member.name != "makerId" || !member.quoted) return 0;
  std::optional<Uuid> maker = ReadUuid(value);
  entry.maker = maker.value_or(Uuid{});
  return maker ? kMaker : 0;
}

}  // namespace

bool ReadEntry(std::string_view body, Entry& entry) {
  Members members(body);
  if (!members.Begin()) return false;
  unsigned given = 0;
  while (members.Next()) {
    unsigned field = Field(members, entry);
    if (field == 0 || (given & field) != 0) return false;
    given |= field;
  }
  return members.Ended() && (given & kRequired) == kRequired;
}

void WriteEntry(Entry& entry) {
  entry.json.resize_and_overwrite(1024 + 6 * entry.name.size(), [&](char* begin, size_t) {
    char* to = PutUuid(PutText(begin, "{\"id\":\""), entry.id.data());
    to = PutTime(PutText(to, "\",\"version\":1,\"createdAt\":\""), entry.now);
    to = PutTime(PutText(to, "\",\"updatedAt\":\""), entry.now);
    to = PutQuoted(PutText(to, "\",\"name\":"), entry.name);
    to = PutCents(PutText(to, ",\"price\":\""), entry.price);
    to = PutNumber(PutText(to, "\",\"stock\":"), entry.stock);
    to = PutText(PutText(to, ",\"status\":\""), entry.status);
    to = PutText(PutText(to, "\",\"published\":"), entry.published ? "true" : "false");
    to = PutTime(PutText(to, ",\"releasedAt\":\""), entry.released);
    to = PutUuid(PutText(to, "\",\"makerId\":\""), entry.maker.data());
    to = PutUuid(PutText(to, "\",\"ownerId\":\""), entry.owner.data());
    return static_cast<size_t>(PutText(to, "\"}") - begin);
  });
}

}  // namespace ashlar::bench
