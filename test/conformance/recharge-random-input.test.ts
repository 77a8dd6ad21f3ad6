/** Whatever is sent, recharge answers in its own shape, never with a fault of ours, and writes only orders. */
import { env } from 'cloudflare:workers';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { checkBooks } from '../harness/check-books.ts';
import { EXAMPLE_ORDER, newOrderAt, type RechargeCaller, rechargeOperator } from '../harness/recharge.ts';
import { openShop, type Received, type Shop } from '../harness/shop.ts';
import { newCustomer } from './recharge-people.ts';
import { type CallName, FIRST_FIELDS, type GoodRequest, goodRequests } from './recharge-requests.ts';

const RUNS = { numRuns: 250 };

let shop: Shop;
let customer: RechargeCaller;
let operator: RechargeCaller;
let good: Readonly<Record<CallName, GoodRequest>>;
let orderId: number;
beforeAll(async () => {
  shop = await openShop({ limits: 'off' });
  customer = await newCustomer(shop);
  operator = rechargeOperator(shop);
  good = await goodRequests(shop, customer);
  ({ id: orderId } = await newOrderAt(shop, customer, 'pending_payment'));
});
afterAll(async () => {
  const violations = await checkBooks(shop, 'any_time');
  if (violations.length > 0) throw new Error(violations.join('\n'));
});

const refused = z.strictObject({ code: z.int(), message: z.string().min(1), data: z.null() });
const accepted = z.strictObject({
  code: z.literal(0),
  message: z.literal('success'),
  data: z.looseObject({}).nullable(),
});

/** The statuses that each code may come with. */
const STATUSES: Readonly<Record<number, readonly number[]>> = {
  1001: [400],
  1002: [404],
  1003: [409],
  1004: [401, 403],
};

/** What is wrong with an answer that the contract does not know; nothing, for an envelope of less than 500. */
function faultsOf({ status, json, text, headers }: Received): string[] {
  const isRefused = refused.safeParse(json);
  const isEnvelope =
    status < 400
      ? accepted.safeParse(json).success
      : isRefused.success && (STATUSES[isRefused.data.code] ?? [isRefused.data.code]).includes(status);
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
const number = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.constantFrom(0, 1, 2, 0.01, 0.07, 100, 100.01, 123, 456, 2 ** 53),
);

/** Values that are nearly right come up more often than they would among all values. */
const value = fc.oneof(
  number,
  number.map(String),
  text,
  fc.jsonValue({ maxDepth: 3 }),
  fc.array(fc.record({ quantity: number, amount: number }), { maxLength: 4 }),
  fc.constantFrom(
    undefined,
    'alipay',
    'wechat',
    'qr',
    'success',
    'failed',
    'split',
    '2022-02-28T10:00:00Z',
    '2022-02-30T10:00:00Z',
  ),
);
const field = fc.constantFrom(
  ...Object.keys(EXAMPLE_ORDER),
  'status',
  'scene',
  'payment_id',
  'payment_time',
  'api_id',
  'api_order_number',
  'api_trade_num',
  'refund_amount',
  'refund_reason',
  'cancel_reason',
  'split_orders',
  'recharged_quantity',
  'remaining_quantity',
  '__proto__',
);

// The order of their keys is that of the file, which is the document's.
const NAMES = Object.entries(FIRST_FIELDS).map(([name]) => name);
const isCall = (name: string): name is CallName => Object.hasOwn(FIRST_FIELDS, name);
const calls = fc.constantFrom(...NAMES.filter(isCall));
const changes = fc.array(fc.tuple(field, value), { maxLength: 3 });

test('any body, on every call that takes one', async () => {
  const before = await orderCount();
  let written = 0;
  const spoil = fc.oneof(
    { weight: 4, arbitrary: fc.constant((json: string): string | Uint8Array => json) },
    fc.nat(300).map((cut) => (json: string) => json.slice(0, cut) + json.slice(cut + 1)),
    text.map((other) => () => other),
    fc.uint8Array({ maxLength: 200 }).map((other) => () => other),
    fc.webQueryParameters().map((other) => () => other),
  );
  const type = fc.oneof({ weight: 4, arbitrary: fc.constant('application/json') }, contentType);
  await fc.assert(
    fc.asyncProperty(calls, changes, spoil, type, async (call, changed, spoilt, sentAs) => {
      const { who, method, path, body } = good[call];
      // As own properties, `__proto__` too.
      const json = JSON.stringify(Object.fromEntries([...Object.entries(body), ...changed]));
      const received = await who.send(path, { method, body: spoilt(json), headers: { 'content-type': sentAs } });
      expect([call, ...faultsOf(received)]).toEqual([call]);
      const parts = z.object({ data: z.object({ split_order_ids: z.array(z.int()) }) }).safeParse(received.json);
      if (received.status === 200) written += call === 'create' ? 1 : (parts.data?.data.split_order_ids.length ?? 0);
    }),
    { numRuns: 800 },
  );
  expect(await orderCount()).toBe(before + written);
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
  const ask = fc.constantFrom(
    () => ({ to: '/list' }),
    () => ({ to: `/${orderId}` }),
    () => ({ to: '/create', sent: { body: good.create.body } }),
    () => ({ to: '/0/pay', sent: { method: 'POST' } }),
  );
  await fc.assert(
    fc.asyncProperty(ask, headers, async (call, more) => {
      const { to, sent = {} }: { to: string; sent?: object } = call();
      expect(faultsOf(await customer.send(to, { ...sent, headers: more }))).toEqual([]);
    }),
    RUNS,
  );
});

test('any path below the base, and any query', async () => {
  const part = fc.oneof(
    text.map(encoded),
    fc.webSegment(),
    fc.constantFrom('list', 'create', 'pay', 'status', 'split', 'refund', '1', '%', '..'),
  );
  const query = fc.oneof(
    fc.webQueryParameters(),
    fc
      .array(fc.tuple(fc.constantFrom('customer_id', 'status', 'page', 'start_time'), value), { maxLength: 5 })
      .map((pairs) => pairs.map(([name, one]) => `${name}=${encoded(one)}`).join('&')),
  );
  const method = fc.constantFrom('GET', 'DELETE', 'POST', 'PUT');
  const who = fc.constantFrom(
    () => customer,
    () => operator,
  );
  await fc.assert(
    fc.asyncProperty(who, method, fc.array(part, { maxLength: 4 }), query, async (caller, verb, parts, asked) => {
      const to = `/${parts.join('/')}`;
      // Dots that lead out of the base lead out of the dialect.
      fc.pre(new URL(`/api/v1/order${to}`, 'https://orders.example').pathname.startsWith('/api/v1/order'));
      expect(faultsOf(await caller().send(`${to}?${asked}`, { method: verb }))).toEqual([]);
    }),
    RUNS,
  );
});

test('any query of the list is a page, or names what is wrong with it', async () => {
  const parameter = fc.tuple(
    fc.constantFrom('customer_id', 'status', 'start_time', 'end_time', 'page', 'page_size', 'x'),
    fc.oneof(value, fc.constantFrom('success', '1', '100', '101', '2022-11-22T08:26:08Z', '2024-03-15T10:00:00+08:00')),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(parameter, { maxLength: 5 }), async (pairs) => {
      const query = pairs.map(([name, one]) => `${name}=${encoded(one)}`).join('&');
      const received = await operator.list(`?${query}`);
      expect(faultsOf(received)).toEqual([]);
      expect([200, 400]).toContain(received.status);
    }),
    RUNS,
  );
});

/** Lone surrogates have no encoding; a replacement has. */
function encoded(what: unknown): string {
  const written = typeof what === 'string' ? what : JSON.stringify(what ?? null);
  return encodeURIComponent(written.toWellFormed());
}
