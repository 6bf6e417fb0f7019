// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <set>
#include <string>

#include "cel/expr.h"
#include "cel/syntax.h"
#include "model/service.h"

namespace ashlar::contract {

// The direct parts of an expression, without null pointers.
void ForEachPart(const cel::Expr& expr, const std::function<void(const cel::Expr&)>& visit);
// The fields of the row in slot 0 that it looks at, the keys of the relations that it crosses from there and what
// computed fields are made of included.
std::set<model::FieldId> OwnFields(const cel::Expr& expr, const model::Resource& resource);

// The scopes that rules of the service ask for by hasScope().
std::set<std::string> AskedScopes(const model::Service& service);

// Every part of what was written, `ast` itself first.
void ForEachAst(const cel::Ast& ast, const std::function<void(const cel::Ast&)>& visit);

}  // namespace ashlar::contract
