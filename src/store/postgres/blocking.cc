// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/blocking.h"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <string_view>
#include <utility>

#include "store/postgres/codec.h"

namespace ashlar::store::postgres {
namespace {

std::unexpected<Error> Wrong(ErrorKind kind, const Server::Place& place, std::string_view why) {
  return Fail(kind, fmt::format("{}:{}: {}", place.host, place.port, why));
}

Result<ConnectionPtr> ConnectTo(const Server& server, const Server::Place& place) {
  const Keywords keywords(server, place, place.address);
  ConnectionPtr connection(PQconnectdbParams(keywords.names(), keywords.values(), 0));
  if (connection == nullptr) return Wrong(ErrorKind::kUnavailable, place, "there is no memory for a connection");
  if (PQstatus(connection.get()) != CONNECTION_OK) return Wrong(ErrorKind::kUnavailable, place, WordsOf(*connection));
  PQsetNoticeProcessor(connection.get(), [](void*, const char*) {}, nullptr);
  const std::string fault = FaultOf(*connection);
  if (!fault.empty()) return Wrong(ErrorKind::kInvalid, place, fault);
  return connection;
}

std::optional<std::string> TextAt(const PGresult& rows, int row, int column) {
  if (PQgetisnull(&rows, row, column) != 0) return std::nullopt;
  return std::string(PQgetvalue(&rows, row, column), static_cast<size_t>(PQgetlength(&rows, row, column)));
}

}  // namespace

Result<std::unique_ptr<Blocking>> Blocking::Open(const Server& server, const Settings& settings) {
  Result<std::unique_ptr<Blocking>> opened = Fail(ErrorKind::kUnavailable, "no server is named");
  for (const Server::Place& place : server.places) {
    auto connection = ConnectTo(server, place);
    if (!connection) opened = std::unexpected(connection.error());
    if (!connection) continue;
    std::unique_ptr<Blocking> own(new Blocking(std::move(*connection)));
    auto set = own->Run(SetUpSql(settings), {});
    if (!set) return Wrong(ErrorKind::kUnavailable, place, set.error().message);
    (void)own->Run(SetUpMoreSql(settings), {});  // it does without
    return own;
  }
  return opened;
}

std::expected<ResultPtr, Trouble> Blocking::Run(const std::string& sql, std::span<const types::Value> parameters) {
  Parameters bound;
  bound.Assign(parameters);
  ResultPtr result(parameters.empty() ? PQexec(connection_.get(), sql.c_str())
                                      : PQexecParams(connection_.get(), sql.c_str(), bound.size(), bound.types().data(),
                                                     bound.values(), bound.lengths(), bound.formats(), 0));
  if (result == nullptr)
    return std::unexpected(Trouble{.state = std::string(kLostState), .message = WordsOf(*connection_)});
  const ExecStatusType status = PQresultStatus(result.get());
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY) return result;
  Trouble trouble = TroubleOf(*result);
  if (trouble.state.empty()) trouble = {.state = std::string(kLostState), .message = WordsOf(*connection_)};
  return std::unexpected(std::move(trouble));
}

std::expected<int64_t, Trouble> Blocking::Execute(const std::string& sql, std::span<const types::Value> parameters) {
  auto result = Run(sql, parameters);
  if (!result) return std::unexpected(std::move(result).error());
  return std::get<int64_t>(*ReplyOf(**result, 0));
}

std::expected<std::optional<std::string>, Trouble> Blocking::QueryText(const std::string& sql,
                                                                       std::span<const types::Value> parameters) {
  auto result = Run(sql, parameters);
  if (!result) return std::unexpected(std::move(result).error());
  const PGresult& rows = **result;
  return PQntuples(&rows) > 0 && PQnfields(&rows) > 0 ? TextAt(rows, 0, 0) : std::nullopt;
}

std::expected<Blocking::Texts, Trouble> Blocking::QueryTexts(const std::string& sql) {
  auto result = Run(sql, {});
  if (!result) return std::unexpected(std::move(result).error());
  const PGresult& rows = **result;
  Texts texts;
  for (int row = 0; row < PQntuples(&rows); ++row) {
    auto& cells = texts.emplace_back();
    for (int column = 0; column < PQnfields(&rows); ++column) cells.push_back(TextAt(rows, row, column));
  }
  return texts;
}

}  // namespace ashlar::store::postgres
