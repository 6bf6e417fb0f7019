// SPDX-License-Identifier: Apache-2.0
// A provider of OpenID Connect (oidc-provider) on 127.0.0.1, with its own pages for signing in and consent. Takes
// { client, accounts } as JSON, says its address on standard output, and ends with standard input.
import http from 'node:http';
import Provider from 'oidc-provider';

const { client, accounts } = JSON.parse(process.argv[2]);
const server = http.createServer();
server.listen(0, '127.0.0.1', () => {
  const address = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(address, {
    clients: [client],
    claims: { email: ['email', 'email_verified'], profile: ['name'] },
    findAccount: async (_, id) => ({ accountId: id, claims: async () => ({ sub: id, ...accounts[id] }) }),
  });
  server.on('request', provider.callback());
  console.log(address);
});
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
