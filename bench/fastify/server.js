// SPDX-License-Identifier: Apache-2.0
// node server.js STORE LOG: the works of bench.yaml on Fastify and better-sqlite3, at a free port that it prints.
import { createPublicKey, randomBytes, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createVerifier } from 'fast-jwt'
import Fastify from 'fastify'
import pino from 'pino'
import { openStore } from './store.js'

const [storePath, logPath] = process.argv.slice(2)
const store = openStore(storePath)
const kept = readFileSync(`${storePath}.key`, 'utf8')
const pem = kept.startsWith('{') ? JSON.parse(kept).keys[0].pem : kept
const key = createPublicKey(pem).export({ type: 'spki', format: 'pem' })
const verify = createVerifier({ key, algorithms: ['ES256'], allowedIss: 'bench', allowedAud: 'bench', cache: 1000 })

const uuid = { type: 'string', pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' }
const text = { type: 'string' }
const columns = {
  id: text, version: { type: 'integer' }, createdAt: text, updatedAt: text, name: text, price: text,
  stock: { type: 'integer' }, status: text, published: { type: 'boolean' }, releasedAt: text, makerId: text,
  ownerId: text
}
const country = { type: 'object', properties: { id: text, version: { type: 'integer' }, createdAt: text,
  updatedAt: text, code: text, name: text } }
const maker = { type: 'object', properties: { id: text, version: { type: 'integer' }, createdAt: text, updatedAt: text,
  name: text, countryId: text, country } }
const meta = { type: 'object', properties: { timestamp: text, requestId: text } }
const pageMeta = { type: 'object', properties: { ...meta.properties, page: { type: 'integer' },
  perPage: { type: 'integer' } } }
const row = { type: 'object', properties: { data: { type: 'object', properties: columns }, meta } }
const list = { type: 'object', properties: { data: { type: 'array', items: { type: 'object',
  properties: { ...columns, maker } } }, meta: pageMeta } }
const newEntry = {
  type: 'object', additionalProperties: false, required: ['name', 'price', 'releasedAt', 'makerId'],
  properties: {
    name: { type: 'string', minLength: 1, maxLength: 120 },
    price: { type: 'string', pattern: '^[0-9]{1,10}(\\.[0-9]{1,2})?$' },
    stock: { type: 'integer', minimum: 0, default: 0 },
    status: { enum: ['draft', 'active', 'retired'], default: 'draft' },
    published: { type: 'boolean', default: false },
    releasedAt: { type: 'string', format: 'date-time' },
    makerId: uuid
  }
}
const listQuery = {
  type: 'object', additionalProperties: false,
  properties: { makerId: uuid, status: { enum: ['draft', 'active', 'retired'] },
    'releasedAt[gte]': { type: 'string', format: 'date-time' }, sort: { enum: ['price', 'releasedAt'] },
    total: { const: 'false' }, include: { const: 'maker.country' } }
}

const app = Fastify({
  logger: false,
  genReqId: () => randomUUID(),
  disableRequestLogging: true,
  ajv: { customOptions: { coerceTypes: false, removeAdditional: false } }
})
const log = pino(pino.destination({ dest: logPath, sync: false, minLength: 4096 }))

app.decorateRequest('caller', null)
app.decorateRequest('begun', 0)

app.addHook('onRequest', (request, reply, done) => {
  request.begun = performance.now()
  reply.header('x-request-id', request.id)
  const header = request.headers.authorization
  if (!header?.startsWith('Bearer ')) return done()
  try {
    request.caller = verify(header.slice(7))
  } catch {
    return reply.code(401).send({ error: { code: 'INVALID_CREDENTIALS' } })
  }
  done()
})
app.addHook('onResponse', (request, reply, done) => {
  log.info({
    event: 'request', requestId: request.id, trace_id: randomBytes(16).toString('hex'), method: request.method,
    route: request.routeOptions.url, status: reply.statusCode, callerId: request.caller?.sub,
    durationUs: Math.round((performance.now() - request.begun) * 1000), bytes: Number(reply.getHeader('content-length'))
  })
  done()
})
const members = (request, reply, done) => {
  if (request.caller === null) return reply.code(401).send({ error: { code: 'UNAUTHENTICATED' } })
  if (!request.caller.roles?.includes('member')) return reply.code(403).send({ error: { code: 'FORBIDDEN' } })
  done()
}
const metaOf = (request) => ({ timestamp: new Date().toISOString().replace('Z', '000Z'), requestId: request.id })

app.get('/v1/items/:id', { preHandler: members,
  schema: { params: { type: 'object', properties: { id: uuid } }, response: { 200: row } } }, (request, reply) => {
  const item = store.getItem(request.params.id, request.caller.sub)
  if (item === undefined) return reply.code(404).send({ error: { code: 'NOT_FOUND' } })
  const tag = `"${item.version}"`
  reply.header('etag', tag)
  if (request.headers['if-none-match'] === tag) return reply.code(304).send()
  reply.send({ data: item, meta: metaOf(request) })
})

app.get('/v1/items', { preHandler: members,
  schema: { querystring: listQuery, response: { 200: list } } }, (request, reply) => {
  const { makerId, status, 'releasedAt[gte]': since } = request.query
  const data = makerId ? store.listOfMaker(makerId, request.caller.sub)
    : store.listSince(status, since, request.caller.sub)
  reply.send({ data, meta: { ...metaOf(request), page: 1, perPage: 20 } })
})

app.post('/v1/entries', { preHandler: members,
  schema: { body: newEntry, response: { 201: row } } }, (request, reply) => {
  const entry = store.createEntry(request.body, request.caller.sub, request.id)
  if (entry === null) return reply.code(422).send({ error: { code: 'VALIDATION_ERROR' } })
  reply.code(201).header('location', `/v1/entries/${entry.id}`).header('etag', '"1"')
  reply.send({ data: entry, meta: metaOf(request) })
})

process.on('SIGTERM', () => app.close().then(() => process.exit(0)))
await app.listen({ host: '127.0.0.1', port: 0 })
console.log(app.server.address().port)
