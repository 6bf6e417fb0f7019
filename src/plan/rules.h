// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "call/api_error.h"
#include "call/caller.h"
#include "model/service.h"

namespace ashlar::plan {

// The access rules of a service as one caller meets them at one moment: each folded, so that what is left depends on
// the row alone. The operator meets none. Every Expr that it gives is over Variable{0}. One thread.
class Rules {
 public:
  Rules(const model::Service& service, const call::Caller& caller, int64_t now_micros);

  const model::Service& service() const { return service_; }
  const call::Caller& caller() const { return caller_; }
  int64_t now_micros() const { return bindings_.now_micros; }

  // An access rule, or True for the operator; False where the caller's credential is narrowed to less. A rule that is
  // null counts as True.
  cel::ExprPtr Access(const model::Resource& resource, cel::ExprPtr model::Access::* rule) const;
  // What decides, before any row is looked at, whether the caller may ask for that at all.
  cel::ExprPtr Gate(const model::Resource& resource, model::OperationKind kind) const;
  // An expression that is no access rule (a default, a caller's filter): folded for the operator too.
  cel::ExprPtr Fold(const cel::ExprPtr& expr) const { return cel::Fold(expr, bindings_); }

  // Null where everyone may; the literal false where this caller may never.
  cel::ExprPtr Read(const model::Field& field) const;
  cel::ExprPtr Write(const model::Field& field) const;
  bool AlwaysReads(const model::Field& field) const { return cel::IsTrue(Read(field)); }

  // The refusal of a caller whom an operation's rule turned away: 401 if it came without a credential.
  call::ApiError Denied(std::string_view what) const;
  call::ApiError DeniedField(std::string_view name) const;

  // A caller's expression made safe to run: every relation that it crosses shows only rows that the caller may list.
  cel::ExprPtr Guarded(const cel::ExprPtr& expr) const;

 private:
  cel::ExprPtr Folded(const cel::ExprPtr& rule) const;

  const model::Service& service_;
  const call::Caller& caller_;
  cel::Bindings bindings_;
};

// Field `id` of the row `row`, and the row in slot 0.
cel::ExprPtr FieldOf(const model::Resource& resource, model::FieldId id, cel::ExprPtr row);
cel::ExprPtr RowAt(model::ResourceId resource, int slot);
cel::ExprPtr MakeCall(cel::Op op, std::vector<cel::ExprPtr> arguments);
// field == value, for each part of the key.
cel::ExprPtr KeyIs(const model::Resource& resource, const types::Values& key);
// The literal of a value that stands beside a field.
cel::ExprPtr LiteralFor(const model::Field& field, types::Value value);

}  // namespace ashlar::plan
