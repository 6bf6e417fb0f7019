// SPDX-License-Identifier: Apache-2.0
#include "surface/rest/query_body.h"

#include <charconv>
#include <set>

#include "base/near.h"
#include "call/foreign.h"
#include "call/where.h"
#include "surface/rest/query.h"

namespace ashlar::surface::rest {
namespace {

constexpr size_t kMostMistakes = 100;

class BodyReader {
 public:
  explicit BodyReader(call::Call& call) : call_(call) {}

  void Read(const json::Json& body) {
    if (body.object() == nullptr) return Wrong("the body must be an object");
    std::set<std::string> seen;
    for (const json::Member& member : *body.object()) {
      seen.insert(member.name);
      ReadMember(member.name, member.value);
    }
    CheckPaging(seen, call_.paging, wrong_);
  }

  const std::vector<std::string>& wrong() const { return wrong_; }

 private:
  void ReadMember(const std::string& name, const json::Json& value) {
    if (name == "where") {
      call_.where = call::ReadWhere(value, wrong_);
    } else if (name == "filter") {
      call_.filter = Text(name, value);
      if (value.string() != nullptr && call_.filter.empty()) Wrong("'filter' is empty");
    } else if (name == "q") {
      call_.search = Text(name, value);
    } else if (name == "sort") {
      for (const std::string& term : Names(name, value)) AddSortTerm(term, call_.sort);
    } else if (name == "fields") {
      call_.selection.fields = Names(name, value);
    } else if (name == "include") {
      for (const std::string& path : Names(name, value)) {
        if (!AddInclude(path, call_.selection)) Wrong(fmt::format("'include': '{}' is too deep", path));
      }
    } else if (name == "page") {
      call_.paging.page = Number(name, value);
    } else if (name == "perPage") {
      call_.paging.per_page = Number(name, value);
    } else if (name == "total") {
      if (value.boolean() == nullptr) return Wrong("'total' must be true or false");
      call_.paging.total = *value.boolean();
    } else if (name == "after" || name == "before") {
      call_.paging.cursor = true;
      call_.paging.backwards = name == "before";
      call_.paging.at = Text(name, value);
    } else if (name == "deleted") {
      const std::string* which = value.string();
      if (which == nullptr || (*which != "with" && *which != "only")) return Wrong("'deleted' must be with or only");
      call_.deleted = *which == "only" ? call::Deleted::kOnly : call::Deleted::kWith;
    } else {
      Unknown(name);
    }
  }

  void Unknown(const std::string& name) {
    std::vector<std::string> known(std::begin(kQueryMembers), std::end(kQueryMembers));
    std::string near(call::ParameterFor(name));
    if (near.empty()) near = Near(name, known);
    Wrong(fmt::format("'{}' is not a member of a query{}", name,
                      near.empty() ? "" : fmt::format(" (did you mean '{}'?)", near)));
  }

  std::string Text(const std::string& name, const json::Json& value) {
    if (value.string() != nullptr) return *value.string();
    Wrong(fmt::format("'{}' must be a string", name));
    return "";
  }

  int64_t Number(const std::string& name, const json::Json& value) {
    int64_t number = 0;
    const json::Number* given = value.number();
    if (given != nullptr) {
      const char* end = given->token.data() + given->token.size();
      auto [stop, error] = std::from_chars(given->token.data(), end, number);
      if (error == std::errc() && stop == end && number > 0) return number;
    }
    Wrong(fmt::format("'{}' must be a positive whole number", name));
    return 1;
  }

  std::vector<std::string> Names(const std::string& name, const json::Json& value) {
    std::vector<std::string> names;
    const json::Array* items = value.array();
    bool texts = items != nullptr && std::ranges::all_of(*items, [](const json::Json& item) {
                   return item.string() != nullptr && !item.string()->empty();
                 });
    if (!texts) {
      Wrong(fmt::format("'{}' must be an array of names", name));
    } else if (items->size() > kMostNames) {
      Wrong(fmt::format("'{}' has more than {} names", name, kMostNames));
    } else {
      for (const json::Json& item : *items) names.push_back(*item.string());
    }
    return names;
  }

  void Wrong(std::string message) {
    if (wrong_.size() < kMostMistakes) wrong_.push_back(std::move(message));
  }

  static constexpr size_t kMostNames = 1000;
  call::Call& call_;
  std::vector<std::string> wrong_;
};

}  // namespace

void DecodeQueryBody(const json::Json& body, call::Call& call) {
  BodyReader reader(call);
  reader.Read(body);
  if (reader.wrong().empty() || call.malformed) return;
  call.malformed = call::ApiError{call::Code::kInvalidQuery, fmt::format("{}", fmt::join(reader.wrong(), "; ")), {}};
}

}  // namespace ashlar::surface::rest
