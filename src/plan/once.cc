// SPDX-License-Identifier: Apache-2.0
#include "plan/once.h"

#include "base/hex.h"
#include "plan/rules.h"

namespace ashlar::plan {
namespace {

constexpr int64_t kKeptMicros = int64_t{24} * 60 * 60 * 1'000'000;
constexpr int64_t kSwept = 8;  // of the expired, with each that is kept

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

class KeepProgram final : public Program {
 public:
  KeepProgram(const model::Resource& records, const call::Once& once, std::string id, int64_t now_micros,
              std::string outcomes)
      : records_(records) {
    expired_.resource = records.id;
    expired_.fields = records.key;
    expired_.where = ExpiresAt(records, cel::Op::kLessOrEqual, now_micros);
    expired_.order = {{records.FindField("expiresAt"), false}, {records.key[0], false}};
    expired_.limit = kSwept;
    insert_ = {records.id, Values(records.fields.size())};
    auto set = [&](FieldId field, Value value) { insert_.row[field.index()] = std::move(value); };
    set(records.key[0], std::move(id));
    set(records.FindSystem(model::SystemField::kVersion), int64_t{1});
    set(records.FindSystem(model::SystemField::kCreatedAt), types::Timestamp{now_micros});
    set(records.FindSystem(model::SystemField::kUpdatedAt), types::Timestamp{now_micros});
    set(records.FindField("fingerprint"), HexOf(once.fingerprint));
    set(records.FindField("outcomes"), types::Bytes{std::move(outcomes)});
    set(records.FindField("expiresAt"), types::Timestamp{now_micros + kKeptMicros});
  }

  void Start() override {
    step_ = 0;
    kept_ = false;
  }

  std::vector<Statement> Advance(std::vector<Answer> answers) override {
    switch (step_++) {
      case 0: return {expired_};
      case 1: return Write(std::get<types::Rows>(answers[0]));
      default: kept_ = std::holds_alternative<Written>(answers.back()); return {};
    }
  }

  call::Answer<call::Outcome> Take() override {
    if (kept_) return call::Outcome();
    return call::Refuse(call::Code::kInternal, std::string(RowOf(call::Code::kInternal).message));
  }

 private:
  // One of the same id that is still there has expired, or it would have been answered.
  std::vector<Statement> Write(const types::Rows& expired) const {
    std::vector<Statement> statements;
    const types::Type& type = *records_.field(records_.key[0]).type;
    for (size_t row = 0; row < expired.size(); ++row) {
      statements.push_back(Delete{records_.id, {type.ToValue(expired.at(row, 0))}});
    }
    statements.push_back(Delete{records_.id, {insert_.row[records_.key[0].index()]}});
    statements.push_back(insert_);
    return statements;
  }

  const model::Resource& records_;
  Query expired_;
  Insert insert_;
  int step_ = 0;
  bool kept_ = false;
};

}  // namespace

std::string OnceIdOf(const call::Once& once, const call::Caller& caller) {
  std::string scope;
  AppendText(caller.is_operator() ? "operator" : caller.anonymous() ? "anonymous" : caller.principal.kind, scope);
  AppendText(caller.id, scope);
  if (caller.principal.id.is_null()) {
    std::vector<std::string> roles = caller.principal.roles;
    std::ranges::sort(roles);
    for (const std::string& role : roles) AppendText(role, scope);
  }
  AppendText(once.address, scope);
  AppendText(once.key, scope);
  return HexOf(Sha256(scope));
}

std::unique_ptr<Program> MakeRecallProgram(const model::Service& service, const call::Once& once, std::string id,
                                           int64_t now_micros) {
  return std::make_unique<RecallProgram>(service.resource(service.idempotency), once, std::move(id), now_micros);
}

std::unique_ptr<Program> MakeKeepProgram(const model::Service& service, const call::Once& once, std::string id,
                                         int64_t now_micros, std::string outcomes) {
  return std::make_unique<KeepProgram>(service.resource(service.idempotency), once, std::move(id), now_micros,
                                       std::move(outcomes));
}

}  // namespace ashlar::plan
