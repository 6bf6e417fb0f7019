// SPDX-License-Identifier: Apache-2.0
#include "plan/selection.h"

#include <set>

#include "plan/meant.h"

namespace ashlar::plan {
namespace {

constexpr int kMaxIncludeDepth = 3;

class ShapeMaker {
 public:
  ShapeMaker(const Rules& rules, ClauseErrors& errors) : rules_(rules), errors_(errors) {}

  // `path`: of the relations so far, for messages.
  std::unique_ptr<Shape> Make(const call::Selection& selection, const model::Resource& resource, int depth,
                              const std::string& path = "") {
    auto shape = std::make_unique<Shape>();
    shape->resource = resource.id;
    if (selection.fields.empty()) {
      AddAll(resource, *shape);
    } else {
      shape->shaped = true;
      AddNamed(selection.fields, resource, *shape);
    }
    for (const call::Selection::Include& include : selection.includes) {
      shape->shaped = true;
      AddChild(include, resource, *shape, depth, path);
    }
    for (model::FieldId key : resource.key) shape->key_cells.push_back(shape->Need(key));
    shape->Need(resource.FindSystem(model::SystemField::kVersion));
    return shape;
  }

 private:
  void AddAll(const model::Resource& resource, Shape& shape) {
    shape.shows_key = resource.id_kind == model::IdKind::kComposite;
    for (size_t i = 0; i < resource.fields.size(); ++i) {
      model::FieldId id{static_cast<uint32_t>(i)};
      // What nobody is ever shown is no part of the full row.
      if (!Show(resource, id, shape) && !resource.fields[i].write_only) shape.shaped = true;
    }
  }

  void AddNamed(const std::vector<std::string>& names, const model::Resource& resource, Shape& shape) {
    std::set<std::string> seen;
    for (const std::string& name : names) {
      if (!seen.insert(name).second) {
        errors_.invalid.push_back(fmt::format("'fields' names '{}' twice", name));
        continue;
      }
      if (name == "id" && resource.id_kind == model::IdKind::kComposite) {
        shape.shows_key = true;
        continue;
      }
      model::FieldId id = resource.FindField(name);
      if (!id.valid()) {
        errors_.invalid.push_back(
            fmt::format("'fields': {} has no field '{}'{}", resource.name, name, FieldMeant(resource, name)));
      } else if (cel::IsFalse(rules_.Read(resource.field(id)))) {
        errors_.denied.push_back(name);
      } else {
        Show(resource, id, shape);
      }
    }
  }

  // False if the caller may never read it.
  bool Show(const model::Resource& resource, model::FieldId id, Shape& shape) {
    cel::ExprPtr rule = rules_.Read(resource.field(id));
    if (cel::IsFalse(rule)) return false;
    call::RowSet::Column column;
    column.field = id;
    column.cell = shape.Need(id);
    if (!cel::IsTrue(rule)) {
      shape.shaped = true;
      column.mask = static_cast<int>(shape.flags.size());
      shape.flags.push_back(rule);
    }
    shape.columns.push_back(column);
    return true;
  }

  void AddChild(const call::Selection::Include& include, const model::Resource& resource, Shape& shape, int depth,
                const std::string& above) {
    std::string path = above.empty() ? include.key : above + "." + include.key;
    model::RelationId id = resource.FindRelation(include.relation);
    if (!id.valid()) {
      errors_.invalid.push_back(fmt::format("'include': '{}': {} has no relation '{}'{}", path, resource.name,
                                            include.relation, RelationMeant(resource, include.relation)));
      return;
    }
    if (depth >= kMaxIncludeDepth) {
      errors_.invalid.push_back(fmt::format("'include': '{}' is more than {} relations deep", path, kMaxIncludeDepth));
      return;
    }
    const model::Relation& relation = resource.relation(id);
    const model::Resource& target = rules_.service().resource(relation.target);
    size_t denied = errors_.denied.size();
    AddUnreadKeys(resource, relation, rules_, errors_);
    if (errors_.denied.size() > denied) return;
    Shape::Child child;
    child.key = include.key;
    child.relation = id;
    child.rule = rules_.Access(target, relation.to_many ? &model::Access::list : &model::Access::get);
    child.shape = Make(include.selection, target, depth + 1, path);
    child.parent_cell = shape.Need(relation.local);
    if (const model::Resource* between = rules_.service().Between(relation)) {
      child.between = rules_.Access(*between, &model::Access::list);
      child.child_cell = static_cast<uint32_t>(child.shape->fields.size() + child.shape->flags.size());
    } else {
      child.child_cell = child.shape->Need(relation.remote);
    }
    shape.children.push_back(std::move(child));
  }

  const Rules& rules_;
  ClauseErrors& errors_;
};

}  // namespace

uint32_t Shape::Need(FieldId field) {
  auto found = std::find(fields.begin(), fields.end(), field);
  if (found != fields.end()) return static_cast<uint32_t>(found - fields.begin());
  fields.push_back(field);
  return static_cast<uint32_t>(fields.size() - 1);
}

std::unique_ptr<Shape> MakeShape(const call::Selection& selection, const model::Resource& resource, const Rules& rules,
                                 ClauseErrors& errors) {
  return ShapeMaker(rules, errors).Make(selection, resource, 0);
}

call::RowSet MakeRowSet(const Shape& shape, types::Rows rows) {
  call::RowSet set;
  set.resource = shape.resource;
  set.columns = shape.columns;
  for (call::RowSet::Column& column : set.columns) {
    if (column.mask >= 0) column.mask += static_cast<int>(shape.fields.size());
  }
  set.key_cells = shape.key_cells;
  set.shows_key = shape.shows_key;
  set.rows = std::move(rows);
  return set;
}

}  // namespace ashlar::plan
