// SPDX-License-Identifier: Apache-2.0
#include "app/access/fixture.h"

#include <set>

#include "model/row_id.h"
#include "types/uuid.h"

namespace ashlar::app {
namespace {

using json::Json;
using model::OperationKind;

struct Made {
  const model::Resource* resource = nullptr;
  const contract::PolicyTest::Row* row = nullptr;
  std::string id;  // as addresses write it; empty: the store makes it
  Json fields;
  bool deleted = false;
};

std::string TextOf(const Json* value) {
  if (value == nullptr) return "";
  if (value->string() != nullptr) return *value->string();
  return value->number() != nullptr ? value->number()->token : "";
}

std::string IdFrom(const model::Resource& resource, const Json& fields) {
  std::string id;
  for (size_t i = 0; i < resource.key.size(); ++i) {
    id += fmt::format("{}{}", i == 0 ? "" : ",", TextOf(fields.Find(resource.field(resource.key[i]).name)));
  }
  return id;
}

class Maker {
 public:
  Maker(const model::Service& service, ShortIds& ids) : service_(service), ids_(ids) {}

  void AddRow(const contract::PolicyTest::Row& row) {
    Made made;
    made.row = &row;
    made.resource = &service_.resource(service_.FindResource(row.resource));
    made.fields = row.fields;
    ids_.PutIn(*made.resource, made.fields);
    auto& object = std::get<json::Object>(made.fields.value);
    std::erase_if(object, [&made](const json::Member& member) {
      if (member.name != "deletedAt") return false;
      made.deleted = !member.value.is_null();
      return true;
    });
    GiveId(*made.resource, object);
    Fill(*made.resource, object);
    made.id = IdFrom(*made.resource, made.fields);
    rows_.push_back(std::move(made));
  }

  // Who is referred to and not there.
  void AddUsers(const model::Resource& resource, const Json& fields) {
    for (const model::Relation& relation : resource.relations) {
      if (relation.to_many || relation.target != service_.user) continue;
      std::string id = TextOf(fields.Find(resource.field(relation.local).name));
      if (types::ParseUuid(id)) AddUser(id);
    }
  }

  void AddUser(const std::string& id) {
    bool there = std::ranges::any_of(
        rows_, [&](const Made& made) { return made.resource->id == service_.user && made.id == id; });
    if (there) return;
    Made made;
    made.resource = &service_.resource(service_.user);
    made.id = id;
    json::Object object{{"id", Json(id)}};
    Fill(*made.resource, object);
    made.fields = Json(std::move(object));
    rows_.push_back(std::move(made));
  }

  Fixture Take(const std::optional<Json>& body, const model::Resource& asked) {
    for (size_t i = 0; i < rows_.size(); ++i) {
      const Json fields = rows_[i].fields;
      AddUsers(*rows_[i].resource, fields);
    }
    if (body) AddUsers(asked, *body);
    Fixture fixture;
    for (size_t i = 0; i < rows_.size(); ++i) Put(i, fixture);
    for (const Made& made : rows_) {
      if (made.deleted) fixture.steps.push_back({CallFor(made, OperationKind::kDelete), made.row, ""});
    }
    return fixture;
  }

 private:
  // So that others may refer to it, and it can be deleted.
  void GiveId(const model::Resource& resource, json::Object& object) {
    if (resource.id_kind == model::IdKind::kComposite) return;
    if (std::ranges::find(object, "id", &json::Member::name) != object.end()) return;
    std::string id = fmt::format("row {}", rows_.size() + 1);
    if (resource.id_kind == model::IdKind::kInt) return;
    if (resource.id_kind == model::IdKind::kString) id = fmt::format("row-{}", rows_.size() + 1);
    bool uuid = resource.id_kind == model::IdKind::kUuid;
    object.push_back({"id", Json(uuid ? types::FormatUuid(ids_.Of(id)) : id)});
  }

  // What is required and not given: its example, or one of its type. References must be given.
  void Fill(const model::Resource& resource, json::Object& object) {
    for (const model::Field& field : resource.fields) {
      bool needed = field.system == model::SystemField::kNone && field.required && field.default_value == nullptr &&
                    !field.computed && !field.relation.valid();
      if (!needed || std::ranges::find(object, field.name, &json::Member::name) != object.end()) continue;
      bool address = resource.id == service_.user && field.name == "email";
      const Json* id = nullptr;
      for (const json::Member& member : object) {
        if (member.name == "id") id = &member.value;
      }
      Json value = address ? Json(AddressOf(TextOf(id))) : field.example ? *field.example : field.type->Example();
      object.push_back({field.name, std::move(value)});
    }
  }

  call::Call CallFor(const Made& made, OperationKind kind) const {
    call::Call call;
    call.operation = service_.FindOperation(made.resource->id, kind);
    if (kind == OperationKind::kCreate) call.body = made.fields;
    if (kind != OperationKind::kCreate) call.id = made.id;
    return call;
  }

  // Those that it refers to go before it; where that leads in a circle, they do not.
  void Put(size_t which, Fixture& fixture) {
    if (!put_.insert(which).second) return;
    const Made& made = rows_[which];
    for (const model::Relation& relation : made.resource->relations) {
      if (relation.to_many) continue;
      std::string id = TextOf(made.fields.Find(made.resource->field(relation.local).name));
      for (size_t i = 0; i < rows_.size() && !id.empty(); ++i) {
        if (rows_[i].resource->id == relation.target && rows_[i].id == id) Put(i, fixture);
      }
    }
    std::string name = made.row == nullptr ? ids_.NameOf(made.id) : "";
    fixture.steps.push_back({CallFor(made, OperationKind::kCreate), made.row, std::move(name)});
  }

  const model::Service& service_;
  ShortIds& ids_;
  std::vector<Made> rows_;
  std::set<size_t> put_;
};

}  // namespace

std::string AddressOf(const std::string& id) { return id + "@users.invalid"; }

Fixture MakeFixture(const model::Service& service, const contract::PolicyTest& test, const call::Caller& caller,
                    const std::optional<Json>& body, const model::Resource& asked, ShortIds& ids) {
  Maker maker(service, ids);
  for (const contract::PolicyTest::Row& row : test.rows) maker.AddRow(row);
  if (!caller.id.empty()) maker.AddUser(caller.id);
  return maker.Take(body, asked);
}

}  // namespace ashlar::app
