// SPDX-License-Identifier: Apache-2.0
#include "identity/own_data.h"

#include "base/await.h"
#include "identity/row.h"

namespace ashlar::identity {
namespace {

using call::Code;
using model::OperationKind;

bool IsRefused(const call::ApiError& error) {
  return error.code == Code::kForbidden || error.code == Code::kNotFound || error.code == Code::kUnauthenticated;
}

// The row with what is built in and what the caller's own rules show of it.
Task<call::Answer<call::Outcome>> OwnRow(engine::Engine& engine, Keeper& keeper, Context& context,
                                         const call::Caller& caller) {
  const model::Resource& user = keeper.user();
  call::Call get;
  get.operation = keeper.service().FindOperation(user.id, OperationKind::kGet);
  get.id = caller.id;
  auto running = engine.Run(context, caller, get);
  auto seen = co_await Await(std::move(running));
  if (!seen && !IsRefused(seen.error())) co_return std::unexpected(seen.error());
  std::vector<std::string> fields = keeper.ShownFields();
  if (seen && !seen->rows.rows.empty()) {
    for (const call::RowSet::Column& column : seen->rows.columns) {
      const bool shown = column.mask < 0 || seen->rows.rows.at(0, static_cast<uint32_t>(column.mask)).integer == 1;
      const std::string& name = user.field(column.field).name;
      if (shown && std::ranges::find(fields, name) == fields.end()) fields.push_back(name);
    }
  }
  auto row = co_await keeper.Show(context, caller.id, std::move(fields));
  co_return row;
}

// Adds the caller's rows, as many as there is room for.
Task<call::Answer<bool>> Collect(engine::Engine& engine, Context& context, const call::Caller& caller, call::Call list,
                                 size_t& rows, size_t& bytes, OwnData::Part& part) {
  while (true) {
    if (rows >= kMostOwnRows || bytes >= kMostOwnBytes) {
      part.more = true;
      co_return true;
    }
    auto running = engine.Run(context, caller, list);
    auto page = co_await Await(std::move(running));
    if (!page && IsRefused(page.error())) co_return true;
    if (!page) co_return std::unexpected(page.error());
    const std::optional<std::string> next = page->page->next;
    rows += page->rows.rows.size();
    bytes += call::SizeOf(*page);
    if (!page->rows.rows.empty()) part.pages.push_back(std::move(*page));
    if (!next) co_return true;
    list.paging.at = *next;
  }
}

}  // namespace

Task<call::Answer<OwnData>> CollectOwnData(engine::Engine& engine, Keeper& keeper, Sessions& sessions, ApiKeys& keys,
                                           Links& links, Context& context, const call::Caller& caller) {
  OwnData data;
  auto row = co_await OwnRow(engine, keeper, context, caller);
  if (!row) co_return std::unexpected(row.error());
  data.user = std::move(*row);
  auto list = co_await sessions.List(context, caller.id);
  if (!list) co_return std::unexpected(list.error());
  data.sessions = std::move(*list);
  auto own_keys = co_await keys.List(context, caller.id);
  if (!own_keys) co_return std::unexpected(own_keys.error());
  data.api_keys = std::move(*own_keys);
  auto linked = co_await links.List(context, caller.id);
  if (!linked) co_return std::unexpected(linked.error());
  data.links = std::move(*linked);
  size_t rows = 0, bytes = 0;
  for (const model::Resource& resource : keeper.service().resources) {
    // Another User who refers to this one is somebody else's data.
    if (!resource.routed || resource.id == keeper.user().id) continue;
    OwnData::Part part{resource.id, {}, false};
    for (const model::Relation& relation : resource.relations) {
      if (relation.to_many || relation.target != keeper.user().id) continue;
      call::Call own = keeper.Finding(resource, resource.field(relation.local).name, caller.id);
      own.paging.cursor = true;
      auto done = co_await Collect(engine, context, caller, std::move(own), rows, bytes, part);
      if (!done) co_return std::unexpected(done.error());
    }
    if (!part.pages.empty() || part.more) data.parts.push_back(std::move(part));
  }
  co_return data;
}

}  // namespace ashlar::identity
