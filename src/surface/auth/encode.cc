// SPDX-License-Identifier: Apache-2.0
#include "surface/auth/encode.h"

#include <set>

#include "surface/rest/row_writer.h"
#include "types/datetime.h"

namespace ashlar::surface::auth {
namespace {

void WriteUser(const model::Service& service, const call::Outcome& user, json::Writer& out) {
  out.Key("user");
  const rest::Place data{"data"};
  rest::RowWriter(service, out).Write(user.rows, 0, {"user", -1, &data});
}

// 0: never.
void WriteTime(json::Writer& out, std::string_view name, int64_t micros) {
  if (micros == 0) {
    out.Key(name);
    out.Null();
  } else {
    out.Field(name, types::FormatTimestamp(types::Timestamp{micros}));
  }
}

void WriteSessions(std::span<const identity::SessionSeen> sessions, std::string_view current, json::Writer& out) {
  out.BeginArray();
  for (const identity::SessionSeen& session : sessions) {
    out.BeginObject();
    out.Field("id", session.id);
    WriteTime(out, "createdAt", session.created_at);
    WriteTime(out, "rotatedAt", session.rotated_at);
    WriteTime(out, "expiresAt", session.expires_at);
    out.Field("agent", session.agent);
    out.Field("current", session.id == current);
    out.EndObject();
  }
  out.EndArray();
}

void WriteLinks(std::span<const identity::LinkSeen> links, json::Writer& out) {
  out.BeginArray();
  for (const identity::LinkSeen& link : links) {
    out.BeginObject();
    out.Field("issuer", link.issuer);
    out.Field("subject", link.subject);
    WriteTime(out, "createdAt", link.created_at);
    WriteTime(out, "usedAt", link.used_at);
    out.EndObject();
  }
  out.EndArray();
}

// Each row once.
void WriteRows(const model::Service& service, const identity::OwnData::Part& part, json::Writer& out) {
  std::set<std::string> written;
  rest::RowWriter writer(service, out);
  const rest::Place place{"rows"};
  out.BeginArray();
  for (const call::Outcome& page : part.pages) {
    for (size_t row = 0; row < page.rows.rows.size(); ++row) {
      const bool first = written.insert(rest::IdOf(service.resource(part.resource), page.rows, row)).second;
      if (first) writer.Write(page.rows, row, place);
    }
  }
  out.EndArray();
}

}  // namespace

void WriteKey(json::Writer& out, const identity::ApiKeySeen& key, std::string_view secret) {
  out.BeginObject();
  out.Field("id", key.id);
  out.Field("name", key.name);
  if (!secret.empty()) out.Field("key", secret);
  out.Field("ending", key.ending);
  out.Key("scopes");
  out.BeginArray();
  for (const std::string& scope : key.scopes) out.String(scope);
  out.EndArray();
  WriteTime(out, "createdAt", key.created_at);
  WriteTime(out, "expiresAt", key.expires_at);
  WriteTime(out, "lastUsedAt", key.last_used_at);
  out.EndObject();
}

void WriteKeys(json::Writer& out, std::span<const identity::ApiKeySeen> keys) {
  out.BeginArray();
  for (const identity::ApiKeySeen& key : keys) WriteKey(out, key);
  out.EndArray();
}

std::string EncodeNothing(const rest::Meta& meta) {
  return Enveloped(meta, [](json::Writer& out) {
    out.BeginObject();
    out.EndObject();
  });
}

std::string EncodeUser(const model::Service& service, const call::Outcome& user, const rest::Meta& meta) {
  return Enveloped(meta, [&](json::Writer& out) {
    out.BeginObject();
    WriteUser(service, user, out);
    out.EndObject();
  });
}

std::string EncodeSignedIn(const model::Service& service, const identity::SignedIn& signed_in, const rest::Meta& meta) {
  return Enveloped(meta, [&](json::Writer& out) {
    out.BeginObject();
    out.Field("accessToken", signed_in.tokens.access);
    out.Field("tokenType", "Bearer");
    out.Field("expiresIn", signed_in.tokens.expires_in);
    out.Field("refreshToken", signed_in.tokens.refresh);
    WriteUser(service, signed_in.user, out);
    out.EndObject();
  });
}

std::string EncodeBrowser(const model::Service& service, const call::Outcome& user, std::string_view csrf,
                          const rest::Meta& meta) {
  return Enveloped(meta, [&](json::Writer& out) {
    out.BeginObject();
    out.Field("csrfToken", csrf);
    WriteUser(service, user, out);
    out.EndObject();
  });
}

std::string EncodeTotp(const identity::TotpBegun& begun, const rest::Meta& meta) {
  return Enveloped(meta, [&](json::Writer& out) {
    out.BeginObject();
    out.Field("secret", begun.secret);
    out.Field("uri", begun.uri);
    out.EndObject();
  });
}

std::string EncodeUrl(std::string_view url, const rest::Meta& meta) {
  return Enveloped(meta, [&](json::Writer& out) {
    out.BeginObject();
    out.Field("url", url);
    out.EndObject();
  });
}

std::string EncodeRecoveryCodes(std::span<const std::string> codes, const rest::Meta& meta) {
  return Enveloped(meta, [&](json::Writer& out) {
    out.BeginObject();
    out.Key("recoveryCodes");
    out.BeginArray();
    for (const std::string& code : codes) out.String(code);
    out.EndArray();
    out.EndObject();
  });
}

std::string EncodeSessions(std::span<const identity::SessionSeen> sessions, std::string_view current,
                           const rest::Meta& meta) {
  return Enveloped(meta, [&](json::Writer& out) { WriteSessions(sessions, current, out); });
}

std::string EncodeConsents(std::span<const identity::Consent> consents, const rest::Meta& meta) {
  return Enveloped(meta, [&](json::Writer& out) {
    out.BeginArray();
    for (const identity::Consent& consent : consents) {
      out.BeginObject();
      out.Field("client", consent.client);
      out.Field("name", consent.name);
      out.Key("scopes");
      out.BeginArray();
      for (std::string_view scope : identity::WordsOf(consent.scope)) out.String(scope);
      out.EndArray();
      WriteTime(out, "givenAt", consent.given_at);
      out.EndObject();
    }
    out.EndArray();
  });
}

std::string EncodeOwnData(const model::Service& service, const identity::OwnData& data, std::string_view current,
                          const rest::Meta& meta) {
  return Enveloped(meta, [&](json::Writer& out) {
    out.BeginObject();
    WriteUser(service, data.user, out);
    out.Key("sessions");
    WriteSessions(data.sessions, current, out);
    out.Key("apiKeys");
    WriteKeys(out, data.api_keys);
    out.Key("links");
    WriteLinks(data.links, out);
    out.Key("rows");
    out.BeginObject();
    for (const identity::OwnData::Part& part : data.parts) {
      out.Key(service.resource(part.resource).plural);
      WriteRows(service, part, out);
    }
    out.EndObject();
    std::vector<std::string> more;
    for (const identity::OwnData::Part& part : data.parts) {
      if (part.more) more.push_back(service.resource(part.resource).plural);
    }
    rest::WriteMore(out, "more", more);
    out.EndObject();
  });
}

}  // namespace ashlar::surface::auth
