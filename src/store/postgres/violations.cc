// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/violations.h"

#include "store/sql/schema.h"

namespace ashlar::store::postgres {

// SQLSTATEs (PostgreSQL 15, Appendix A).
Violations::Violations(const model::Service& service) {
  const sql::Dialect& dialect = sql::Postgres();
  for (const model::Resource& resource : service.resources) {
    uniques_[fmt::format("{}_pkey", resource.table)] = {resource.id, resource.key};  // as the server names it
    for (const auto& fields : resource.uniques) {
      uniques_[sql::UniqueName(dialect, resource, fields)] = {resource.id, fields};
    }
    for (size_t i = 0; i < resource.checks.size(); ++i) {
      checks_[sql::CheckName(dialect, resource, resource.checks[i])] = {resource.id, static_cast<int>(i)};
    }
  }
}

std::optional<plan::Answer> Violations::Of(const Trouble& trouble, plan::ResourceId of) const {
  if (trouble.state == "23505") {
    auto unique = uniques_.find(trouble.constraint);
    if (unique != uniques_.end()) return plan::UniqueViolation{unique->second.resource, unique->second.fields};
    return plan::CheckViolation{of, -1};
  }
  if (trouble.state == "23514") {
    auto check = checks_.find(trouble.constraint);
    return check == checks_.end() ? plan::CheckViolation{of, -1} : check->second;
  }
  const bool integrity = trouble.state.starts_with("23");  // not null, a reference that leads nowhere
  return integrity ? std::optional<plan::Answer>(plan::CheckViolation{of, -1}) : std::nullopt;
}

bool MayGoAgain(const Trouble& trouble) { return trouble.state == "40001" || trouble.state == "40P01"; }

Error ErrorOf(const Trouble& trouble) {
  std::string message = fmt::format("{} ({})", trouble.message, trouble.state);
  if (trouble.state == "57014") return {ErrorKind::kTimeout, std::move(message)};
  // Connections, resources, an operator who intervenes, disks, a server that is only read, and others who came between
  // too often.
  for (std::string_view down : {"08", "53", "57", "58", "25006", "40001", "40P01"}) {
    if (trouble.state.starts_with(down)) return {ErrorKind::kUnavailable, std::move(message)};
  }
  return {ErrorKind::kInternal, std::move(message)};
}

}  // namespace ashlar::store::postgres
