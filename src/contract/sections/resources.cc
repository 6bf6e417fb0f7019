// SPDX-License-Identifier: Apache-2.0
#include <map>

#include "contract/names_form.h"
#include "contract/sections/sections.h"
#include "contract/system.h"
#include "model/names.h"

namespace ashlar::contract {
namespace {

constexpr size_t kMostResources = 500;
constexpr int64_t kMostPerPage = 10'000;
constexpr size_t kMostOfColumn = 63;  // bytes of an identifier in PostgreSQL
// Beside collections there is /v1/batch.
constexpr std::string_view kTakenCollections[] = {"batch"};
constexpr std::string_view kTakenTables[] = {"ashlar_", "sqlite_"};

const Node kNothing;

// Who has a name already, by the kind of name.
class Names {
 public:
  explicit Names(Mistakes& mistakes) : mistakes_(mistakes) {}

  // False after telling that another resource has it.
  bool Claim(Place place, std::string_view kind, const std::string& name, std::string_view shown,
             const std::string& resource) {
    auto [owner, first] = owners_[std::string(kind)].emplace(name, resource);
    if (first || owner->second == resource) return true;
    mistakes_.Add(place, Problem::kNameCollision, kind, shown, resource, owner->second);
    return false;
  }

 private:
  Mistakes& mistakes_;
  std::map<std::string, std::map<std::string, std::string>> owners_;
};

void ReadNames(Draft& draft, const ResourceDraft& source, model::Resource& resource) {
  const Entry& entry = *source.entry;
  resource.name = entry.key;
  if (!HasForm(entry.key, kPascalCase)) draft.mistakes.Add(entry.place, Problem::kResourceName);
  resource.singular = model::LowerFirst(entry.key);
  resource.plural = model::Plural(resource.singular);
  const Node* plural = source.Value("plural");
  if (plural != nullptr && !HasForm(plural->text, kCamelCase)) {
    draft.mistakes.Add(plural->place, Problem::kPluralForm);
  } else if (plural != nullptr) {
    resource.plural = plural->text;
  }
  resource.collection = model::KebabCase(resource.plural);
  resource.table = model::SnakeCase(resource.plural);
}

// Only the first collision of a resource is told: the others follow from it.
bool CheckNames(Draft& draft, const ResourceDraft& source, const model::Resource& resource, Names& names) {
  const Node* plural = source.Value("plural");
  Place place = plural == nullptr ? source.entry->place : plural->place;
  auto shown = [&](const std::string& name) { return plural != nullptr && plural->filled ? "${...}" : name; };
  if (std::ranges::find(kTakenCollections, resource.collection) != std::end(kTakenCollections)) {
    draft.mistakes.Add(place, Problem::kNameReserved, "collection", shown(resource.collection));
    return false;
  }
  for (std::string_view prefix : kTakenTables) {
    if (!resource.table.starts_with(prefix)) continue;
    draft.mistakes.Add(place, Problem::kNameReserved, "table", shown(resource.table));
    return false;
  }
  if (resource.table.size() > kMostOfColumn) {
    draft.mistakes.Add(place, Problem::kNameLong, "table", shown(resource.table), kMostOfColumn);
    return false;
  }
  // One and many of different resources would be one name as well: orders of Order, and a resource Orders.
  auto claim = [&](Place at, std::string_view kind, const std::string& name) {
    return names.Claim(at, kind, name, shown(name), resource.name);
  };
  return claim(place, "collection", resource.collection) && claim(place, "table", resource.table) &&
         claim(source.entry->place, "name", resource.singular) && claim(place, "name", resource.plural);
}

void ReadPage(Draft& draft, const ResourceDraft& source, model::Resource& resource) {
  const Node* page = source.Value("page");
  if (page == nullptr) return;
  Members members(*page, PageKeys(), "'page'", draft.mistakes);
  auto read = [&](std::string_view key, int& size) {
    auto number = members.Whole(key);
    if (!number) return false;
    bool right = *number >= 1 && *number <= kMostPerPage;
    if (right) size = static_cast<int>(*number);
    if (!right) draft.mistakes.Add(members.Value(key)->place, Problem::kPageRange, key, kMostPerPage);
    return right;
  };
  bool given = read("default", resource.page_default);
  if (members.Has("max") && !read("max", resource.page_max)) return;
  if (resource.page_default <= resource.page_max) return;
  if (given) draft.mistakes.Add(members.Value("default")->place, Problem::kPageDefault, resource.page_max);
  resource.page_default = resource.page_max;
}

void ReadIdKind(Draft& draft, const ResourceDraft& source, model::Resource& resource) {
  const Node* id = source.Value("id");
  if (id == nullptr) return;
  if (id->is_sequence()) {
    resource.id_kind = model::IdKind::kComposite;
  } else if (id->text == "int") {
    resource.id_kind = model::IdKind::kInt;
  } else if (id->text == "string") {
    resource.id_kind = model::IdKind::kString;
  } else if (id->text != "uuid") {
    draft.mistakes.Add(id->place, Problem::kIdKind);
  }
}

// What makes no sense for the rows that are written by other ways.
void CheckUser(Draft& draft, const ResourceDraft& source) {
  for (const Entry* entry : source.members->entries()) {
    bool refused = entry->key == "softDelete" || entry->key == "plural" ||
                   (entry->key == "id" && !(entry->value.is_scalar() && entry->value.text == "uuid"));
    if (refused) draft.mistakes.Add(entry->place, Problem::kUserKey, entry->key);
  }
}

}  // namespace

void DeclareResources(Draft& draft, const Node& resources) {
  if (resources.entries.size() > kMostResources) {
    draft.mistakes.Add(resources.entries[kMostResources].place, Problem::kTooMany, kMostResources, "resources");
    return;
  }
  Names names(draft.mistakes);
  for (const Entry& entry : resources.entries) {
    ResourceDraft source;
    source.entry = &entry;
    source.system = IsSystemResource(entry.key);
    bool mapping = IsMapping(entry.value);
    if (!mapping) draft.mistakes.Add(entry.value.place, Problem::kWrongShape, entry.key, NameOf(Shape::kMapping));
    source.open = !mapping;
    source.members =
        std::make_unique<Members>(mapping ? entry.value : kNothing, ResourceKeys(), "a resource", draft.mistakes);
    if (entry.key == kUserName) CheckUser(draft, source);
    model::Resource resource;
    resource.id = model::ResourceId{static_cast<uint32_t>(draft.resources.size())};
    ReadNames(draft, source, resource);
    source.collides = !CheckNames(draft, source, resource, names);
    resource.routed = !source.system || entry.key == kUserName;
    resource.description = source.members->Text("description");
    resource.soft_delete = source.members->Flag("softDelete") && entry.key != kUserName;
    resource.audit = source.members->Flag("audit");
    resource.deprecated = ReadDeprecated(source.Value("deprecated"), draft.mistakes);
    resource.cache = ReadCache(source.Value("cache"), draft.mistakes);
    if (const Node* if_match = source.Value("ifMatch")) {
      resource.if_match_required = if_match->text == "required";
      if (!resource.if_match_required) draft.mistakes.Add(if_match->place, Problem::kIfMatch);
    }
    ReadIdKind(draft, source, resource);
    ReadPage(draft, source, resource);
    if (entry.key == kUserName) draft.service->user = resource.id;
    if (entry.key == kCredentialName) draft.service->credential = resource.id;
    if (entry.key == kSessionName) draft.service->session = resource.id;
    if (entry.key == kTicketName) draft.service->ticket = resource.id;
    if (entry.key == kMailName) draft.service->mail = resource.id;
    if (entry.key == kMailboxName) draft.service->mailbox = resource.id;
    if (entry.key == kLinkName) draft.service->link = resource.id;
    if (entry.key == kSignInName) draft.service->sign_in = resource.id;
    if (entry.key == kSecondFactorName) draft.service->second_factor = resource.id;
    if (entry.key == kApiKeyName) draft.service->api_key = resource.id;
    if (entry.key == kEventName) draft.service->event = resource.id;
    if (entry.key == kDeviceName) draft.service->device = resource.id;
    if (entry.key == kClientName) draft.service->client = resource.id;
    if (entry.key == kConsentName) draft.service->consent = resource.id;
    if (entry.key == kAuditName) draft.service->audit = resource.id;
    if (entry.key == kIdempotencyName) draft.service->idempotency = resource.id;
    if (entry.key == kIdempotencySpaceName) draft.service->idempotency_space = resource.id;
    draft.resources.push_back(std::move(source));
    draft.service->resources.push_back(std::move(resource));
  }
}

}  // namespace ashlar::contract
