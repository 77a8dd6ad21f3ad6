/** Who gets into the operator API: on every call that it has, nobody but operators, and without a trace of the others. */
import { env } from 'cloudflare:workers';
import { SignJWT, UnsecuredJWT } from 'jose';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createAdmin } from '../../src/admin/index.ts';
import { dialects } from '../../src/dialects/index.ts';
import { openShop, type Received, type Sent, type Shop } from '../harness/shop.ts';
import { operatorOf } from './admin-operator.ts';
import { problemOf } from './admin-problem.ts';
import { allRows } from './admin-rows.ts';
import { customerOf } from './customer.ts';

/** Every call as the app itself has it: a new one is in here without anybody thinking of it. */
const calls = [
  ...new Set(
    createAdmin(dialects)
      .routes.routes.filter(({ method }) => method !== 'ALL')
      .map(({ method, path }) => `${method} ${path}`),
  ),
];

/** What each call needs in order to go well, so that nothing but the token can be what is refused. */
const BODIES: Readonly<Record<string, unknown>> = {
  'POST /orders/:orderNo/fulfilment': { to: 'in_progress' },
  'POST /orders/:orderNo/cancel': { reason: 'closed today' },
  'POST /orders/:orderNo/refunds': { amountFen: 1, reason: 'late' },
  'POST /refunds/:refundNo/reject': { reason: 'no' },
  'PUT /catalog/:kind/:id': { uuid: 'uuid-9', name: '小美', avatar: 'https://t.example/9.png' },
};

let shop: Shop;
let names: Record<string, string>;
beforeAll(async () => {
  shop = await openShop({ limits: 'off' });
  const customer = customerOf(shop);
  const { orderId, slip } = await customer.paidOrder();
  await customer.refund(orderId);
  names = {
    orderNo: orderId,
    refundNo: `${slip.payment_id}01`,
    outTradeNo: slip.payment_id,
    kind: 'technicians',
    id: '1',
  };
});

function send(call: string, sent: Sent): Promise<Received> {
  const [method = '', path = ''] = call.split(' ');
  const filled = path.replaceAll(/:(\w+)/g, (_, name: string) => names[name] ?? '');
  return shop.send(`/admin${filled}`, { method, body: BODIES[call], ...sent });
}

const key = new TextEncoder().encode(env.JWT_SECRET);
const signed = (claims: Record<string, unknown>, secret = key) =>
  new SignJWT({ sub: '9001', role: 'operator', exp: Math.floor(Date.now() / 1000) + 3600, ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(secret);

/** Everything that a token can be wrong in. */
const WRONG: readonly (readonly [string, () => Promise<string | null>])[] = [
  ['none', async () => null],
  ['malformed', async () => 'operator'],
  ['run out', () => shop.token('9001', { role: 'operator', expiresAtMs: Date.now() - 1000 })],
  ['unsigned', async () => new UnsecuredJWT({ role: 'operator' }).setSubject('9001').setExpirationTime('1h').encode()],
  ['of another key', () => signed({}, new Uint8Array(32).fill(7))],
  ['without an end', () => signed({ exp: undefined })],
  ['with a list of roles', () => signed({ role: ['operator'] })],
  ['with a role nobody has', () => signed({ role: 'Operator' })],
  ['with a number for its user', () => signed({ sub: 9001 })],
  ['of 8 KiB', () => signed({ padding: 'x'.repeat(8192) })],
];

test('the calls are those of the contract', () => {
  expect(calls.toSorted()).toEqual([
    'DELETE /catalog/:kind/:id',
    'GET /catalog/:kind',
    'GET /catalog/:kind/:id',
    'GET /notifications',
    'GET /orders',
    'GET /orders/:orderNo',
    'GET /refunds',
    'POST /notifications/:id/redeliver',
    'POST /orders/:orderNo/cancel',
    'POST /orders/:orderNo/fulfilment',
    'POST /orders/:orderNo/refunds',
    'POST /payments/:outTradeNo/query',
    'POST /refunds/:refundNo/approve',
    'POST /refunds/:refundNo/reject',
    'PUT /catalog/:kind/:id',
  ]);
});

describe.each(calls)('%s', (call) => {
  let before: unknown;
  beforeEach(async () => {
    before = await allRows();
  });

  test('401 without a valid token', async () => {
    for (const [what, make] of WRONG) {
      expect([what, ...problemOf(await send(call, { token: await make() }))]).toEqual([what, 401, 'unauthenticated']);
    }
    expect(await allRows()).toEqual(before);
  });

  test('403 for customers, the owner of the order among them', async () => {
    for (const token of [await shop.token('50373883813'), await shop.token('60000000001', { role: 'customer' })]) {
      expect(problemOf(await send(call, { token }))).toEqual([403, 'forbidden']);
    }
    expect(await allRows()).toEqual(before);
  });

  test('never 401, 403 or a failure of ours for an operator', async () => {
    const { status } = await send(call, { token: await signed({}) });
    expect([200, 202, 204, 409]).toContain(status);
  });
});

describe('what is no call', () => {
  test.each([
    ['GET', '/nothing'],
    ['GET', ''],
    ['GET', '/Orders'],
    ['GET', '/orders/1/2/3'],
    ['GET', '//orders'],
    ['GET', '/payments/2022112200000000000000'],
    ['PUT', '/orders'],
    ['DELETE', '/orders/2022112200000000000000'],
    ['POST', '/catalog/technicians'],
    ['GET', '/orders%2F2022112200000000000000'],
  ])('%s /admin%s is 404 for operators, 403 for customers, 401 for anybody', async (method, path) => {
    const before = await allRows();
    const token = await shop.token('50373883813');
    expect(problemOf(await operatorOf(shop).send(path, { method }))).toEqual([404, 'route_not_found']);
    expect(problemOf(await shop.send(`/admin${path}`, { method, token }))).toEqual([403, 'forbidden']);
    expect(problemOf(await shop.send(`/admin${path}`, { method, token: null }))).toEqual([401, 'unauthenticated']);
    expect(await allRows()).toEqual(before);
  });

  test('HEAD answers like GET without its body; a slash at the end changes nothing', async () => {
    const operator = operatorOf(shop);
    const head = await operator.send('/orders', { method: 'HEAD' });
    expect([head.status, head.text]).toEqual([200, '']);
    expect((await operator.get('/orders/')).text).toBe((await operator.get('/orders')).text);
  });
});

test('one operator too often is 429 with Retry-After, in the same shape', async () => {
  const limited = await openShop({ vars: { RATE_LIMITER: { limit: () => Promise.resolve({ success: false }) } } });
  const refused = await operatorOf(limited).get('/orders');
  expect([...problemOf(refused), refused.headers.get('retry-after')]).toEqual([429, 'rate_limited', '60']);
});

test('a configuration that is not whole is said in the same shape, by name and without values', async () => {
  const broken = await openShop({ vars: { PUBLIC_URL: 'nowhere' } });
  const refused = await operatorOf(broken).get('/orders');
  expect(problemOf(refused)).toEqual([503, 'misconfigured']);
  expect(refused.text).toContain('PUBLIC_URL');
  expect(refused.text).not.toContain('nowhere');
});
