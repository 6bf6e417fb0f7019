// SPDX-License-Identifier: Apache-2.0
// What the rules of a service come to for one caller.
#include "plan/rules.h"

#include <gtest/gtest.h>

#include "plan/world_test.h"

namespace ashlar::plan {
namespace {

class RulesTest : public testing::Test {
 protected:
  Rules For(const call::Caller& caller) const { return Rules(world_.service(), caller, World::kNow); }
  std::string Access(const call::Caller& caller, std::string_view resource, cel::ExprPtr model::Access::* rule) const {
    return world_.Tell(For(caller).Access(world_.resource(resource), rule));
  }
  World world_;
};

TEST_F(RulesTest, ARuleFoldsToWhatIsLeftOfItForTheCaller) {
  EXPECT_EQ(Access(world_.ann, "Note", &model::Access::list), "(ownerId == ann)");
  EXPECT_EQ(Access(world_.bob, "Note", &model::Access::list), "(ownerId == bob)");
  EXPECT_EQ(Access(world_.ann, "Note", &model::Access::update_before), "((ownerId == ann) && (rank < 9))");
  EXPECT_EQ(Access(world_.ann, "Shelf", &model::Access::list), "!(hidden)");
}

TEST_F(RulesTest, WhatAlwaysHoldsLeavesNothing) {
  EXPECT_EQ(Access(world_.staff, "Note", &model::Access::list), "true");
  EXPECT_EQ(Access(world_.ann, "Note", &model::Access::create), "true");
  EXPECT_EQ(Access(world_.nobody, "Box", &model::Access::get), "true");
}

TEST_F(RulesTest, WhatNeverHoldsIsFalse) {
  EXPECT_EQ(Access(world_.nobody, "Note", &model::Access::create), "false");
  EXPECT_EQ(Access(world_.ann, "Shelf", &model::Access::create), "false");
  // auth.id of nobody is an error, which is no permission.
  EXPECT_TRUE(cel::IsFalse(For(world_.nobody).Access(world_.resource("Note"), &model::Access::list)));
  EXPECT_TRUE(cel::IsFalse(For(world_.nobody).Access(world_.resource("Note"), &model::Access::remove)));
}

TEST_F(RulesTest, AnErrorIsNoPermissionWhereverItStandsInARule) {
  // mine && rank < 9 || staff: nobody has an id, so the rank does not matter.
  EXPECT_EQ(Access(world_.nobody, "Note", &model::Access::history), "false");
  EXPECT_EQ(world_.Tell(For(world_.nobody).Write(world_.field("Note", "mood"))), "false");
  EXPECT_EQ(Access(world_.nobody, "Shelf", &model::Access::list), "!(hidden)");
}

TEST_F(RulesTest, NoRuleIsNobodysPermission) {
  for (auto rule :
       {&model::Access::list, &model::Access::get, &model::Access::create, &model::Access::update_before,
        &model::Access::update_after, &model::Access::remove, &model::Access::restore, &model::Access::history}) {
    EXPECT_TRUE(cel::IsFalse(For(world_.staff).Access(world_.resource("Closed"), rule)));
  }
  EXPECT_TRUE(cel::IsFalse(For(world_.staff).Access(world_.resource("User"), &model::Access::list)));
}

TEST_F(RulesTest, TheOperatorMeetsNoAccessRuleAndIsNobodyToOtherExpressions) {
  Rules rules = For(world_.boss);
  EXPECT_TRUE(cel::IsTrue(rules.Access(world_.resource("Closed"), &model::Access::list)));
  EXPECT_TRUE(cel::IsTrue(rules.Read(world_.field("Note", "secret"))));
  EXPECT_TRUE(cel::IsTrue(rules.Write(world_.field("Note", "secret"))));
  EXPECT_EQ(world_.Tell(rules.Fold(world_.field("Note", "ownerId").default_value)), "failure");
  EXPECT_EQ(world_.Tell(For(world_.ann).Fold(world_.field("Note", "ownerId").default_value)), "ann");
}

TEST_F(RulesTest, AFieldIsReadAlwaysNeverOrByTheRow) {
  const model::Field& secret = world_.field("Note", "secret");
  const model::Field& mood = world_.field("Note", "mood");
  EXPECT_TRUE(For(world_.staff).AlwaysReads(secret));
  EXPECT_TRUE(cel::IsFalse(For(world_.ann).Read(secret)));
  EXPECT_FALSE(For(world_.ann).AlwaysReads(mood));
  EXPECT_EQ(world_.Tell(For(world_.ann).Read(mood)), "(ownerId == ann)");
  EXPECT_EQ(world_.Tell(For(world_.ann).Write(mood)), "((ownerId == ann) && (rank < 8))");
  EXPECT_TRUE(For(world_.nobody).AlwaysReads(world_.field("Note", "title")));
}

TEST_F(RulesTest, WhoCameWithoutACredentialIsAskedForOne) {
  EXPECT_EQ(For(world_.nobody).Denied("x").code, call::Code::kUnauthenticated);
  EXPECT_EQ(For(world_.ann).Denied("x").code, call::Code::kForbidden);
  EXPECT_EQ(For(world_.nobody).DeniedField("mood").code, call::Code::kUnauthenticated);
  EXPECT_EQ(Told(For(world_.ann).DeniedField("mood")), "FORBIDDEN: field 'mood' is not allowed here");
}

TEST_F(RulesTest, EveryRelationOfACallersExpressionIsGuarded) {
  const model::Resource& note = world_.resource("Note");
  cel::Scope scope;
  scope.schema = &world_.service();
  scope.resource = note.id;
  cel::Type boolean;
  boolean.tag = cel::Type::Tag::kBool;
  cel::ExprPtr expr = cel::Compile("shelf.name == 'a' && shelf.notes.exists(n, n.rank > 1)", scope, boolean).value();
  EXPECT_EQ(world_.Tell(For(world_.ann).Guarded(expr)),
            "((shelf[$2 if !($2.hidden)].name == 'a') && "
            "shelf[$3 if !($3.hidden)].notes[$4 if ($4.ownerId == ann)].exists($1, ($1.rank > 1)))");
  EXPECT_EQ(world_.Tell(For(world_.staff).Guarded(expr)),
            "((shelf.name == 'a') && shelf.notes.exists($1, ($1.rank > 1)))");
  EXPECT_EQ(For(world_.boss).Guarded(expr), expr);
}

TEST_F(RulesTest, AKeyIsAllItsParts) {
  const model::Resource& stamp = world_.resource("Stamp");
  EXPECT_EQ(world_.Tell(KeyIs(stamp, {std::string("b"), int64_t{2}})), "((boxId == 'b') && (number == 2))");
}

class NarrowedTest : public RulesTest {
 protected:
  call::Caller Narrowed(call::Caller caller, std::vector<std::string> scopes) const {
    caller.bounds = std::make_shared<const model::Bounds>(world_.service(), scopes);
    caller.number = 0;
    return caller;
  }
  call::Answer<Plan> Ask(const call::Caller& caller, model::OperationKind kind, std::string_view resource,
                         std::string_view body = "") const {
    return world_.MakePlan(world_.Make(kind, resource, kind == model::OperationKind::kGet ? World::kAnn : "", body),
                           caller);
  }
};

TEST_F(NarrowedTest, ARuleBeyondTheBoundsIsFalseAndOneWithinIsAsItWas) {
  call::Caller reads = Narrowed(world_.ann, {"notes:read"});
  EXPECT_EQ(Access(reads, "Note", &model::Access::list), "(ownerId == ann)");
  EXPECT_EQ(Access(reads, "Note", &model::Access::create), "false");
  EXPECT_EQ(Access(reads, "Note", &model::Access::update_before), "false");
  EXPECT_EQ(Access(reads, "Shelf", &model::Access::list), "false");
  EXPECT_EQ(Access(reads, "Box", &model::Access::get), "false") << "what everybody may is beyond them too";
}

TEST_F(NarrowedTest, BoundsOpenNothingThatTheRulesClose) {
  call::Caller all = Narrowed(world_.ann, {"read", "write", "purge"});
  EXPECT_EQ(Access(all, "Closed", &model::Access::list), "false");
  EXPECT_EQ(Access(all, "Shelf", &model::Access::create), "false");
  EXPECT_EQ(Access(all, "Note", &model::Access::list), "(ownerId == ann)");
}

TEST_F(NarrowedTest, AReplacementNeedsAWordForWhatItMayBecome) {
  const model::Resource& note = world_.resource("Note");
  auto gate = [&](std::vector<std::string> scopes) {
    return world_.Tell(For(Narrowed(world_.staff, std::move(scopes))).Gate(note, model::OperationKind::kReplace));
  };
  EXPECT_EQ(gate({"read"}), "false");
  EXPECT_NE(gate({"update"}), "false");
  EXPECT_NE(gate({"create"}), "false");
  EXPECT_EQ(world_.Tell(For(Narrowed(world_.staff, {"create"})).Gate(note, model::OperationKind::kUpdate)), "false");
}

TEST_F(NarrowedTest, ARelationShowsNothingBeyondTheBounds) {
  call::Caller reads = Narrowed(world_.ann, {"notes:read"});
  Rules rules = For(reads);
  EXPECT_TRUE(cel::IsFalse(rules.Access(world_.resource("Shelf"), &model::Access::list)));
  EXPECT_FALSE(Ask(reads, model::OperationKind::kCreate, "Note", "{}"));
  EXPECT_EQ(Ask(reads, model::OperationKind::kList, "Shelf").error().code, call::Code::kForbidden);
}

}  // namespace
}  // namespace ashlar::plan
