// SPDX-License-Identifier: Apache-2.0
// Drives a running shop by the types that openapi-typescript made of its document: node client.js ADDRESS TOKEN
import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { components, paths } from "./shop.js";

const [address = "", token = ""] = process.argv.slice(2);
// openapi-fetch does not know by itself how the document wants lists written.
const querySerializer = { array: { style: "form", explode: false } } as const;
const anyone = createClient<paths>({ baseUrl: address, querySerializer });
const headers = { Authorization: `Bearer ${token}` };
const staff = createClient<paths>({ baseUrl: address, querySerializer, headers });

type Product = components["schemas"]["Product"];
type NewProduct = components["schemas"]["ProductCreate"];

function present<T>(value: T | null | undefined): T {
  assert.ok(value !== null && value !== undefined);
  return value;
}

// Every answer comes through here: each is one that the document knows.
const statuses: number[] = [];
for (const client of [anyone, staff]) {
  client.use({
    onResponse({ response }) {
      statuses.push(response.status);
      assert.equal(response.headers.get("sl-violations"), null, response.headers.get("sl-violations") ?? "");
    },
  });
}

const category = await staff.POST("/v1/categories", { body: { name: `Shelf ${Date.now()}` } });
assert.equal(category.response.status, 201);
const categoryId = present(category.data).data.id;
assert.equal(category.response.headers.get("Location"), `/v1/categories/${categoryId}`);

const stamp = String(Date.now()).slice(-8);
const body: NewProduct = { sku: `NPM-${stamp}`, name: "Cup", price: "12.50", cost: "4.00", categoryId, tags: ["new"] };
const made = await staff.POST("/v1/products", { body });
const product: Product = present(made.data).data;
assert.equal(product.price, "12.50");
assert.equal(product.stock, 0);
assert.match(present(made.response.headers.get("ETag")), /^"1(-.+)?"$/);

const listed = await anyone.GET("/v1/products", {
  params: {
    query: {
      "sku[in]": [product.sku, "OTHER"], "price[gte]": "10", sort: ["-price", "name"], perPage: 5,
      fields: ["id", "name", "price"], include: ["category"],
    },
  },
});
const page = present(listed.data);
assert.equal(page.data.length, 1);
assert.equal(page.data[0]?.name, "Cup");
assert.equal(page.data[0]?.category?.id, categoryId);
assert.equal(page.meta.total, 1);

const byCursor = await anyone.GET("/v1/products", { params: { query: { after: "", perPage: 1, "stock[isNull]": false } } });
assert.ok(present(byCursor.data).meta.next !== undefined);
const filtered = await anyone.GET("/v1/products", { params: { query: { filter: `sku == "${product.sku}" && price > 1` } } });
assert.equal(present(filtered.data).data[0]?.id, product.id);

const path = { id: product.id };
const read = await anyone.GET("/v1/products/{id}", { params: { path } });
assert.equal(present(read.data).data.cost, undefined); // for staff alone
const tag = present(read.response.headers.get("ETag"));
const fresh = await anyone.GET("/v1/products/{id}", { params: { path, header: { "If-None-Match": tag } }, parseAs: "text" });
assert.equal(fresh.response.status, 304);

const changed = await staff.PATCH("/v1/products/{id}", {
  params: { path, header: { "If-Match": tag } },
  body: { price: "13.00", description: null },
});
assert.equal(present(changed.data).data?.version, product.version + 1);
const late = await staff.PATCH("/v1/products/{id}", { params: { path, header: { "If-Match": tag } }, body: { stock: 3 } });
assert.equal(late.error?.error.code, "PRECONDITION_FAILED");
const replaced = await staff.PUT("/v1/products/{id}", {
  params: { path },
  body: { name: "Mug", price: "9.00", categoryId, stock: 2 },
});
assert.equal(present(replaced.data).data?.name, "Mug");

const wrong = await staff.PATCH("/v1/products/{id}", { params: { path }, body: { cost: "99.00" } });
assert.equal(wrong.error?.error.code, "VALIDATION_ERROR");
assert.equal(wrong.error?.error.details?.[0]?.code, "CHECK");
const taken = await staff.POST("/v1/products", { body });
assert.equal(taken.error?.error.code, "CONFLICT");
const refused = await staff.DELETE("/v1/products/{id}", { params: { path }, headers: { Authorization: "Bearer x" } });
assert.equal(refused.error?.error.code, "INVALID_CREDENTIALS");

const deleted = await staff.DELETE("/v1/products/{id}", { params: { path } });
assert.equal(deleted.response.status, 204);
const gone = await anyone.GET("/v1/products/{id}", { params: { path } });
assert.equal(gone.error?.error.code, "NOT_FOUND");
const bin = await staff.GET("/v1/products", { params: { query: { deleted: "only", sku: product.sku } } });
assert.equal(present(bin.data).data.length, 1);
const restored = await staff.POST("/v1/products/{id}/restore", { params: { path } });
assert.equal(present(restored.data).data?.deletedAt, null);

const health = await anyone.GET("/health/ready");
assert.equal(present(health.data).status, "ok");
console.log(`${statuses.length} answers as documented`);
