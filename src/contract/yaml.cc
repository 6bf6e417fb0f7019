// SPDX-License-Identifier: Apache-2.0
#include "contract/yaml.h"

#include <libfyaml.h>

#include <memory>
#include <unordered_map>

#include "base/utf8.h"

namespace ashlar::contract {
namespace {

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* resource) const {
    Free(resource);
  }
};
using Diagnostics = std::unique_ptr<fy_diag, Freed<fy_diag_destroy>>;
using Parser = std::unique_ptr<fy_parser, Freed<fy_parser_destroy>>;

void Swallow(fy_diag*, void*, const char*, size_t) {}

// The first byte that cannot stand in a contract.
std::optional<Problem> FirstBadByte(std::string_view text, size_t* at) {
  for (*at = 0; *at < text.size();) {
    auto byte = static_cast<unsigned char>(text[*at]);
    if (byte == 0x7f || (byte < 0x20 && byte != '\n' && byte != '\r' && byte != '\t')) {
      return Problem::kControlCharacter;
    }
    size_t size = CodePointSize(text, *at);
    if (size == 0) return Problem::kNotUtf8;
    *at += size;
  }
  return std::nullopt;
}

// How much a tree weighs against the budget of a contract.
struct Weight {
  size_t values = 0, bytes = 0;
};
Weight Weigh(const Node& node) {
  Weight sum{1, node.text.size()};
  for (const Entry& entry : node.entries) {
    Weight of = Weigh(entry.value);
    sum.values += of.values + 1;
    sum.bytes += of.bytes + entry.key.size();
  }
  for (const Node& item : node.items) {
    Weight of = Weigh(item);
    sum.values += of.values;
    sum.bytes += of.bytes;
  }
  return sum;
}

// Builds the tree from the parser's events, without recursion.
class TreeBuilder {
 public:
  TreeBuilder(uint32_t source, Mistakes& mistakes) : source_(source), mistakes_(mistakes) {}

  // False: do not go on.
  bool Take(fy_event* event) {
    switch (event->type) {
      case FYET_NONE:
      case FYET_STREAM_START:
      case FYET_STREAM_END:
      case FYET_DOCUMENT_END: return true;
      case FYET_DOCUMENT_START: return TakeDocument(event);
      case FYET_MAPPING_START:
        return Open(event, Node::Kind::kMapping, event->mapping_start.anchor, event->mapping_start.tag);
      case FYET_SEQUENCE_START:
        return Open(event, Node::Kind::kSequence, event->sequence_start.anchor, event->sequence_start.tag);
      case FYET_MAPPING_END:
      case FYET_SEQUENCE_END: return Close(event);
      case FYET_SCALAR: return TakeScalar(event);
      case FYET_ALIAS: return TakeAlias(event);
    }
    return true;
  }

  Node TakeRoot() { return std::move(root_); }

 private:
  struct Frame {
    Node node;
    std::string anchor;
    std::unordered_map<std::string, int> lines = {};  // of the keys so far
    // Of a mapping: the key whose value comes next.
    bool has_key = false;
    bool skip = false;  // the key is wrong: its value is dropped
    std::string key = "";
    Place key_place = {};
  };

  Place PlaceOf(fy_event* event) {
    const fy_mark* begin = fy_event_start_mark(event);
    const fy_mark* end = fy_event_end_mark(event);
    if (begin == nullptr) return {source_, behind_, 1};
    auto offset = static_cast<uint32_t>(begin->input_pos);
    auto length = end == nullptr ? 1 : static_cast<uint32_t>(end->input_pos - begin->input_pos);
    behind_ = offset + length;
    line_ = begin->line + 1;
    return {source_, offset, std::max<uint32_t>(length, 1)};
  }

  static std::string TextOf(fy_token* token) {
    size_t size = 0;
    const char* text = token == nullptr ? nullptr : fy_token_get_text(token, &size);
    return text == nullptr ? std::string() : std::string(text, size);
  }

  bool TakeDocument(fy_event* event) {
    if (documents_++ == 0) return true;
    mistakes_.Add(PlaceOf(event), Problem::kSecondDocument);
    return false;
  }

  // Tags would be a second way to say what a scalar is.
  void CheckTag(fy_token* tag) {
    if (tag == nullptr) return;
    const fy_mark* mark = fy_token_start_mark(tag);
    Place place{source_, mark == nullptr ? behind_ : static_cast<uint32_t>(mark->input_pos), 1};
    mistakes_.Add(place, Problem::kTag);
  }

  bool Spend(Place place, Weight weight) {
    spent_.values += weight.values;
    spent_.bytes += weight.bytes;
    if (spent_.values > kMostValues) {
      mistakes_.Add(place, Problem::kTooManyValues, kMostValues);
      return false;
    }
    if (spent_.bytes > kMostExpanded) {
      mistakes_.Add(place, Problem::kExpandsTooFar, kMostExpanded);
      return false;
    }
    return true;
  }

  bool Open(fy_event* event, Node::Kind kind, fy_token* anchor, fy_token* tag) {
    Node node;
    node.kind = kind;
    node.place = PlaceOf(event);
    node.place.length = 1;
    CheckTag(tag);
    if (stack_.size() >= kMostLevels) {
      mistakes_.Add(node.place, Problem::kTooDeep, kMostLevels);
      return false;
    }
    if (!Spend(node.place, {1, 0})) return false;
    stack_.push_back({std::move(node), TextOf(anchor)});
    return true;
  }

  bool Close(fy_event* event) {
    PlaceOf(event);
    Frame done = std::move(stack_.back());
    stack_.pop_back();
    return Attach(std::move(done.node), done.anchor);
  }

  bool TakeScalar(fy_event* event) {
    Node node;
    node.place = PlaceOf(event);
    node.content = node.place.offset;
    node.text = TextOf(event->scalar.value);
    CheckTag(event->scalar.tag);
    switch (fy_token_scalar_style(event->scalar.value)) {
      case FYSS_SINGLE_QUOTED: node.style = Style::kSingleQuoted; break;
      case FYSS_DOUBLE_QUOTED: node.style = Style::kDoubleQuoted; break;
      case FYSS_LITERAL: node.style = Style::kLiteral; break;
      case FYSS_FOLDED: node.style = Style::kFolded; break;
      case FYSS_ANY:
      case FYSS_PLAIN:
      case FYSS_MAX: break;
    }
    bool quoted = node.style == Style::kSingleQuoted || node.style == Style::kDoubleQuoted;
    if (quoted && node.place.offset > 0) {
      node.place.offset -= 1;
      node.place.length += 2;
      behind_ += 1;
    }
    if (!Spend(node.place, {1, node.text.size()})) return false;
    return Attach(std::move(node), TextOf(event->scalar.anchor));
  }

  bool TakeAlias(fy_event* event) {
    Place place = PlaceOf(event);
    if (place.offset > 0) place = {source_, place.offset - 1, place.length + 1};  // with the asterisk
    std::string name = TextOf(event->alias.anchor);
    auto found = anchors_.find(name);
    if (found == anchors_.end()) {
      mistakes_.Add(place, Problem::kUnknownAnchor, name);
      Node nothing;
      nothing.place = place;
      nothing.unset = true;
      return Attach(std::move(nothing), "");
    }
    if (!Spend(place, Weigh(found->second))) return false;
    Node copy = found->second;
    // What is wrong with a value stands at the anchor; a key is where it is used.
    if (AwaitsKey()) copy.place = place;
    return Attach(std::move(copy), "");
  }

  bool AwaitsKey() const { return !stack_.empty() && stack_.back().node.is_mapping() && !stack_.back().has_key; }

  bool Attach(Node node, const std::string& anchor) {
    if (!anchor.empty()) {
      if (!Spend(node.place, Weigh(node))) return false;
      anchors_.insert_or_assign(anchor, node);
    }
    if (stack_.empty()) {
      root_ = std::move(node);
      return true;
    }
    Frame& frame = stack_.back();
    if (frame.node.is_sequence()) {
      frame.node.items.push_back(std::move(node));
      return true;
    }
    if (AwaitsKey()) return TakeKey(frame, std::move(node));
    if (!frame.skip) frame.node.entries.push_back({std::move(frame.key), frame.key_place, std::move(node)});
    frame.has_key = false;
    return true;
  }

  bool TakeKey(Frame& frame, Node key) {
    frame.has_key = true;
    frame.skip = !key.is_scalar() || key.text.empty();
    frame.key_place = key.place;
    if (frame.skip) {
      if (!key.unset) mistakes_.Add(key.place, Problem::kKeyNotName);
      return true;
    }
    auto [earlier, first] = frame.lines.emplace(key.text, line_);
    if (!first) {
      mistakes_.Add(key.place, Problem::kDuplicateKey, key.text, earlier->second);
      frame.skip = true;
    }
    frame.key = std::move(key.text);
    return true;
  }

  uint32_t source_;
  Mistakes& mistakes_;
  Node root_;
  std::vector<Frame> stack_;
  std::unordered_map<std::string, Node> anchors_;
  Weight spent_;
  uint32_t behind_ = 0;  // the end of the last event
  int line_ = 1;         // where it began
  int documents_ = 0;
};

// Where a line and column of the library's count (from 1, in code points) stand in the text.
uint32_t OffsetOf(std::string_view text, int line, int column) {
  size_t at = 0;
  for (int i = 1; i < line; ++i) {
    size_t end = text.find('\n', at);
    if (end == std::string_view::npos) break;
    at = end + 1;
  }
  for (int i = 1; i < column && at < text.size() && text[at] != '\n'; ++i) {
    at += std::max<size_t>(1, CodePointSize(text, at));
  }
  return static_cast<uint32_t>(at);
}

// The library says nothing of a version of YAML that it does not know.
void TellSilentEnd(uint32_t source, std::string_view text, Mistakes& mistakes) {
  constexpr std::string_view directive = "%YAML ";
  for (size_t at = 0; at < text.size();) {
    size_t end = std::min(text.find('\n', at), text.size());
    if (std::string_view line = text.substr(at, end - at); line.starts_with(directive)) {
      std::string_view version = line.substr(directive.size());
      version = version.substr(0, version.find_first_of(" \t\r#"));
      Place place{source, static_cast<uint32_t>(at + directive.size()), std::max<uint32_t>(1, version.size())};
      mistakes.Add(place, Problem::kNotYaml, fmt::format("there is no version {}; contracts are YAML 1.2", version));
      return;
    }
    at = end + 1;
  }
  mistakes.Add({source, static_cast<uint32_t>(text.size()), 1}, Problem::kNotYaml, "it does not end");
}

void TellFirstError(fy_diag* diagnostics, uint32_t source, std::string_view text, Mistakes& mistakes) {
  void* position = nullptr;
  while (const fy_diag_error* error = fy_diag_errors_iterate(diagnostics, &position)) {
    if (error->type < FYET_ERROR) continue;
    Place place{source, OffsetOf(text, error->line, error->column), 1};
    std::string_view message = error->msg == nullptr ? "it does not end" : error->msg;
    bool alias = place.offset > 0 && text[place.offset - 1] == '*' && message == "could not find expected ':'";
    if (alias) message = "behind an alias that is a key, a space stands before the ':', as '*name : value'";
    mistakes.Add(place, Problem::kNotYaml, message);
    return;
  }
  TellSilentEnd(source, text, mistakes);
}

}  // namespace

std::optional<Node> ParseYaml(uint32_t source, std::string_view text, Mistakes& mistakes) {
  if (text.size() > kMostBytes) {
    mistakes.Add({source, 0, 1}, Problem::kTooLarge, kMostBytes);
    return std::nullopt;
  }
  size_t bad = 0;
  if (auto problem = FirstBadByte(text, &bad)) {
    mistakes.Add({source, static_cast<uint32_t>(bad), 1}, *problem);
    return std::nullopt;
  }
  fy_diag_cfg quiet;
  fy_diag_cfg_default(&quiet);
  quiet.fp = nullptr;
  quiet.output_fn = Swallow;
  quiet.level = FYET_ERROR;
  Diagnostics diagnostics(fy_diag_create(&quiet));
  fy_diag_set_collect_errors(diagnostics.get(), true);
  // The library's own search for duplicate keys is quadratic; its limit of depth is that of documents, which are
  // never made here.
  fy_parse_cfg configuration{};
  configuration.flags = static_cast<fy_parse_cfg_flags>(FYPCF_ALLOW_DUPLICATE_KEYS | FYPCF_COLLECT_DIAG |
                                                        FYPCF_DEFAULT_VERSION_1_2 | FYPCF_DISABLE_DEPTH_LIMIT);
  configuration.diag = diagnostics.get();
  Parser parser(fy_parser_create(&configuration));
  fy_parser_set_string(parser.get(), text.data(), text.size());
  TreeBuilder builder(source, mistakes);
  while (fy_event* event = fy_parser_parse(parser.get())) {
    bool more = builder.Take(event);
    bool end = event->type == FYET_STREAM_END;
    fy_parser_event_free(parser.get(), event);
    if (!more) return std::nullopt;
    if (end) {
      Node root = builder.TakeRoot();
      root.place.source = source;
      return root;
    }
  }
  TellFirstError(diagnostics.get(), source, text, mistakes);
  return std::nullopt;
}

}  // namespace ashlar::contract
