// SPDX-License-Identifier: Apache-2.0
// The store's rows as objects: prepared statements, ids as 16 bytes, times as microseconds, prices as cents.
import { randomFillSync } from 'node:crypto'
import Database from 'better-sqlite3'

const ITEM = `i.id, i.version, i.created_at, i.updated_at, i.name, i.price, i.stock, i.status, i.published,
  i.released_at, i.maker_id, i.owner_id`

const toBytes = (id) => Buffer.from(id.replaceAll('-', ''), 'hex')
const toId = (bytes) => {
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
const toTime = (micros) => {
  const text = new Date(Math.floor(micros / 1000)).toISOString()
  return `${text.slice(0, 23)}${String(micros % 1000).padStart(3, '0')}Z`
}
const toMicros = (text) => Date.parse(text) * 1000
const toPrice = (cents) => `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`
const toCents = (price) => {
  const [whole, rest = ''] = price.split('.')
  return Number(whole) * 100 + Number(rest.padEnd(2, '0'))
}
const newId = () => {
  const bytes = randomFillSync(Buffer.allocUnsafe(16))
  bytes.writeUIntBE(Date.now(), 0, 6)
  bytes[6] = bytes[6] & 0x0f | 0x70
  bytes[8] = bytes[8] & 0x3f | 0x80
  return bytes
}

// Rows come as arrays (raw), which saves an object each.
const itemOf = (row) => ({
  id: toId(row[0]), version: row[1], createdAt: toTime(row[2]), updatedAt: toTime(row[3]), name: row[4],
  price: toPrice(row[5]), stock: row[6], status: row[7], published: row[8] === 1, releasedAt: toTime(row[9]),
  makerId: toId(row[10]), ownerId: toId(row[11])
})
const includedOf = (row) => ({
  ...itemOf(row),
  maker: {
    id: toId(row[12]), version: row[13], createdAt: toTime(row[14]), updatedAt: toTime(row[15]), name: row[16],
    countryId: toId(row[17]),
    country: { id: toId(row[18]), version: row[19], createdAt: toTime(row[20]), updatedAt: toTime(row[21]),
      code: row[22], name: row[23] }
  }
})

export function openStore (path) {
  const db = new Database(path)
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = FULL')
  db.pragma('cache_size = -16384')

  const get = db.prepare(`SELECT ${ITEM} FROM items i WHERE i.id = ? AND (i.published OR i.owner_id = ?)`).raw()
  const ofMaker = db.prepare(`SELECT ${ITEM} FROM items i WHERE i.maker_id = ? AND (i.published OR i.owner_id = ?)
    ORDER BY i.price, i.id LIMIT 20`).raw()
  const since = db.prepare(`SELECT ${ITEM}, m.id, m.version, m.created_at, m.updated_at, m.name, m.country_id,
      c.id, c.version, c.created_at, c.updated_at, c.code, c.name
    FROM (SELECT * FROM items WHERE status = ? AND released_at >= ? AND (published OR owner_id = ?)
      ORDER BY released_at, id LIMIT 20) i
    JOIN makers m ON m.id = i.maker_id JOIN countries c ON c.id = m.country_id ORDER BY i.released_at, i.id`).raw()
  const maker = db.prepare('SELECT 1 FROM makers WHERE id = ?').raw()
  const insert = db.prepare(`INSERT INTO entries (id, version, created_at, updated_at, name, price, stock, status,
    published, released_at, maker_id, owner_id) VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  const audit = db.prepare(`INSERT INTO audit_entries (id, version, created_at, updated_at, resource, row_id, action,
    row_version, after, caller_id, caller_kind, request_id)
    VALUES (?, 1, ?, ?, 'Entry', ?, 'create', 1, ?, ?, 'user', ?)`)
  const create = db.transaction((body, caller, requestId) => {
    const makerId = toBytes(body.makerId)
    if (maker.get(makerId) === undefined) return null
    const now = Date.now() * 1000
    const id = newId()
    const cents = toCents(body.price)
    const released = toMicros(body.releasedAt)
    insert.run(id, now, now, body.name, cents, body.stock, body.status, body.published ? 1 : 0, released, makerId,
      toBytes(caller))
    const at = toTime(now)
    const entry = {
      id: toId(id), version: 1, createdAt: at, updatedAt: at, name: body.name, price: toPrice(cents),
      stock: body.stock, status: body.status, published: body.published, releasedAt: toTime(released),
      makerId: body.makerId, ownerId: caller
    }
    audit.run(newId(), now, now, entry.id, JSON.stringify(entry), caller, requestId)
    return entry
  })

  return {
    getItem: (id, caller) => {
      const row = get.get(toBytes(id), toBytes(caller))
      return row === undefined ? undefined : itemOf(row)
    },
    listOfMaker: (id, caller) => ofMaker.all(toBytes(id), toBytes(caller)).map(itemOf),
    listSince: (status, from, caller) => since.all(status, toMicros(from), toBytes(caller)).map(includedOf),
    createEntry: (body, caller, requestId) => create.immediate(body, caller, requestId)
  }
}
