// SPDX-License-Identifier: Apache-2.0
// Drives a running shop by the functions that @hey-api/openapi-ts made of its document: node sdk.js ADDRESS TOKEN
import assert from "node:assert/strict";
import { client } from "./sdk/client.gen.js";
import { createCategory, deleteCategory, getCategory, listCategories, updateCategory } from "./sdk/index.js";

const [address = "", token = ""] = process.argv.slice(2);
client.setConfig({ baseUrl: address, auth: () => token });

const name = `Rack ${Date.now()}`;
const made = await createCategory({ body: { name }, throwOnError: true });
assert.equal(made.response.status, 201);
const path = { id: made.data.data.id };

const listed = await listCategories({
  query: { "name[in]": [name, "Other"], sort: ["-name", "id"], fields: ["id", "name"] },
  throwOnError: true,
});
assert.deepEqual(listed.data.data, [{ id: path.id, name }]);

const changed = await updateCategory({ path, body: { name: `${name}!` }, headers: { "If-Match": '"1"' } });
assert.equal(changed.data?.data.version, 2);
const late = await updateCategory({ path, body: { name }, headers: { "If-Match": '"1"' } });
assert.equal(late.error?.error.code, "PRECONDITION_FAILED");

const deleted = await deleteCategory({ path });
assert.equal(deleted.response?.status, 204);
const gone = await getCategory({ path });
assert.equal(gone.error?.error.code, "NOT_FOUND");
console.log("6 answers as documented");
