// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/crypto/public_key.h"
#include "cel/cel.h"
#include "cel/expr.h"
#include "model/computed.h"
#include "model/issuer.h"
#include "model/limits.h"
#include "model/openid_provider.h"
#include "model/origin.h"
#include "model/provider.h"
#include "model/transitions.h"
#include "types/type.h"

namespace ashlar::model {

using cel::FieldId;
using cel::RelationId;
using cel::ResourceId;
using OperationId = Id<struct OperationTag>;

enum class OnDelete : uint8_t { kRestrict, kCascade, kClear };

// Where a field's deprecation stands (RFC 9745, RFC 8594); empty texts are absent.
struct Deprecation {
  std::string since, sunset, use;
};

// How long an answer about rows may be kept: by the client that asked; if `shared`, by every cache on the way too.
struct Cache {
  int64_t max_age_s = 0;
  bool shared = false;
};

// Which of the fields that the system keeps, or none of them.
enum class SystemField : uint8_t { kNone, kId, kVersion, kCreatedAt, kUpdatedAt, kDeletedAt };

// A stored field: one column; or one that is computed from those. A to-one relation `category` is the stored field
// `categoryId` with `relation` set.
struct Field {
  std::string name;      // in JSON: "price", "categoryId"
  std::string declared;  // in the contract: "price", "category"
  std::string column;    // "price", "category_id"; empty if it is computed
  types::TypePtr type;
  cel::Type cel_type;
  SystemField system = SystemField::kNone;
  bool required = false;  // `!`: not null
  bool unique = false;
  bool index = false;
  bool search = false;
  bool immutable = false;
  bool read_only = false;
  bool write_only = false;  // nobody reads it, and nothing keeps a trace of it: `read` is False()
  cel::ExprPtr default_value;  // null: none
  std::optional<Transitions> transitions;  // of an enum with a default, in which rows begin; absent: any move
  std::optional<Computed> computed;  // absent: stored
  cel::ExprPtr read;           // null: everyone who reads the row
  cel::ExprPtr write;          // null: everyone who may write the row
  RelationId relation;         // valid: this is the key of that to-one
  std::string description;
  std::optional<json::Json> example;
  std::optional<Deprecation> deprecated;
};

// The rows in between of a many-to-many: those of a join resource that hold the keys of both sides.
struct Through {
  ResourceId resource;
  FieldId near;  // the key of the resource whose relation it is
  FieldId far;   // the key of the relation's target
};

// A relation as one resource sees it.
struct Relation {
  std::string name;     // "category", "lines"
  bool to_many = false;
  ResourceId target;
  FieldId local;        // of a to-one: the key here; of a to-many: this resource's id (not used for composite ids)
  FieldId remote;       // of a to-one and of a many-to-many: the target's id; of another to-many: the key there
  std::optional<Through> through;  // of a many-to-many
  OnDelete on_delete = OnDelete::kRestrict;  // of a to-one
  std::string description;
};

enum class IdKind : uint8_t { kUuid, kInt, kString, kComposite };

struct Check {
  cel::ExprPtr rule;
  FieldId field;        // invalid: about the row
  std::string message;
  std::string text;     // as the contract writes it
};

// The rules of a resource; never null: what is not given is False().
struct Access {
  cel::ExprPtr list, get, create, update_before, update_after, remove, restore, history;
  cel::ExprPtr purge;  // of resources with soft_delete
};

enum class OperationKind : uint8_t { kList, kCreate, kGet, kUpdate, kReplace, kDelete, kRestore, kHistory, kAggregate };
std::string_view NameOf(OperationKind kind);  // "list", "create", ...
bool Writes(OperationKind kind);

// Something that a caller may ask for. Surfaces, documents and limits are projections of the list of these.
struct Operation {
  OperationId id;
  OperationKind kind;
  ResourceId resource;
  std::string name;  // "listProducts", "createProduct"
  bool internal = false;  // only for the operator and for /auth (writing User): no surface shows it
};

struct Resource {
  ResourceId id;
  std::string name;        // "OrderLine"
  std::string singular;    // "orderLine"
  std::string plural;      // "orderLines"
  std::string collection;  // in paths: "order-lines"
  std::string table;       // "order_lines"
  std::string description;
  bool routed = true;      // false: the system's own, no surface shows it
  bool soft_delete = false;
  bool audit = false;
  bool if_match_required = false;  // changes without If-Match are refused (428)
  int page_default = 20;
  int page_max = 100;
  std::optional<Deprecation> deprecated;
  std::optional<Cache> cache;  // absent: answers may not be kept
  IdKind id_kind = IdKind::kUuid;
  std::vector<FieldId> key;  // the columns of the primary key: {id}, or the parts of a composite id
  // In order: the id (absent if composite), version, createdAt, updatedAt, deletedAt (if softDelete), then as declared.
  std::vector<Field> fields;
  std::vector<Relation> relations;
  std::vector<std::vector<FieldId>> uniques;  // `unique: true` fields included, one column each
  std::vector<std::vector<FieldId>> indexes;  // `index: true` and the keys of relations included
  std::vector<Check> checks;
  Access access;

  const Field& field(FieldId which) const { return fields[which.index()]; }
  const Relation& relation(RelationId which) const { return relations[which.index()]; }
  FieldId FindField(std::string_view json_name) const;  // invalid if there is none
  RelationId FindRelation(std::string_view name) const;  // invalid if there is none
  FieldId FindSystem(SystemField which) const;  // invalid if there is none
  bool searched() const { return std::ranges::any_of(fields, &Field::search); }
};

struct Role {
  std::string name;
  std::vector<std::string> all;  // itself and what it inherits
};

// Whether addresses are proved by mail, and whether somebody whose address is not may sign in.
enum class Verification : uint8_t { kOff, kOptional, kRequired };

// The pages that mails lead to: URLs that hold "{token}" once. Empty: there is none, and no such mail.
struct Links {
  std::string verify, reset, invite;
};

// Keys of Users for their programs.
struct ApiKeys {
  static constexpr int64_t kMostPerUser = 100;
  int64_t longest_s = 365 * 86'400;  // that a key is good
  int64_t per_user = 20;
};

// How callers sign in; times in seconds.
struct Identity {
  bool registers = false;  // anybody may make an account of their own
  int64_t least_password = 12;  // characters
  int64_t least_strength = 3;  // zxcvbn's score, 0 to 4
  std::string breached_passwords;  // the file that lists them; empty: none
  int64_t access_s = 15 * 60;
  int64_t refresh_s = 30 * 86'400;  // of a session that nobody uses
  Verification verification = Verification::kOff;
  Links links;
  bool NeedsMail() const { return !links.verify.empty() || !links.reset.empty(); }
  bool cookies = false;  // browsers may sign in for a cookie
  int64_t idle_s = 3600;  // of a browser's session that nobody uses
  int64_t lifetime_s = 86'400;  // of any such session
  SignatureAlgorithm token_algorithm = SignatureAlgorithm::kEs256;
  std::vector<Issuer> issuers;  // others whose tokens are taken
  std::optional<ApiKeys> api_keys;  // absent: none are taken
  std::optional<Provider> provider;  // absent: nobody signs in elsewhere with us
  std::vector<OpenIdProvider> providers;  // whom else Users may sign in with
  std::vector<std::string> return_to;  // where they may be sent back to then, to the letter; empty: the service's root
};

// What a service is: immutable once made, shared between threads. Made by contract/ only, or by hand in tests.
struct Service : cel::Schema {
  std::string name;
  std::string version = "v1";
  std::string title, description;
  std::vector<Role> roles;
  std::vector<Resource> resources;  // the system's own first (see contract/system.cc)
  std::vector<Operation> operations;
  std::optional<Identity> identity;  // absent: nobody signs in, tokens are the operator's to give
  std::vector<Limit> limits;
  std::vector<Origin> origins;  // of the rules of access, for explanations
  ResourceId user;  // the built-in User
  ResourceId credential;  // the system's AuthCredential: what a User signs in with, under the User's id
  ResourceId session;  // the system's AuthSession: where a User has signed in
  ResourceId ticket;  // the system's AuthTicket: what whoever has a mail may do once
  ResourceId mail;  // the system's AuthMail: what is still to be sent
  ResourceId mailbox;  // the system's AuthMailbox: how much has gone to an address lately
  ResourceId second_factor;  // the system's AuthSecondFactor: of a User who has one, under the User's id
  ResourceId api_key;  // the system's AuthApiKey: the keys of Users
  ResourceId event;  // the system's AuthEvent: what happened to accounts
  ResourceId device;  // the system's AuthDevice: one without a browser that waits for a User
  ResourceId client;  // the system's AuthClient: a client of the provider that registered itself
  ResourceId consent;  // the system's AuthConsent: what a User lets a client of the provider do
  ResourceId link;  // the system's AuthLink: who a User is at a provider
  ResourceId sign_in;  // the system's AuthSignIn: a sign-in by a provider that has come back
  ResourceId audit;  // the system's AuditEntry
  ResourceId idempotency;  // the system's IdempotencyRecord
  ResourceId idempotency_space;  // the system's IdempotencySpace: how many bytes of those there are, by their owners

  const Resource& resource(ResourceId id) const { return resources[id.index()]; }
  const Operation& operation(OperationId id) const { return operations[id.index()]; }
  ResourceId FindResource(std::string_view name) const;  // invalid if there is none
  OperationId FindOperation(ResourceId resource, OperationKind kind) const;  // invalid if it has none
  const Role* FindRole(std::string_view name) const;
  // The stored keys that make a relation: who crosses it must be able to read them.
  std::vector<const Field*> KeysOf(const Resource& owner, const Relation& relation) const;
  // The resource in between of a many-to-many; null for others.
  const Resource* Between(const Relation& relation) const {
    return relation.through ? &resource(relation.through->resource) : nullptr;
  }

  std::optional<Member> Find(ResourceId resource, std::string_view name) const override;
  std::vector<std::string> Names(ResourceId resource) const override;
  cel::Weight WeightOf(ResourceId resource, FieldId field) const override;
  bool IsManyToMany(ResourceId owner, RelationId which) const override {
    return resource(owner).relation(which).through.has_value();
  }
  std::string FieldName(ResourceId owner, FieldId which) const override { return resource(owner).field(which).name; }
  std::string RelationName(ResourceId owner, RelationId which) const override {
    return resource(owner).relation(which).name;
  }
};

}  // namespace ashlar::model
