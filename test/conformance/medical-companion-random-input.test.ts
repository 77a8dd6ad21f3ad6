/** Whatever is sent, the medical companion answers in its own shape, never with a fault of ours, and writes only orders. */
import { env } from 'cloudflare:workers';
import * as fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { type CompanionCustomer, EXAMPLE_ORDER, OPEN_ID, orderFor } from '../harness/companion.ts';
import { openShop, type Received, type Shop } from '../harness/shop.ts';
import { newCustomer } from './medical-companion-people.ts';

const RUNS = { numRuns: 250 };

let shop: Shop;
let customer: CompanionCustomer;
let orderId: number;
let paidOrderId: number;
beforeAll(async () => {
  shop = await openShop({ limits: 'off' });
  customer = await newCustomer(shop);
  ({ orderId } = await customer.newOrder());
  ({ orderId: paidOrderId } = await customer.newPaidOrder());
});

const refused = z
  .strictObject({ code: z.int(), message: z.string().min(1), errorMsg: z.string().min(1), data: z.null() })
  .refine(({ message, errorMsg }) => message === errorMsg);
const accepted = z.strictObject({ code: z.literal(0), data: z.looseObject({}) });

/** What is wrong with an answer that the contract does not know; nothing, for an envelope of less than 500. */
function faultsOf({ status, json, text, headers }: Received): string[] {
  const isRefused = refused.safeParse(json);
  const isEnvelope =
    status < 400 ? accepted.safeParse(json).success : isRefused.success && isRefused.data.code === status;
  return [
    status >= 500 ? `status ${status}` : '',
    headers.get('content-type') === 'application/json' ? '' : 'not JSON',
    /\bat .+:\d+:\d+|SQLITE|D1_ERROR|ZodError|Unrecognized|Invalid input/.test(text) ? `it tells of us: ${text}` : '',
    isEnvelope ? '' : `not the envelope: ${text}`,
  ].filter((fault) => fault !== '');
}

async function orderCount(): Promise<number> {
  const row = await env.DB.prepare('SELECT count(*) AS n FROM orders').first<{ n: number }>();
  return row?.n ?? -1;
}

const contentType = fc.constantFrom('application/json', 'application/x-www-form-urlencoded', 'text/plain');
const text = fc.string({ unit: 'binary', maxLength: 200 });
const number = fc.oneof(fc.integer(), fc.double(), fc.constantFrom(0, 1, 2, 0.01, 0.07, 299, 299.01, 2 ** 53));

/** Values that are nearly right come up more often than they would among all values. */
const value = fc.oneof(
  number,
  number.map(String),
  text,
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(undefined, '2024-02-29', '2024-02-30', 'alipay', 'wechat_pay', OPEN_ID),
);
const field = fc.constantFrom(
  ...Object.keys(EXAMPLE_ORDER),
  'paymentMethod',
  'openId',
  'reason',
  'refundAmount',
  'amount',
  '__proto__',
);
const START = [
  () => orderFor(customer),
  () => ({ paymentMethod: 'wechat_pay', openId: OPEN_ID }),
  () => ({ reason: 'x', refundAmount: 0.01 }),
  () => ({ reason: 'x' }),
];
const nearlyRight = fc
  .tuple(fc.array(fc.tuple(field, value), { maxLength: 3 }), fc.constantFrom(...START))
  // As own properties, `__proto__` too.
  .map(([changes, start]) => JSON.stringify(Object.fromEntries([...Object.entries(start()), ...changes])));

const body = fc.oneof(
  nearlyRight,
  fc.jsonValue({ maxDepth: 5 }).map((json) => JSON.stringify(json)),
  nearlyRight.chain((json) => fc.nat(json.length).map((cut) => json.slice(0, cut) + json.slice(cut + 1))),
  text,
  fc.uint8Array({ maxLength: 200 }),
  fc.webQueryParameters(),
);
const PATHS = [
  () => '/submit',
  () => `/pay/${orderId}`,
  () => `/cancel/${orderId}`,
  () => `/refund/${paidOrderId}`,
  () => `/refund/${orderId}`,
  () => '/pay/x',
];

test('any body', async () => {
  const before = await orderCount();
  let placed = 0;
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...PATHS), body, contentType, async (path, sent, type) => {
      const received = await customer.send(path(), { method: 'POST', body: sent, headers: { 'content-type': type } });
      expect(faultsOf(received)).toEqual([]);
      if (received.status === 200 && path() === '/submit') placed++;
    }),
    RUNS,
  );
  expect(await orderCount()).toBe(before + placed);
});

const HEADERS = [
  'accept',
  'authorization',
  'cf-connecting-ip',
  'content-type',
  'cookie',
  'idempotency-key',
  'origin',
  'x-d1-bookmark',
  'x-forwarded-for',
  'x-http-method-override',
  'x-request-id',
];
const headers = fc.dictionary(fc.constantFrom(...HEADERS), fc.string({ unit: 'grapheme-ascii', maxLength: 100 }), {
  maxKeys: 4,
});

test('any headers', async () => {
  const call = fc.constantFrom(
    () => ({ to: `/list?userId=${customer.userId}` }),
    () => ({ to: `/detail/${orderId}` }),
    () => ({ to: '/submit', sent: { body: orderFor(customer) } }),
    () => ({ to: '/pay/0', sent: { body: { paymentMethod: 'alipay' } } }),
  );
  await fc.assert(
    fc.asyncProperty(call, headers, async (ask, more) => {
      const { to, sent = {} }: { to: string; sent?: object } = ask();
      expect(faultsOf(await customer.send(to, { ...sent, headers: more }))).toEqual([]);
    }),
    RUNS,
  );
});

test('any path below the base, and any query', async () => {
  const part = fc.oneof(
    text.map(encodeURIComponentOfAny),
    fc.webSegment(),
    fc.constantFrom('list', 'detail', 'pay', 'cancel', '1', '%', '..'),
  );
  const query = fc.oneof(
    fc.webQueryParameters(),
    fc
      .array(fc.tuple(fc.constantFrom('userId', 'status', 'page', 'pageSize'), value), { maxLength: 5 })
      .map((pairs) => pairs.map(([name, one]) => `${name}=${encodeURIComponentOfAny(one)}`).join('&')),
  );
  const method = fc.constantFrom('GET', 'DELETE', 'POST', 'PUT');
  await fc.assert(
    fc.asyncProperty(method, fc.array(part, { maxLength: 4 }), query, async (verb, parts, asked) => {
      const to = `/${parts.join('/')}`;
      // Dots that lead out of the base lead out of the dialect.
      fc.pre(new URL(`/api/order${to}`, 'https://orders.example').pathname.startsWith('/api/order'));
      expect(faultsOf(await customer.send(`${to}?${asked}`, { method: verb }))).toEqual([]);
    }),
    RUNS,
  );
});

test('any query of the list is a page, or names what is wrong with it', async () => {
  const parameter = fc.tuple(
    fc.constantFrom('status', 'page', 'pageSize', 'x'),
    fc.oneof(value, fc.constantFrom('paid', 'pending_pay', '1', '50', '51')),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(parameter, { maxLength: 5 }), async (pairs) => {
      const more = pairs.map(([name, one]) => `&${name}=${encodeURIComponentOfAny(one)}`).join('');
      const received = await customer.list(more);
      expect([received.status, ...faultsOf(received)]).toEqual([200]);
    }),
    RUNS,
  );
});

/** Lone surrogates have no encoding; a replacement has. */
function encodeURIComponentOfAny(what: unknown): string {
  const written = typeof what === 'string' ? what : JSON.stringify(what ?? null);
  return encodeURIComponent(written.toWellFormed());
}
