// What a team would write for the same two calls: Fastify, jose and PostgreSQL, one process a core.
// The same checks in the same order, and the same rows in one transaction for each change.
import cluster from 'node:cluster'
import { randomUUID } from 'node:crypto'
import Fastify from 'fastify'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import pg from 'pg'

const settings = JSON.parse(process.env.BENCH_SETTINGS)
const ENTITLEMENT = '/crm-gateway/v2/rmg/v1/entitlements/:id'

const words = [
  'ACTIVE', 'SUBSCRIBED', 'SUSPENDED', 'ACTIVE-ENDING', 'CANCELLED', 'UNSUBSCRIBED', 'REVOKED'
]
const next = {
  PENDING: ['ACTIVE', 'SUBSCRIBED', 'CANCELLED', 'UNSUBSCRIBED', 'REVOKED'],
  ACTIVE: ['SUSPENDED', 'ACTIVE-ENDING', 'CANCELLED', 'UNSUBSCRIBED', 'REVOKED'],
  SUBSCRIBED: ['SUSPENDED', 'ACTIVE-ENDING', 'CANCELLED', 'UNSUBSCRIBED', 'REVOKED'],
  SUSPENDED: ['ACTIVE', 'SUBSCRIBED', 'CANCELLED', 'UNSUBSCRIBED', 'REVOKED'],
  'ACTIVE-ENDING': ['ACTIVE', 'SUBSCRIBED', 'CANCELLED', 'UNSUBSCRIBED', 'REVOKED']
}
const actions = { SUSPENDED: 'suspend', ACTIVE: 'resume', SUBSCRIBED: 'resume', REVOKED: 'revoke' }

const find = {
  name: 'find',
  text: 'SELECT * FROM entitlement WHERE tenant_id = $1 AND entitlement_id = $2'
}
const findForChange = {
  name: 'find-for-change',
  text: `SELECT status, partner_status, version, account_id, product_id FROM entitlement
    WHERE tenant_id = $1 AND entitlement_id = $2 FOR UPDATE`
}
const change = `
  changed AS (UPDATE entitlement SET status = $3, intent = $4, version = version + 1,
    request = version + 1, modified_at = now(), attempts = 0,
    sync_due_at = CASE WHEN $4 THEN now() END, unsettled_since = CASE WHEN $4 THEN now() END,
    asker_subject = $5, asker_client = $6, asker_correlation = $7,
    last_call = last_call + $9, fence = fence + $9,
    lease_until = CASE WHEN $9 > 0 THEN now() + interval '25 s' END
    WHERE tenant_id = $1 AND entitlement_id = $2 RETURNING *),
  told AS (INSERT INTO event (tenant_id, entitlement_id, version, kind, status_from, status_to,
    partner_from, partner_to, initiator, asker_subject, asker_client, asker_correlation)
    SELECT tenant_id, entitlement_id, version, 'requested', $8, status, partner_status,
    partner_status, 'operator', asker_subject, asker_client, asker_correlation FROM changed)`
const changeRow = { name: 'change', text: `WITH ${change} SELECT version FROM changed` }
const changeAndCall = {
  name: 'change-and-call',
  text: `WITH ${change}, called AS (INSERT INTO call (tenant_id, entitlement_id, number, action,
    phase, request_id, deadline) SELECT tenant_id, entitlement_id, last_call, $10, 'under_way', $11,
    now() + interval '10 s' FROM changed) SELECT version FROM changed`
}

class Refusal extends Error {
  constructor (code, errorCode, message) {
    super(message)
    Object.assign(this, { code, errorCode })
  }
}

async function discover () {
  const answer = await fetch(settings.issuer + '/.well-known/openid-configuration')
  return new URL((await answer.json()).jwks_uri)
}

async function authenticate (request, keys) {
  const [scheme, token] = (request.headers.authorization ?? '').split(' ')
  if (scheme !== 'Bearer' || !token) throw new Refusal(401, 40101, 'no token')
  const options = { issuer: settings.issuer, algorithms: ['RS256'], clockTolerance: 5 }
  let claims
  try {
    claims = (await jwtVerify(token, keys, { ...options, requiredClaims: ['exp', 'sub'] })).payload
  } catch (error) {
    throw new Refusal(401, 40102, error.message)
  }
  if (!claims.realm_access?.roles?.includes('operatorRole')) {
    throw new Refusal(403, 40301, 'the role is missing')
  }
  const tenant = request.headers['nv-tenant-id'] ?? 'demo'
  if (!claims.tenants?.includes(tenant)) throw new Refusal(403, 40302, 'not your tenant')
  return { tenant, subject: claims.sub, client: claims.azp }
}

function decide (row, body) {
  if (!row) throw new Refusal(404, 40401, 'no such entitlement')
  if (body.accountId && body.accountId !== row.account_id) {
    throw new Refusal(400, 40031, 'another account')
  }
  if (body.productId && body.productId !== row.product_id) {
    throw new Refusal(400, 40030, 'another product')
  }
  if (row.status === body.status) return false
  if (!next[row.status]?.includes(body.status)) throw new Refusal(400, 40020, 'not from there')
  return true
}

async function update (pool, request, principal) {
  const key = [principal.tenant, request.params.id]
  const { status } = request.body
  const client = await pool.connect()
  try {
    await client.query('BEGIN')
    const row = (await client.query({ ...findForChange, values: key })).rows[0]
    if (!decide(row, request.body)) {
      await client.query('ROLLBACK')
      return { modified: 0, version: row.version }
    }
    const calls = settings.calls ? 1 : 0
    const values = [...key, status, settings.calls || status !== row.partner_status,
      principal.subject, principal.client, request.correlation, row.status, calls]
    if (calls) values.push(actions[status] ?? 'cancel', randomUUID())
    const statement = calls ? changeAndCall : changeRow
    const changed = (await client.query({ ...statement, values })).rows[0]
    await client.query('COMMIT')
    return { modified: 1, version: changed.version }
  } catch (error) {
    await client.query('ROLLBACK')
    throw error
  } finally {
    client.release()
  }
}

function record (row) {
  const settled = !row.intent
  return {
    _id: row.entitlement_id,
    entitlementId: row.entitlement_id,
    status: row.status,
    partnerStatus: row.partner_status,
    productId: row.product_id,
    accountId: row.account_id,
    productType: 'THIRDPARTY',
    version: Number(row.version),
    partnerEntitlementId: row.partner_entitlement_id,
    created: row.created_at,
    modified: row.modified_at,
    propagation: { state: settled ? 'confirmed' : 'pending', attempts: row.attempts }
  }
}

const bodySchema = {
  type: 'object',
  required: ['status'],
  properties: {
    status: { type: 'string', enum: words },
    accountId: { type: 'string', maxLength: 256 },
    productId: { type: 'string', maxLength: 256 },
    productType: { type: 'string', enum: ['THIRDPARTY'] },
    reasonCode: { type: 'string' },
    reasonCategory: { type: 'string' }
  }
}
const paramsSchema = {
  type: 'object',
  properties: { id: { type: 'string', pattern: '^[A-Za-z0-9._~-]{1,256}$' } }
}

async function serve () {
  const keys = createRemoteJWKSet(await discover())
  const pool = new pg.Pool({ ...settings.database, max: settings.pool, min: settings.pool })
  const app = Fastify({ bodyLimit: 262144 })
  app.decorateRequest('correlation', '')
  app.decorateRequest('principal', null)
  app.addHook('onRequest', async (request, reply) => {
    request.correlation = request.headers['x-correlation-id'] ?? randomUUID()
    reply.header('x-correlation-id', request.correlation)
    request.principal = await authenticate(request, keys)
  })
  app.setErrorHandler((error, request, reply) => {
    const code = error.code >= 400 ? error.code : error.statusCode ?? 500
    const { message, errorCode } = error
    reply.code(code).send({ code, errorCode, message, requestId: randomUUID() })
  })
  app.put(ENTITLEMENT, { schema: { body: bodySchema, params: paramsSchema } },
    async (request, reply) => {
      const done = await update(pool, request, request.principal)
      reply.header('etag', `"${done.version}"`).header('usher-propagation', 'pending')
      return { matchedCount: 1, modifiedCount: done.modified }
    })
  app.get(ENTITLEMENT, { schema: { params: paramsSchema } }, async (request, reply) => {
    const values = [request.principal.tenant, request.params.id]
    const row = (await pool.query({ ...find, values })).rows[0]
    if (!row) throw new Refusal(404, 40401, 'no such entitlement')
    reply.header('etag', `"${row.version}"`)
    return record(row)
  })
  await app.listen({ host: '127.0.0.1', port: settings.port, backlog: 1024 })
  process.send('ready')
}

if (cluster.isPrimary) {
  let ready = 0
  let ending = false
  for (let i = 0; i < settings.processes; i++) {
    cluster.fork().on('message', () => {
      if (++ready === settings.processes) console.log('ready')
    })
  }
  cluster.on('exit', () => {
    if (!ending) process.exit(1)
    if (Object.keys(cluster.workers).length === 0) process.exit(0)
  })
  process.on('SIGTERM', () => {
    ending = true
    for (const worker of Object.values(cluster.workers)) worker.process.kill('SIGTERM')
  })
} else {
  await serve()
}
