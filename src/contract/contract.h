// SPDX-License-Identifier: Apache-2.0
#pragma once
// The contract: YAML text in, the immutable model of a service out, or every mistake at its place. Pure but for
// ReadSources; thread safe. What the language is stands in the keys' tables (contract/keys.h), from which the JSON
// Schema and the reference are printed.
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "contract/mistake.h"
#include "contract/policy.h"
#include "model/service.h"

namespace ashlar::contract {

// One file of a contract.
struct Source {
  std::string path;
  std::string text;
};

struct Options {
  // The environment that ${NAME} takes its values from; empty: none is set.
  std::function<std::optional<std::string>(const std::string& name)> environment;
  // Whether a variable may be unset without a default (`check`, `export`): what it would fill is then not judged.
  bool allow_unset = false;
  // The field types that fields may have. Whoever has one of their own gives a table of all; it must outlive the call.
  std::span<const types::FieldType> field_types = types::FieldTypes();
};

using Compiled = std::expected<std::shared_ptr<const model::Service>, MistakeList>;

// Compiles the files of one contract. All mistakes come at once, in the order of files, lines and columns.
Compiled Compile(std::span<const Source> sources, const Options& options);

// The same with what a reviewer would say and the contract's `accept` does not answer, in that order as well.
struct Judgement {
  std::shared_ptr<const model::Service> service;  // null if there are mistakes
  MistakeList mistakes;
  MistakeList findings;  // none if there are mistakes
  std::vector<PolicyTest> tests;  // of the access rules; none if there are mistakes
  bool rights_open = false;  // values of the environment are missing on which rights may depend
};
Judgement Judge(std::span<const Source> sources, const Options& options);

// The mistake of a test that failed, at one of its places.
Mistake FailTest(const Mistake& at, std::string_view message);

// A kind of finding. The one table of them is contract/findings/findings.cc.
struct FindingRow {
  std::string_view id;  // stable: "ACCESS_WORLD_WRITABLE"
  std::string_view title;  // what it is, in a few words
  std::string_view doc;  // why it matters, and what to do
};
std::vector<FindingRow> FindingRows();

// The contract at `path`: a file, or all *.yaml and *.yml of a folder (not of folders in it), in order of their names.
Result<std::vector<Source>> ReadSources(const std::string& path);

// For people: FILE:LINE:COLUMN: error: WHAT, the line, a caret, `did you mean 'X'?`. A finding is `warning: WHAT [ID]`.
std::string Render(std::span<const Mistake> mistakes, bool colour);
// For programs: {"errors": [{file, line, column, id, message, suggestion?}], "warnings": [...]}.
std::string RenderJson(const Judgement& judgement);
// For code scanning: SARIF 2.1.0; `version` is the program's.
std::string RenderSarif(const Judgement& judgement, std::string_view version);

// The JSON Schema (2020-12) of contracts, for editors.
std::string JsonSchema();
// docs/reference/contract.md: every key, and every kind of mistake.
std::string Reference();
// docs/reference/findings.md: every kind of finding.
std::string FindingsReference();

}  // namespace ashlar::contract
