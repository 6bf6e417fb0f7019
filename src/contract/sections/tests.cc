// SPDX-License-Identifier: Apache-2.0
#include "base/near.h"
#include "contract/placed.h"
#include "contract/scalar.h"
#include "contract/sections/sections.h"

namespace ashlar::contract {
namespace {

using model::OperationKind;

constexpr size_t kMostTests = 500;
constexpr size_t kMostRows = 100;  // of one test
constexpr std::string_view kMethods[] = {"GET", "QUERY", "POST", "PUT", "PATCH", "DELETE"};
constexpr std::string_view kKinds[] = {"user", "apiKey", "service"};
constexpr std::string_view kOfNoRow = "row";  // stands for the id of a row that is given without one

bool HasFilled(const Node& node) {
  auto of_entry = [](const Entry& entry) { return HasFilled(entry.value); };
  return node.filled || std::ranges::any_of(node.entries, of_entry) || std::ranges::any_of(node.items, HasFilled);
}

std::vector<std::string> TextsOf(const Members& members, std::string_view key) {
  std::vector<std::string> texts;
  if (const Node* node = members.Value(key)) {
    for (const Node& item : node->items) texts.push_back(item.text);
  }
  return texts;
}

std::string IdText(const json::Json& id) {
  if (id.string() != nullptr) return *id.string();
  return id.number() != nullptr ? id.number()->token : "";
}

// An address of a row, percent-encoded where it must be.
std::string Escape(std::string_view id) {
  std::string text;
  for (char c : id) {
    bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                 std::string_view("-._~,").contains(c);
    text += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return text;
}

class Reader {
 public:
  // `sound`: all sections before are right, so that a name which is not there is a mistake of the test.
  Reader(Draft& draft, const Node& node, bool sound, PlacedTest& placed)
      : draft_(draft), service_(*draft.service), sound_(sound), placed_(placed), test_(placed.test) {
    Members members(node, TestKeys(), "a test", draft.mistakes);
    test_.filled = HasFilled(node);
    if (const Node* as = members.Value("as")) ReadCaller(*as);
    if (const Node* rows = members.Value("rows")) ReadRows(*rows);
    if (const Node* input = members.Value("input")) test_.input = ToJson(*input);
    if (const Node* when = members.Value("when")) ReadCall(*when);
    if (const Node* expect = members.Value("expect")) ReadExpected(*expect);
  }

 private:
  void Wrong(const Node& node, Problem problem) { draft_.mistakes.Add(node.place, problem); }

  void ReadCaller(const Node& node) {
    PolicyTest::Caller& as = test_.as;
    if (!node.is_mapping()) {
      as.anonymous = true;
      if (node.text != "anonymous") Wrong(node, Problem::kTestAs);
      return;
    }
    Members members(node, TestCallerKeys(), "'as'", draft_.mistakes);
    as.id = members.Text("id");
    as.email = members.Text("email");
    as.scopes = TextsOf(members, "scopes");
    if (const Node* kind = members.Value("kind")) {
      as.kind = kind->text;
      bool service = as.kind == "service" && members.Value("id") != nullptr;
      if (service || std::ranges::find(kKinds, as.kind) == std::end(kKinds)) Wrong(*kind, Problem::kTestAs);
    }
    if (const Node* claims = members.Value("claims")) {
      as.claims = ToJson(*claims);
      if (as.claims.object() == nullptr) Wrong(*claims, Problem::kTestAs);
    }
    const Node* roles = members.Value("roles");
    for (const Node& role : roles == nullptr ? std::vector<Node>() : roles->items) ReadRole(role);
  }

  void ReadRole(const Node& node) {
    const model::Role* role = service_.FindRole(node.text);
    if (role != nullptr) {
      test_.as.roles.insert(test_.as.roles.end(), role->all.begin(), role->all.end());
      return;
    }
    if (!sound_) return;
    std::vector<std::string> names;
    for (const model::Role& one : service_.roles) names.push_back(one.name);
    draft_.mistakes.Suggest(node.place, Problem::kRoleUnknown, node.filled ? "" : Near(node.text, names), node.Shown());
  }

  const model::Resource* FindResource(const Entry& entry) {
    std::vector<std::string> names;
    for (const model::Resource& resource : service_.resources) {
      if (!resource.routed) continue;
      if (resource.name == entry.key) return &resource;
      names.push_back(resource.name);
    }
    if (sound_) draft_.mistakes.Suggest(entry.place, Problem::kResourceUnknown, Near(entry.key, names), entry.key);
    return nullptr;
  }

  void ReadRows(const Node& node) {
    for (const Entry& entry : node.entries) {
      const model::Resource* resource = FindResource(entry);
      for (const Node& item : entry.value.items) {
        if (resource != nullptr) AddRow(*resource, item);
      }
    }
  }

  void AddRow(const model::Resource& resource, const Node& node) {
    if (test_.rows.size() == kMostRows) {
      draft_.mistakes.Add(node.place, Problem::kTooMany, kMostRows, "rows of a test");
    }
    if (test_.rows.size() >= kMostRows) return;
    CheckFields(resource, node);
    json::Json fields = ToJson(node);
    if (fields.object() == nullptr) fields = json::Json(json::Object{});
    test_.rows.push_back({resource.name, std::move(fields), {}});
    placed_.rows.push_back(node.place);
  }

  void CheckFields(const model::Resource& resource, const Node& node) {
    std::vector<std::string> names;
    for (const model::Field& field : resource.fields) names.push_back(field.name);
    for (const Entry& entry : node.entries) {
      bool known = entry.key == "id" || resource.FindField(entry.key).valid();
      if (known || !sound_) continue;
      model::RelationId relation = resource.FindRelation(entry.key);
      bool key = relation.valid() && !resource.relation(relation).to_many;
      std::string meant = key ? resource.field(resource.relation(relation).local).name : Near(entry.key, names);
      draft_.mistakes.Suggest(entry.place, Problem::kFieldUnknown, std::move(meant), resource.name, entry.key);
    }
  }

  void ReadCall(const Node& node) {
    placed_.when = node.place;
    if (node.is_mapping()) return ReadOperation(node);
    size_t space = node.text.find(' ');
    test_.method = node.text.substr(0, space);
    bool known = std::ranges::find(kMethods, test_.method) != std::end(kMethods);
    if (space != std::string::npos) test_.target = node.text.substr(space + 1);
    if (!known || !test_.target.starts_with('/')) Wrong(node, Problem::kTestWhen);
  }

  void ReadOperation(const Node& node) {
    Members members(node, TestCallKeys(), "'when'", draft_.mistakes);
    if (const Node* input = members.Value("input")) {
      if (test_.input) Wrong(*input, Problem::kTestWhen);
      test_.input = ToJson(*input);
    }
    const Node* name = members.Value("operation");
    if (name == nullptr) return;
    std::vector<std::string> names;
    for (const model::Operation& operation : service_.operations) {
      if (operation.internal) continue;
      if (operation.name == name->text) return Address(operation, members.Value("row"));
      names.push_back(operation.name);
    }
    if (!sound_) return;
    draft_.mistakes.Suggest(name->place, Problem::kOperationUnknown, name->filled ? "" : Near(name->text, names),
                            name->Shown());
  }

  // What the operation is at its address, for the row that is given.
  void Address(const model::Operation& operation, const Node* row) {
    const model::Resource& resource = service_.resource(operation.resource);
    std::string rows = fmt::format("/{}/{}", service_.version, resource.collection);
    std::string one = rows + "/" + Escape(RowOf(resource, row));
    auto is = [this](std::string_view method, std::string target) {
      test_.method = method;
      test_.target = std::move(target);
    };
    switch (operation.kind) {
      case OperationKind::kList: return is("GET", rows);
      case OperationKind::kCreate: return is("POST", rows);
      case OperationKind::kGet: return is("GET", one);
      case OperationKind::kUpdate: return is("PATCH", one);
      case OperationKind::kReplace: return is("PUT", one);
      case OperationKind::kDelete: return is("DELETE", one);
      case OperationKind::kRestore: return is("POST", one + "/restore");
      case OperationKind::kHistory: return is("GET", one + "/history");
      case OperationKind::kAggregate: return is("GET", rows + "/aggregate?select=count");
    }
  }

  // The id of the row; one that is given by its fields is made.
  std::string RowOf(const model::Resource& resource, const Node* row) {
    if (row == nullptr) return std::string(kOfNoRow);
    if (row->is_scalar() && !IsNull(*row)) return row->text;
    if (!row->is_mapping()) {
      Wrong(*row, Problem::kTestWhen);
      return "";
    }
    AddRow(resource, *row);
    if (placed_.rows.empty() || !(placed_.rows.back() == row->place)) return "";
    json::Json& fields = test_.rows.back().fields;
    std::string id;
    if (resource.id_kind == model::IdKind::kComposite) {
      for (model::FieldId part : resource.key) {
        const json::Json* value = fields.Find(resource.field(part).name);
        id += fmt::format("{}{}", id.empty() ? "" : ",", value == nullptr ? "" : IdText(*value));
      }
      return id;
    }
    if (const json::Json* given = fields.Find("id")) return IdText(*given);
    bool counted = resource.id_kind == model::IdKind::kInt;
    id = counted ? "1" : kOfNoRow;
    json::Json made = counted ? json::Json(json::Number{id}) : json::Json(id);
    std::get<json::Object>(fields.value).push_back({"id", std::move(made)});
    return id;
  }

  void ReadExpected(const Node& node) {
    placed_.expect = node.place;
    PolicyTest::Expected& expect = test_.expect;
    if (!node.is_mapping()) {
      if (node.text == "deny") expect.verdict = PolicyTest::Verdict::kDeny;
      if (node.text == "hidden") expect.verdict = PolicyTest::Verdict::kHidden;
      if (node.text == "deny" || node.text == "hidden" || node.text == "allow") return;
      return Wrong(node, Problem::kTestExpect);
    }
    Members members(node, TestExpectKeys(), "'expect'", draft_.mistakes);
    if (members.Value("fields") != nullptr) expect.fields = TextsOf(members, "fields");
    if (members.Value("without") != nullptr) expect.without = TextsOf(members, "without");
    if (members.Value("rows") != nullptr) expect.rows = TextsOf(members, "rows");
    if (node.entries.empty()) Wrong(node, Problem::kTestExpect);
  }

  Draft& draft_;
  const model::Service& service_;
  const bool sound_;
  PlacedTest& placed_;
  PolicyTest& test_;
};

}  // namespace

std::vector<PlacedTest> ReadTests(Draft& draft) {
  std::vector<PlacedTest> tests;
  const Node* section = draft.top->Value("tests");
  if (section == nullptr) return tests;
  const bool sound = draft.mistakes.empty();
  for (const Node& item : section->items) {
    if (tests.size() == kMostTests) {
      draft.mistakes.Add(item.place, Problem::kTooMany, kMostTests, "tests");
      break;
    }
    Reader(draft, item, sound, tests.emplace_back());
  }
  return tests;
}

}  // namespace ashlar::contract
