// SPDX-License-Identifier: Apache-2.0
// What contracts compile to.
#include "contract/contract.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ashlar::contract {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::string Told(const MistakeList& mistakes) { return Render(mistakes, false); }

std::shared_ptr<const model::Service> Make(const std::string& text, const Options& options = {}) {
  std::vector<Source> sources = {{"a.yaml", text}};
  auto compiled = Compile(sources, options);
  if (compiled) return *compiled;
  ADD_FAILURE() << Told(compiled.error());
  return nullptr;
}

MistakeList Refused(const std::string& text, const Options& options = {}) {
  std::vector<Source> sources = {{"a.yaml", text}};
  auto compiled = Compile(sources, options);
  EXPECT_FALSE(compiled.has_value());
  return compiled ? MistakeList() : compiled.error();
}

const model::Resource& In(const model::Service& service, std::string_view name) {
  return service.resource(service.FindResource(name));
}

const model::Field& FieldIn(const model::Resource& resource, std::string_view name) {
  return resource.field(resource.FindField(name));
}

std::vector<std::string> NamesOf(const model::Resource& resource) {
  std::vector<std::string> names;
  for (const model::Field& field : resource.fields) names.push_back(field.name);
  return names;
}

std::vector<std::string> OperationsOf(const model::Service& service, std::string_view resource) {
  std::vector<std::string> names;
  for (const model::Operation& operation : service.operations) {
    if (service.resource(operation.resource).name != resource) continue;
    names.push_back(operation.name + (operation.internal ? " (internal)" : ""));
  }
  return names;
}

using Columns = std::vector<std::vector<std::string>>;
Columns NamesOf(const model::Resource& resource, const std::vector<std::vector<model::FieldId>>& lists) {
  Columns all;
  for (const auto& list : lists) {
    all.emplace_back();
    for (model::FieldId field : list) all.back().push_back(resource.field(field).name);
  }
  return all;
}

Options Environment(std::map<std::string, std::string> variables, bool allow_unset = false) {
  Options options;
  options.environment = [variables](const std::string& name) -> std::optional<std::string> {
    auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
  options.allow_unset = allow_unset;
  return options;
}

TEST(Contract, NamesTheServiceAndItsDefaults) {
  auto service = Make("service: shop\ntitle: The shop\ndescription: Sells.\n");
  EXPECT_EQ(service->name, "shop");
  EXPECT_EQ(service->version, "v1");
  EXPECT_EQ(service->title, "The shop");
  EXPECT_EQ(service->description, "Sells.");
}

TEST(Contract, SigningInIsAsTheContractSaysOrNotAtAll) {
  EXPECT_FALSE(Make("service: x\n")->identity);
  auto closed = Make("service: x\nidentity: {}\n");
  ASSERT_TRUE(closed->identity);
  EXPECT_FALSE(closed->identity->registers);
  EXPECT_EQ(closed->identity->least_password, 12);
  EXPECT_EQ(closed->identity->access_s, 900);
  EXPECT_EQ(closed->identity->refresh_s, 30 * 86'400);
  EXPECT_FALSE(closed->identity->cookies);
  EXPECT_EQ(closed->identity->idle_s, 3600);
  EXPECT_EQ(closed->identity->lifetime_s, 86'400);
  auto open = Make(
      "service: x\nidentity: { register: open, password: { minLength: 8 }, tokens: { access: 1h, refresh: 2d }, "
      "sessions: { cookie: true, idle: 30m, lifetime: 12h } }\n");
  ASSERT_TRUE(open->identity);
  EXPECT_TRUE(open->identity->registers);
  EXPECT_EQ(open->identity->least_password, 8);
  EXPECT_EQ(open->identity->access_s, 3600);
  EXPECT_EQ(open->identity->refresh_s, 2 * 86'400);
  EXPECT_TRUE(open->identity->cookies);
  EXPECT_EQ(open->identity->idle_s, 1800);
  EXPECT_EQ(open->identity->lifetime_s, 12 * 3600);
}

TEST(Contract, EveryServiceHasTheSystemsResources) {
  auto service = Make("service: x\n");
  ASSERT_EQ(service->resources.size(), 17u);
  const model::Resource& user = service->resource(service->user);
  EXPECT_EQ(user.name, "User");
  EXPECT_TRUE(user.routed);
  EXPECT_THAT(NamesOf(user),
              ElementsAre("id", "version", "createdAt", "updatedAt", "email", "emailVerified", "roles", "disabled"));
  EXPECT_TRUE(FieldIn(user, "email").unique);
  EXPECT_TRUE(cel::IsFalse(user.access.get));
  EXPECT_THAT(OperationsOf(*service, "User"),
              ElementsAre("listUsers", "createUser (internal)", "getUser", "updateUser (internal)",
                          "deleteUser (internal)", "aggregateUsers"));
  const model::Resource& audit = service->resource(service->audit);
  EXPECT_EQ(audit.name, "AuditEntry");
  EXPECT_FALSE(audit.routed);
  EXPECT_THAT(OperationsOf(*service, "AuditEntry"), IsEmpty());
  EXPECT_THAT(NamesOf(audit, audit.indexes), ElementsAre(ElementsAre("resource", "rowId")));
  const model::Resource& session = service->resource(service->session);
  EXPECT_EQ(session.name, "AuthSession");
  EXPECT_FALSE(session.routed);
  EXPECT_FALSE(session.audit);
  EXPECT_THAT(OperationsOf(*service, "AuthSession"), testing::Each(testing::HasSubstr("(internal)")));
  EXPECT_FALSE(service->resource(service->credential).routed);
  EXPECT_THAT(OperationsOf(*service, "AuthCredential"), testing::Each(testing::HasSubstr("(internal)")));
  for (model::ResourceId one : {service->ticket, service->mail, service->mailbox, service->api_key, service->event,
                                service->link, service->sign_in, service->device, service->consent}) {
    const model::Resource& resource = service->resource(one);
    EXPECT_FALSE(resource.routed) << resource.name;
    EXPECT_THAT(OperationsOf(*service, resource.name), testing::Each(testing::HasSubstr("(internal)")));
  }
  EXPECT_FALSE(service->resource(service->second_factor).routed);
  EXPECT_THAT(OperationsOf(*service, "AuthSecondFactor"), testing::Each(testing::HasSubstr("(internal)")));
  const model::Resource& kept = service->resource(service->FindResource("IdempotencyRecord"));
  EXPECT_FALSE(kept.routed);
  EXPECT_THAT(OperationsOf(*service, "IdempotencyRecord"), IsEmpty());
  EXPECT_THAT(NamesOf(audit), ElementsAre("id", "version", "createdAt", "updatedAt", "resource", "rowId", "action",
                                          "rowVersion", "before", "after", "callerId", "callerKind", "requestId"));
}

TEST(Contract, UserTakesTheContractsFieldsAndAccess) {
  auto service = Make(R"(
service: x
resources:
  User:
    audit: true
    fields: { nick: { type: string!, max: 9 } }
    access: { read: id == auth.id }
)");
  const model::Resource& user = service->resource(service->user);
  EXPECT_EQ(user.fields.back().name, "nick");
  EXPECT_TRUE(user.audit);
  EXPECT_FALSE(cel::IsFalse(user.access.get));
  EXPECT_FALSE(cel::IsFalse(user.access.history));
  EXPECT_TRUE(cel::IsFalse(user.access.create));
  EXPECT_TRUE(service->FindOperation(service->user, model::OperationKind::kHistory).valid());
}

TEST(Contract, NamesAreMapped) {
  auto service = Make(R"(
service: x
resources:
  OrderLine: { fields: { unitPrice: int, line2: int, apiKEY: int } }
  APIKey: {}
  Category: { plural: catalogues }
)");
  const model::Resource& line = In(*service, "OrderLine");
  EXPECT_EQ(line.singular, "orderLine");
  EXPECT_EQ(line.plural, "orderLines");
  EXPECT_EQ(line.collection, "order-lines");
  EXPECT_EQ(line.table, "order_lines");
  EXPECT_EQ(FieldIn(line, "unitPrice").column, "unit_price");
  EXPECT_EQ(FieldIn(line, "line2").column, "line2");
  EXPECT_EQ(FieldIn(line, "apiKEY").column, "api_key");
  EXPECT_EQ(FieldIn(line, "createdAt").column, "created_at");
  EXPECT_EQ(In(*service, "APIKey").collection, "api-keys");
  EXPECT_EQ(In(*service, "Category").table, "catalogues");
  EXPECT_THAT(OperationsOf(*service, "Category"),
              ElementsAre("listCatalogues", "createCategory", "getCategory", "updateCategory", "replaceCategory",
                          "deleteCategory", "aggregateCatalogues"));
}

TEST(Contract, FieldsStandInTheModelsOrder) {
  auto service = Make(R"(
service: x
resources:
  Thing:
    softDelete: true
    audit: true
    fields:
      name: string!
      parent: Thing
      children: { many: Thing, via: parent }
      size: { type: int, immutable: true, readOnly: true, unique: true, search: false, description: How large. }
)");
  const model::Resource& thing = In(*service, "Thing");
  EXPECT_THAT(NamesOf(thing),
              ElementsAre("id", "version", "createdAt", "updatedAt", "deletedAt", "name", "parentId", "size"));
  EXPECT_EQ(FieldIn(thing, "deletedAt").system, model::SystemField::kDeletedAt);
  EXPECT_TRUE(FieldIn(thing, "deletedAt").cel_type.nullable);
  EXPECT_FALSE(FieldIn(thing, "createdAt").cel_type.nullable);
  EXPECT_FALSE(FieldIn(thing, "name").cel_type.nullable);
  EXPECT_TRUE(FieldIn(thing, "parentId").cel_type.nullable);
  EXPECT_EQ(FieldIn(thing, "parentId").declared, "parent");
  const model::Field& size = FieldIn(thing, "size");
  EXPECT_TRUE(size.immutable && size.read_only && size.unique && !size.search && !size.required && !size.index);
  EXPECT_EQ(size.description, "How large.");
  EXPECT_THAT(OperationsOf(*service, "Thing"),
              ElementsAre("listThings", "createThing", "getThing", "updateThing", "replaceThing", "deleteThing",
                          "restoreThing", "getThingHistory", "aggregateThings"));
}

TEST(Contract, RelationsLeadBothWays) {
  auto service = Make(R"(
service: x
resources:
  Shelf: { id: int, fields: { books: { many: Book, via: shelf } } }
  Author: { id: string }
  Book: { fields: { shelf: { type: Shelf!, onDelete: cascade }, author: { type: Author, onDelete: clear } } }
)");
  const model::Resource& shelf = In(*service, "Shelf");
  const model::Resource& book = In(*service, "Book");
  const model::Relation& books = shelf.relation(shelf.FindRelation("books"));
  const model::Relation& to_shelf = book.relation(book.FindRelation("shelf"));
  const model::Relation& author = book.relation(book.FindRelation("author"));
  EXPECT_TRUE(books.to_many);
  EXPECT_EQ(books.target, book.id);
  EXPECT_EQ(book.field(books.remote).name, "shelfId");
  EXPECT_EQ(shelf.field(books.local).name, "id");
  EXPECT_FALSE(to_shelf.to_many);
  EXPECT_EQ(to_shelf.target, shelf.id);
  EXPECT_EQ(book.field(to_shelf.local).name, "shelfId");
  EXPECT_EQ(shelf.field(to_shelf.remote).name, "id");
  EXPECT_EQ(to_shelf.on_delete, model::OnDelete::kCascade);
  EXPECT_EQ(author.on_delete, model::OnDelete::kClear);
  EXPECT_EQ(FieldIn(book, "shelfId").type->kind(), types::Kind::kInt64);
  EXPECT_EQ(FieldIn(book, "authorId").type->kind(), types::Kind::kText);
  EXPECT_TRUE(FieldIn(book, "shelfId").required);
  EXPECT_EQ(book.FindRelation("shelf"), FieldIn(book, "shelfId").relation);
}

TEST(Contract, CompositeIdsAreMadeOfTheirParts) {
  auto service = Make(R"(
service: x
resources:
  A: { id: int }
  Join:
    id: [n, a]
    fields: { a: A!, n: int! }
)");
  const model::Resource& join = In(*service, "Join");
  EXPECT_EQ(join.id_kind, model::IdKind::kComposite);
  EXPECT_THAT(NamesOf(join), ElementsAre("version", "createdAt", "updatedAt", "aId", "n"));
  EXPECT_THAT(NamesOf(join, {join.key}), ElementsAre(ElementsAre("n", "aId")));
  EXPECT_TRUE(FieldIn(join, "aId").immutable && FieldIn(join, "n").immutable);
  EXPECT_THAT(NamesOf(join, join.indexes), ElementsAre(ElementsAre("aId")));  // n leads the key
}

TEST(Contract, IndexesHoldWhatIsDeclaredAndTheKeysOfRelations) {
  auto service = Make(R"(
service: x
resources:
  Thing:
    fields:
      a: { type: int, unique: true }
      b: { type: int, index: true }
      owner: User
      maker: User
      buyer: User
    unique: [[owner, a], [a]]
    indexes: [[maker, b], [createdAt]]
  Soft:
    softDelete: true
    fields: { owner: User, a: int }
    unique: [[owner, a]]
)");
  const model::Resource& thing = In(*service, "Thing");
  EXPECT_THAT(NamesOf(thing, thing.uniques), ElementsAre(ElementsAre("a"), ElementsAre("ownerId", "a")));
  EXPECT_THAT(NamesOf(thing, thing.indexes), ElementsAre(ElementsAre("b"), ElementsAre("makerId", "b"),
                                                         ElementsAre("createdAt"), ElementsAre("buyerId")));
  // A unique index holds live rows only: it does not find what a deleted row refers to.
  const model::Resource& soft = In(*service, "Soft");
  EXPECT_THAT(NamesOf(soft, soft.indexes), ElementsAre(ElementsAre("ownerId")));
}

TEST(Contract, AccessIsTheNarrowerRuleOrNobody) {
  auto service = Make(R"(
service: x
resources:
  A: { access: { read: public, list: nobody, write: public, delete: nobody }, softDelete: true, audit: true }
  B: { access: { update: { before: public, after: nobody } } }
  C: { access: { get: true, history: false }, audit: true }
)");
  const model::Access& a = In(*service, "A").access;
  EXPECT_TRUE(cel::IsFalse(a.list) && cel::IsTrue(a.get) && cel::IsTrue(a.create) && cel::IsTrue(a.update_before) &&
              cel::IsTrue(a.update_after) && cel::IsFalse(a.remove) && cel::IsTrue(a.restore) &&
              cel::IsTrue(a.history));
  const model::Access& b = In(*service, "B").access;
  EXPECT_TRUE(cel::IsTrue(b.update_before) && cel::IsFalse(b.update_after) && cel::IsFalse(b.list) &&
              cel::IsFalse(b.create) && cel::IsFalse(b.restore) && cel::IsFalse(b.history));
  const model::Access& c = In(*service, "C").access;
  EXPECT_TRUE(cel::IsTrue(c.get) && cel::IsFalse(c.list) && cel::IsFalse(c.history));
}

TEST(Contract, RulesGetTheirMeaningWhereTheyAreUsed) {
  auto service = Make(R"(
service: x
rules:
  mine: ownerId == auth.id
  open: mine || public
resources:
  A: { fields: { owner: User, secret: { type: int, read: mine, write: nobody } }, access: { read: mine } }
  B: { fields: { other: int, owner: User }, access: { read: mine, write: open } }
)");
  const model::Resource& a = In(*service, "A");
  const model::Resource& b = In(*service, "B");
  EXPECT_THAT(cel::Measure(*a.access.get).fields, ElementsAre(std::pair(a.id, a.FindField("ownerId"))));
  EXPECT_THAT(cel::Measure(*b.access.get).fields, ElementsAre(std::pair(b.id, b.FindField("ownerId"))));
  EXPECT_TRUE(cel::IsTrue(b.access.create));
  EXPECT_NE(FieldIn(a, "secret").read, nullptr);
  EXPECT_TRUE(cel::IsFalse(FieldIn(a, "secret").write));
  EXPECT_EQ(FieldIn(a, "ownerId").read, nullptr);
}

TEST(Contract, RolesHoldWhatTheyInherit) {
  auto service = Make("service: x\nroles:\n  a: { inherits: [b] }\n  b: { inherits: [c] }\n  c:\n  d: {}\n");
  EXPECT_THAT(service->FindRole("a")->all, ElementsAre("a", "b", "c"));
  EXPECT_THAT(service->FindRole("c")->all, ElementsAre("c"));
  EXPECT_EQ(service->FindRole("e"), nullptr);
}

TEST(Contract, DefaultsChecksAndDocumentsAreKept) {
  auto service = Make(R"(
service: x
resources:
  Thing:
    description: A thing.
    deprecated: { since: 2026-01-01, use: Other }
    page: { max: 7 }
    fields:
      price: { type: 'decimal(8,2)!', default: 0, example: 9.50 }
      code: { type: string, example: 42, deprecated: true }
      kept: { type: string, deprecated: false }
    checks:
      - { rule: price >= 0, field: price, message: must not be negative }
      - { rule: code != 'x', message: no x }
)");
  const model::Resource& thing = In(*service, "Thing");
  EXPECT_EQ(thing.description, "A thing.");
  EXPECT_EQ(thing.deprecated->since, "2026-01-01");
  EXPECT_EQ(thing.deprecated->use, "Other");
  EXPECT_EQ(thing.page_max, 7);
  EXPECT_EQ(thing.page_default, 7);
  const model::Field& price = FieldIn(thing, "price");
  EXPECT_EQ(price.default_value->get<cel::Literal>()->value.kind(), types::Kind::kDecimal);
  EXPECT_EQ(price.example->number()->token, "9.50");
  EXPECT_EQ(*FieldIn(thing, "code").example->string(), "42");
  EXPECT_TRUE(FieldIn(thing, "code").deprecated.has_value());
  EXPECT_FALSE(FieldIn(thing, "kept").deprecated.has_value());
  ASSERT_EQ(thing.checks.size(), 2u);
  EXPECT_EQ(thing.field(thing.checks[0].field).name, "price");
  EXPECT_EQ(thing.checks[0].text, "price >= 0");
  EXPECT_EQ(thing.checks[0].message, "must not be negative");
  EXPECT_FALSE(thing.checks[1].field.valid());
}

TEST(Contract, ListsAreNeverNull) {
  auto service = Make(R"(
service: x
resources:
  A: { fields: { a: [string], b: '[decimal(5,1)]!', c: '[ int ] !' } }
)");
  const model::Resource& a = In(*service, "A");
  EXPECT_EQ(FieldIn(a, "a").type->kind(), types::Kind::kList);
  EXPECT_FALSE(FieldIn(a, "a").required);
  EXPECT_FALSE(FieldIn(a, "a").cel_type.nullable);
  EXPECT_TRUE(FieldIn(a, "b").required);
  EXPECT_EQ(FieldIn(a, "b").type->scale(), 1);
  EXPECT_TRUE(FieldIn(a, "c").required);
}

TEST(Contract, TheEnvironmentFillsInValuesOnce) {
  auto service = Make(
      "service: ${NAME}\ntitle: \"A ${NAME} of $${NAME} ${OTHER:-nothing}${EMPTY:-}\"\nresources:\n"
      "  A: { page: { max: \"${MAX}\" }, softDelete: '${SOFT:-true}' }\n",
      Environment({{"NAME", "shop"}, {"MAX", "30"}}));
  EXPECT_EQ(service->name, "shop");
  EXPECT_EQ(service->title, "A shop of $shop nothing");
  EXPECT_EQ(In(*service, "A").page_max, 30);
  EXPECT_TRUE(In(*service, "A").soft_delete);
  auto twice = Make("service: x\ntitle: ${A}\n", Environment({{"A", "${B}"}, {"B", "no"}}));
  EXPECT_EQ(twice->title, "${B}");
}

TEST(Contract, UnsetVariablesMayBeAllowed) {
  std::string text = R"(
service: ${A}
title: ${A}
roles: { staff: { inherits: ['${A}'] } }
rules: { mine: '${A}' }
resources:
  Thing:
    id: ${A}
    plural: ${A}
    softDelete: ${A}
    page: { max: '${A}' }
    fields: { a: '${A}', b: { type: '${A}', min: '${A}' }, c: { type: int, min: '${A}', default: '${A}' } }
    indexes: [[c, '${A}'], [a]]
    checks: [ { rule: '${A}', message: '${A}', field: '${A}' }, { rule: a == 3, message: x } ]
    access: { read: mine, create: 'mine && a == 4', write: '${A}' }
)";
  EXPECT_NE(Make(text, Environment({}, true)), nullptr);
  MistakeList refused = Refused(text, Environment({}));
  for (const Mistake& mistake : refused) EXPECT_EQ(mistake.id, "variable-unset") << mistake.message;
  EXPECT_EQ(refused.size(), 18u);
}

TEST(Contract, ValuesOfTheEnvironmentAreNeverTold) {
  std::string text = R"(
service: ${A}
version: ${A}
resources:
  Thing:
    plural: ${B}
    id: ${A}
    page: { max: '${A}' }
    deprecated: { since: '${A}' }
    fields:
      a: ${A}
      b: { type: '${A}(3)' }
      c: { type: int, min: '${A}' }
      d: { type: string, pattern: '${A}[', default: "'x'" }
      e: { type: string, pattern: '${A}', default: "'x'", example: x }
      f: { many: '${A}', via: '${A}' }
      g: { many: Thing, via: '${A}' }
      h: { type: Thing, onDelete: '${A}' }
      i: { type: 'enum(x, ${A})', default: y }
      j: { type: int, default: '${A} + 1', example: '${A}' }
    indexes: [['${A}', h, h]]
    unique: [['${A}']]
    checks: [ { rule: "${A} == 'x'", message: '${A}', field: '${A}' } ]
    access: { read: "hasRole('${A}') && ${A}", write: '${A} ${A}', create: '${A' }
  Other: { plural: '${B}' }
)";
  MistakeList refused = Refused(text, Environment({{"A", "HushHush"}, {"B", "hushHushes"}}));
  EXPECT_GE(refused.size(), 20u) << Told(refused);
  for (const Mistake& mistake : refused) {
    for (std::string_view part : {"Hush", "hush"}) {
      EXPECT_THAT(mistake.message, Not(HasSubstr(part))) << mistake.id;
      EXPECT_THAT(mistake.suggestion, Not(HasSubstr(part))) << mistake.id;
    }
  }
}

TEST(Contract, SectionsThatAreRefusedAskForNoVariables) {
  MistakeList refused = Refused("service: x\nupstreams: { a: { url: '${NOT_SET}' } }\n");
  ASSERT_EQ(refused.size(), 1u);
  EXPECT_EQ(refused[0].id, "unsupported");
}

TEST(Contract, ManyMistakesEndSomewhere) {
  std::string text = "service: x\n";
  for (int i = 0; i < 2000; ++i) text += fmt::format("k{}: 1\n", i);
  MistakeList refused = Refused(text);
  EXPECT_EQ(refused.size(), 501u);
  EXPECT_EQ(refused.back().id, "too-many-mistakes");
}

}  // namespace
}  // namespace ashlar::contract
