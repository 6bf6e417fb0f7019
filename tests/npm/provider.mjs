// SPDX-License-Identifier: Apache-2.0
// openid-client signs a User in with the service, as a program on a server does and as one in public does:
//   node provider.mjs ISSUER SECRET EMAIL PASSWORD [TOKEN]
// With the token that lets it, it registers itself, too.
import assert from "node:assert/strict";
import * as client from "openid-client";

const [issuer, secret, email, password, token] = process.argv.slice(2);
const insecure = { execute: [client.allowInsecureRequests] };  // http on this machine

// A browser: cookies, forms, and no redirect followed.
const cookies = new Map();
async function ask(url, form, action) {
  const headers = { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; ") };
  if (form) headers["sec-fetch-site"] = "same-origin";
  const body = form && new URLSearchParams({ ...form, do: action });
  const answer = await fetch(url, { method: form ? "POST" : "GET", headers, body, redirect: "manual" });
  for (const line of answer.headers.getSetCookie()) {
    const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
    if (line.includes("Max-Age=0")) cookies.delete(name);
    else cookies.set(name, value);
  }
  return { place: answer.headers.get("location"), page: await answer.text(), status: answer.status };
}

// Whatever pages there are, to the address that leads back to the client.
async function visit(url) {
  const place = new URL("/oauth/authorize", issuer);
  let answer = await ask(url);
  for (let i = 0; i < 2 && !answer.place; ++i) {
    const sealed = /name="form" value="([^"]+)"/.exec(answer.page)[1];
    const signs_in = answer.page.includes('name="password"');
    answer = await ask(place, { form: sealed, ...(signs_in && { email, password }) }, signs_in ? "login" : "allow");
  }
  assert.ok(answer.place, answer.page);
  return new URL(answer.place);
}

async function asking(redirect_uri, scope) {
  const verifier = client.randomPKCECodeVerifier();
  const checks = { pkceCodeVerifier: verifier, expectedState: client.randomState() };
  if (scope.includes("openid")) checks.expectedNonce = client.randomNonce();
  const parameters = {
    redirect_uri, scope, state: checks.expectedState, nonce: checks.expectedNonce,
    code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256",
  };
  return { checks: { ...checks, idTokenExpected: true }, parameters };
}

async function asServer(authentication) {
  const config = await client.discovery(new URL(issuer), "shop-web", undefined, authentication, insecure);
  assert.equal(config.serverMetadata().issuer, issuer);
  const redirect = "https://shop.example/callback", scope = "openid email offline_access";
  const { checks, parameters } = await asking(redirect, scope);
  const back = await visit(client.buildAuthorizationUrl(config, parameters));
  const tokens = await client.authorizationCodeGrant(config, back, checks);
  const { sub } = tokens.claims();
  assert.equal(tokens.claims().email, email);
  assert.equal((await client.fetchUserInfo(config, tokens.access_token, sub)).email, email);

  const next = await client.refreshTokenGrant(config, tokens.refresh_token);
  assert.notEqual(next.refresh_token, tokens.refresh_token);
  const seen = await client.tokenIntrospection(config, next.access_token);
  assert.equal(seen.active, true);
  assert.equal(seen.sub, sub);
  await client.tokenRevocation(config, next.refresh_token);
  assert.equal((await client.tokenIntrospection(config, next.access_token)).active, false);
  await assert.rejects(client.refreshTokenGrant(config, next.refresh_token), { error: "invalid_grant" });
  await assert.rejects(client.fetchUserInfo(config, next.access_token, sub));

  const pushed = await asking(redirect, scope);
  const short = await client.buildAuthorizationUrlWithPAR(config, pushed.parameters);
  assert.ok(!short.searchParams.has("scope"));
  const again = await client.authorizationCodeGrant(config, await visit(short), pushed.checks);
  assert.equal(again.claims().sub, sub);

  const out = client.buildEndSessionUrl(config, {
    id_token_hint: again.id_token, post_logout_redirect_uri: "https://shop.example/bye", state: "s",
  });
  assert.equal((await ask(out)).place, "https://shop.example/bye?state=s");
}

async function asPublic() {
  const config = await client.discovery(new URL(issuer), "phone", undefined, client.None(), insecure);
  const { checks, parameters } = await asking("http://127.0.0.1:4711/done", "openid");
  const back = await visit(client.buildAuthorizationUrl(config, parameters));
  const tokens = await client.authorizationCodeGrant(config, back, checks);
  assert.equal(tokens.refresh_token, undefined);
  assert.equal((await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub)).email, undefined);
}

async function forItself() {
  const config = await client.discovery(new URL(issuer), "job", undefined, client.ClientSecretBasic(secret), insecure);
  const tokens = await client.clientCredentialsGrant(config, { scope: "things:read" });
  assert.equal(tokens.scope, "things:read");
  const answer = await client.fetchProtectedResource(config, tokens.access_token, new URL("/v1/things", issuer), "GET");
  assert.equal(answer.status, 200);
}

async function asRegistered(method) {
  const redirect = "https://new.example/callback", scope = "openid email offline_access";
  const config = await client.dynamicClientRegistration(new URL(issuer), {
    client_name: "The new one", redirect_uris: [redirect], post_logout_redirect_uris: ["https://new.example/bye"],
    grant_types: ["authorization_code", "refresh_token"], token_endpoint_auth_method: method, scope,
  }, undefined, { ...insecure, initialAccessToken: token });
  const { client_id, client_secret } = config.clientMetadata();
  assert.ok(client_id.startsWith("registered."));
  assert.equal(client_secret === undefined, method === "none");
  const { checks, parameters } = await asking(redirect, scope);
  const back = await visit(client.buildAuthorizationUrl(config, parameters));
  const tokens = await client.authorizationCodeGrant(config, back, checks);
  assert.equal(tokens.claims().email, email);
  assert.equal((await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub)).email, email);
  const next = await client.refreshTokenGrant(config, tokens.refresh_token);
  assert.notEqual(next.refresh_token, tokens.refresh_token);
  await client.tokenRevocation(config, next.refresh_token);
  await assert.rejects(client.refreshTokenGrant(config, next.refresh_token), { error: "invalid_grant" });
}

await forItself();
await asServer(client.ClientSecretBasic(secret));
await asServer(client.ClientSecretPost(secret));
await asPublic();
if (token) {
  for (const method of ["client_secret_basic", "client_secret_post", "none"]) await asRegistered(method);
}
console.log("signed in");
