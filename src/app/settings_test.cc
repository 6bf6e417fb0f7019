// SPDX-License-Identifier: Apache-2.0
#include "app/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

#include "app/progress.h"

namespace ashlar::app {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// Sets a variable for as long as it lives.
class Variable {
 public:
  Variable(std::string name, const char* value) : name_(std::move(name)) { setenv(name_.c_str(), value, 1); }
  ~Variable() { unsetenv(name_.c_str()); }

 private:
  std::string name_;
};

TEST(SettingsTest, EveryRowIsItsOwn) {
  std::set<std::string_view> flags, variables;
  Flags values;
  for (const Setting& setting : Settings()) {
    EXPECT_TRUE(flags.insert(setting.flag).second) << setting.flag;
    EXPECT_TRUE(variables.insert(setting.environment).second) << setting.environment;
    EXPECT_TRUE(setting.flag.starts_with("--"));
    EXPECT_FALSE(setting.fallback.empty() || setting.doc.empty()) << setting.flag;
    EXPECT_EQ(values.*setting.value, "") << setting.flag << " shares its value with another";
    values.*setting.value = setting.flag;
  }
}

TEST(SettingsTest, TheFlagWinsOverTheEnvironment) {
  for (const Setting& setting : Settings()) {
    Flags flags;
    {
      Variable none(std::string(setting.environment), "");  // some are set on many machines: SSL_CERT_FILE
      EXPECT_EQ(ValueOf(setting.value, flags), "");
    }
    Variable variable(std::string(setting.environment), "from the environment");
    EXPECT_EQ(ValueOf(setting.value, flags), "from the environment");
    flags.*setting.value = "from the flag";
    EXPECT_EQ(ValueOf(setting.value, flags), "from the flag");
  }
}

TEST(SettingsTest, SwitchesAreOnOrOffAndNothingElse) {
  Flags flags;
  EXPECT_EQ(IsOn(&Flags::dev, flags), false);
  for (const char* on : {"1", "true", "on", "yes"}) {
    flags.dev = on;
    EXPECT_EQ(IsOn(&Flags::dev, flags), true) << on;
  }
  for (const char* off : {"0", "false", "off", "no"}) {
    flags.dev = off;
    EXPECT_EQ(IsOn(&Flags::dev, flags), false) << off;
  }
  for (const char* neither : {"2", "TRUE", "onn", " "}) {
    flags.dev = neither;
    auto answer = IsOn(&Flags::dev, flags);
    ASSERT_FALSE(answer) << neither;
    EXPECT_EQ(answer.error().kind, ErrorKind::kInvalid);
    EXPECT_THAT(answer.error().message, HasSubstr("ASHLAR_DEV"));
  }
}

TEST(SettingsTest, StorePlaces) {
  EXPECT_EQ(PlaceOf("", "shop"), (StorePlace{"./data/shop.db", ""}));
  EXPECT_EQ(PlaceOf("sqlite:x.db", "shop"), (StorePlace{"x.db", ""}));
  EXPECT_EQ(PlaceOf("sqlite:/var/lib/a:b.db", "shop"), (StorePlace{"/var/lib/a:b.db", ""}));
  for (const char* url : {"postgres://u:secret@h/d", "postgresql://h/d"}) {
    auto place = PlaceOf(url, "shop");
    EXPECT_EQ(place, (StorePlace{"./data/shop.db", url}));
    EXPECT_EQ(place->Shown(), "postgres");
  }
  for (const char* url : {"sqlite:", "sqlite::memory:", "x.db", "mysql://u:secret@h/d", "SQLITE:x", ":", "file:x",
                          "sqlite://x.db", "sqlite:///var/secret.db", "sqlite://", "sqlite:x.db?key=secret"}) {
    auto path = PlaceOf(url, "shop");
    ASSERT_FALSE(path) << url;
    EXPECT_EQ(path.error().kind, ErrorKind::kInvalid);
    EXPECT_THAT(path.error().message, AllOf(HasSubstr("--store"), HasSubstr("sqlite:PATH")));
    EXPECT_THAT(path.error().message, Not(HasSubstr("secret")));
  }
  EXPECT_THAT(PlaceOf("mysql://u:secret@h/d", "shop").error().message,
              HasSubstr("'mysql' is not supported by this build"));
  EXPECT_THAT(PlaceOf("sqlite:///x.db", "shop").error().message, HasSubstr("sqlite:/var/lib/x.db"));
}

TEST(SettingsTest, StrayVariablesAreRefusedByName) {
  EXPECT_THAT(CheckEnvironment({}).value(), IsEmpty());
  Variable known("ASHLAR_LISTEN", "127.0.0.1:0");
  EXPECT_THAT(CheckEnvironment({}).value(), IsEmpty());
  for (const char* name : {"ASHLAR_SECRET_KEY_FILE", "ASHLAR_", "DATABASE_REPLICA_URLS"}) {
    Variable unknown(name, "/etc/secret");
    auto checked = CheckEnvironment({});
    ASSERT_FALSE(checked) << name;
    EXPECT_EQ(checked.error().kind, ErrorKind::kInvalid);
    EXPECT_THAT(checked.error().message, AllOf(HasSubstr(name), Not(HasSubstr("secret"))));
  }
  Variable one("DATABASE_REPLICA_URLS", "x"), other("ASHLAR_WORKER", "4");
  EXPECT_THAT(
      CheckEnvironment({}).error().message,
      AllOf(HasSubstr("DATABASE_REPLICA_URLS"), HasSubstr("ASHLAR_WORKER"), HasSubstr("did you mean ASHLAR_WORKERS?")));
  EXPECT_THAT(CheckEnvironment({"ASHLAR_WORKER"}).error().message, Not(HasSubstr("ASHLAR_WORKER")));
}

TEST(SettingsTest, StrayVariablesOfOthersAreTold) {
  Variable agent("OTEL_EXPORTER_OTLP_HEADERS", "key=secret"), empty("DATABASE_REPLICA_URLS", ""),
      alike("DATABASE_REPLICA_URLSX", "x");
  auto told = CheckEnvironment({});
  ASSERT_TRUE(told);
  EXPECT_THAT(*told, ElementsAre(AllOf(HasSubstr("OTEL_EXPORTER_OTLP_HEADERS"), Not(HasSubstr("secret")))));
}

TEST(SettingsTest, EveryStrayVariableSaysWhy) {
  for (const StrayVariable& stray : StrayVariables()) EXPECT_FALSE(stray.doc.empty()) << stray.name;
}

TEST(ProgressTest, Lines) {
  EXPECT_EQ(RenderProgress(0, 5), "[                              ]   0 %  0 of 5 rows");
  EXPECT_EQ(RenderProgress(7023, 15607), "[#############                 ]  44 %  7,023 of 15,607 rows");
  EXPECT_EQ(RenderProgress(1'234'567, 1'234'567),
            "[##############################] 100 %  1,234,567 of 1,234,567 rows");
  EXPECT_EQ(RenderProgress(9, 5), RenderProgress(5, 5));
  EXPECT_EQ(RenderProgress(1234, 0), "reading: 1,234 rows");
}

}  // namespace
}  // namespace ashlar::app
