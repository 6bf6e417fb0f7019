// SPDX-License-Identifier: Apache-2.0
#include "plan/once.h"

#include <map>
#include <set>

#include "base/hex.h"
#include "plan/rules.h"

namespace ashlar::plan {
namespace {

constexpr int64_t kKeptMicros = int64_t{24} * 60 * 60 * 1'000'000;

std::string HexOf(const Digest& digest) {
  return HexEncode({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

void AppendText(std::string_view text, std::string& out) {
  out += fmt::format("{}:", text.size());
  out += text;
}

cel::ExprPtr ExpiresAt(const model::Resource& records, cel::Op op, int64_t micros) {
  FieldId field = records.FindField("expiresAt");
  return MakeCall(
      op, {FieldOf(records, field, RowAt(records.id, 0)), LiteralFor(records.field(field), types::Timestamp{micros})});
}

// Whose names are the same: a user's, or of services those with the same roles.
std::string ScopeOf(const call::Caller& caller) {
  std::string scope;
  const std::string_view kind = caller.key.empty() ? std::string_view(caller.principal.kind) : "user";
  AppendText(caller.is_operator() ? "operator" : caller.anonymous() ? "anonymous" : kind, scope);
  AppendText(caller.id, scope);
  if (caller.principal.id.is_null()) {
    std::vector<std::string> roles = caller.principal.roles;
    std::ranges::sort(roles);
    for (const std::string& role : roles) AppendText(role, scope);
  }
  return scope;
}

void SetSystemFields(const model::Resource& resource, int64_t now_micros, Insert& insert) {
  auto set = [&](model::SystemField field, Value value) {
    insert.row[resource.FindSystem(field).index()] = std::move(value);
  };
  set(model::SystemField::kVersion, int64_t{1});
  set(model::SystemField::kCreatedAt, types::Timestamp{now_micros});
  set(model::SystemField::kUpdatedAt, types::Timestamp{now_micros});
}

class RecallProgram final : public Program {
 public:
  RecallProgram(const model::Resource& records, const call::Once& once, std::string id, int64_t now_micros)
      : fingerprint_(HexOf(once.fingerprint)) {
    query_.resource = records.id;
    query_.fields = {records.FindField("fingerprint"), records.FindField("outcomes")};
    query_.where = cel::And(KeyIs(records, {Value{std::move(id)}}), ExpiresAt(records, cel::Op::kGreater, now_micros));
    query_.limit = 1;
  }

  void Start() override {
    asked_ = false;
    found_ = {};
  }

  std::vector<Statement> Advance(std::vector<Answer> answers) override {
    if (!asked_) {
      asked_ = true;
      return {query_};
    }
    found_ = std::get<types::Rows>(std::move(answers[0]));
    return {};
  }

  call::Answer<call::Outcome> Take() override {
    call::Outcome outcome;
    if (found_.empty()) return outcome;
    if (found_.at(0, 0).text() != fingerprint_) {
      return call::Refuse(call::Code::kIdempotencyKeyReused,
                          std::string(RowOf(call::Code::kIdempotencyKeyReused).message));
    }
    types::Rows kept(1);
    if (kept.AppendText(found_.at(0, 1).text())) outcome.rows.rows = std::move(kept);
    return outcome;
  }

 private:
  Query query_;
  std::string fingerprint_;
  bool asked_ = false;
  types::Rows found_;
};

// The bytes that records have, as rows of the system's IdempotencySpace: of an owner, and of all under a name that no
// owner has.
class Spaces {
 public:
  explicit Spaces(const model::Service& service) : spaces_(service.resource(service.idempotency_space)) {}

  // What there is of these owners and of all.
  Query Ask(const std::set<std::string>& owners) const {
    Query query;
    query.resource = spaces_.id;
    query.fields = {spaces_.key[0], bytes()};
    query.where = KeyIs(spaces_, {std::string(kAll)});
    for (const std::string& owner : owners) query.where = cel::Or(query.where, KeyIs(spaces_, {owner}));
    query.limit = static_cast<int64_t>(owners.size()) + 1;
    return query;
  }
  void Read(const types::Rows& rows) {
    there_.clear();
    for (size_t row = 0; row < rows.size(); ++row) {
      there_.emplace(std::string(rows.at(row, 0).text()), rows.at(row, 1).integer);
    }
    now_ = there_;
  }
  int64_t all() const { return Of(std::string(kAll)); }
  int64_t Of(const std::string& owner) const {
    auto found = now_.find(owner);
    return found == now_.end() ? 0 : found->second;
  }
  void Add(const std::string& owner, int64_t bytes) {
    for (const std::string& of : {owner, std::string(kAll)}) now_[of] = std::max<int64_t>(0, Of(of) + bytes);
  }
  // Writes what was added; an owner without a byte has no row.
  void Write(int64_t now_micros, std::vector<Statement>& statements) const {
    for (const auto& [owner, bytes] : now_) {
      auto before = there_.find(owner);
      if (before == there_.end()) {
        if (bytes > 0) statements.push_back(RowOf(owner, bytes, now_micros));
      } else if (bytes == 0) {
        statements.push_back(Delete{spaces_.id, {owner}});
      } else if (bytes != before->second) {
        statements.push_back(Update{spaces_.id, {owner}, {{this->bytes(), bytes}}});
      }
    }
  }

 private:
  static constexpr std::string_view kAll = "all";
  FieldId bytes() const { return spaces_.FindField("bytes"); }
  Insert RowOf(const std::string& owner, int64_t bytes, int64_t now_micros) const {
    Insert insert{spaces_.id, Values(spaces_.fields.size())};
    SetSystemFields(spaces_, now_micros, insert);
    insert.row[spaces_.key[0].index()] = owner;
    insert.row[this->bytes().index()] = bytes;
    return insert;
  }

  const model::Resource& spaces_;
  std::map<std::string, int64_t> there_, now_;
};

class KeepProgram final : public Program {
 public:
  KeepProgram(const model::Service& service, const call::Once& once, const call::Caller& caller,
              const OnceLimits& limits, int64_t now_micros, std::string outcomes)
      : records_(service.resource(service.idempotency)),
        spaces_(service),
        limits_(limits),
        now_micros_(now_micros),
        owner_(HexOf(Sha256(ScopeOf(caller)))),
        bytes_(static_cast<int64_t>(outcomes.size()) + kRecordBytes) {
    const std::string id = OnceIdOf(once, caller);
    // One of the same id that is still there has expired, or it would have been answered.
    expired_.resource = records_.id;
    expired_.fields = {records_.FindField("bytes")};
    expired_.where = KeyIs(records_, {Value{id}});
    expired_.limit = 1;
    insert_ = {records_.id, Values(records_.fields.size())};
    SetSystemFields(records_, now_micros, insert_);
    auto set = [&](FieldId field, Value value) { insert_.row[field.index()] = std::move(value); };
    set(records_.key[0], id);
    set(records_.FindField("fingerprint"), HexOf(once.fingerprint));
    set(records_.FindField("outcomes"), types::Bytes{std::move(outcomes)});
    set(records_.FindField("expiresAt"), types::Timestamp{now_micros + kKeptMicros});
    set(records_.FindField("owner"), owner_);
    set(records_.FindField("bytes"), bytes_);
  }

  void Start() override {
    step_ = 0;
    kept_ = full_ = false;
  }

  std::vector<Statement> Advance(std::vector<Answer> answers) override {
    switch (step_++) {
      case 0: return {spaces_.Ask({owner_}), expired_};
      case 1: return Write(std::get<types::Rows>(answers[0]), std::get<types::Rows>(answers[1]));
      default: kept_ = !full_ && std::holds_alternative<Written>(answers.back()); return {};
    }
  }

  call::Answer<call::Outcome> Take() override {
    if (kept_) return call::Outcome();
    if (full_) {
      return call::Refuse(call::Code::kUnavailable,
                          "there is no room to keep another answer for an Idempotency-Key; nothing of this was done: "
                          "try again later, or without the key");
    }
    return call::Refuse(call::Code::kInternal, std::string(RowOf(call::Code::kInternal).message));
  }

 private:
  std::vector<Statement> Write(const types::Rows& there, const types::Rows& expired) {
    std::vector<Statement> statements;
    spaces_.Read(there);
    if (!expired.empty()) {
      const types::Cell& bytes = expired.at(0, 0);
      if (!bytes.is_null()) spaces_.Add(owner_, -bytes.integer);  // null: of a build that did not count them
      statements.push_back(Delete{records_.id, {insert_.row[records_.key[0].index()]}});
    }
    spaces_.Add(owner_, bytes_);
    full_ = spaces_.all() > limits_.all || spaces_.Of(owner_) > limits_.of_each();
    if (full_) return {};
    spaces_.Write(now_micros_, statements);
    statements.push_back(insert_);
    return statements;
  }

  const model::Resource& records_;
  Spaces spaces_;
  const OnceLimits limits_;
  const int64_t now_micros_;
  const std::string owner_;
  const int64_t bytes_;
  Query expired_;
  Insert insert_;
  int step_ = 0;
  bool kept_ = false;
  bool full_ = false;
};

class SweepProgram final : public Program {
 public:
  SweepProgram(const model::Service& service, int64_t now_micros)
      : records_(service.resource(service.idempotency)), spaces_(service), now_micros_(now_micros) {
    expired_.resource = records_.id;
    expired_.fields = {records_.key[0], records_.FindField("owner"), records_.FindField("bytes")};
    expired_.where = ExpiresAt(records_, cel::Op::kLessOrEqual, now_micros);
    expired_.order = {{records_.FindField("expiresAt"), false}, {records_.key[0], false}};
    expired_.limit = static_cast<int64_t>(kSweptAtOnce);
  }

  void Start() override {
    step_ = 0;
    found_ = {};
  }

  std::vector<Statement> Advance(std::vector<Answer> answers) override {
    switch (step_++) {
      case 0: return {expired_};
      case 1: found_ = std::get<types::Rows>(std::move(answers[0])); return AskSpaces();
      case 2: spaces_.Read(std::get<types::Rows>(answers[0])); return Remove();
      default: return {};
    }
  }

  call::Answer<call::Outcome> Take() override {
    call::Outcome outcome;
    outcome.rows.rows = std::move(found_);
    return outcome;
  }

 private:
  std::vector<Statement> AskSpaces() const {
    std::set<std::string> owners;
    for (size_t row = 0; row < found_.size(); ++row) {
      if (!found_.at(row, 1).is_null()) owners.emplace(found_.at(row, 1).text());
    }
    if (found_.empty()) return {};
    return {spaces_.Ask(owners)};
  }
  std::vector<Statement> Remove() {
    std::vector<Statement> statements;
    for (size_t row = 0; row < found_.size(); ++row) {
      const types::Cell& owner = found_.at(row, 1);
      const types::Cell& bytes = found_.at(row, 2);
      if (!owner.is_null() && !bytes.is_null()) spaces_.Add(std::string(owner.text()), -bytes.integer);
      statements.push_back(Delete{records_.id, {std::string(found_.at(row, 0).text())}});
    }
    spaces_.Write(now_micros_, statements);
    return statements;
  }

  const model::Resource& records_;
  Spaces spaces_;
  const int64_t now_micros_;
  Query expired_;
  int step_ = 0;
  types::Rows found_;
};

}  // namespace

std::string OnceIdOf(const call::Once& once, const call::Caller& caller) {
  std::string scope = ScopeOf(caller);
  if (!caller.credential().empty()) AppendText(caller.credential(), scope);
  AppendText(once.address, scope);
  AppendText(once.key, scope);
  return HexOf(Sha256(scope));
}

std::unique_ptr<Program> MakeRecallProgram(const model::Service& service, const call::Once& once, std::string id,
                                           int64_t now_micros) {
  return std::make_unique<RecallProgram>(service.resource(service.idempotency), once, std::move(id), now_micros);
}

std::unique_ptr<Program> MakeKeepProgram(const model::Service& service, const call::Once& once,
                                         const call::Caller& caller, const OnceLimits& limits, int64_t now_micros,
                                         std::string outcomes) {
  return std::make_unique<KeepProgram>(service, once, caller, limits, now_micros, std::move(outcomes));
}

std::unique_ptr<Program> MakeSweepProgram(const model::Service& service, int64_t now_micros) {
  return std::make_unique<SweepProgram>(service, now_micros);
}

}  // namespace ashlar::plan
