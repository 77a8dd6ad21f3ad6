/** Whatever is sent, the print shop answers in its own shape, never with a fault of ours, and writes only orders. */
import { env } from 'cloudflare:workers';
import * as fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import {
  DISPATCHING,
  EXAMPLE_FILE,
  EXAMPLE_ORDER,
  LONG_FILE,
  newPrintCustomer,
  type PrintCustomer,
} from '../harness/print.ts';
import { openShop, type Received, type Shop } from '../harness/shop.ts';

const RUNS = { numRuns: 250 };

let shop: Shop;
let customer: PrintCustomer;
let orderID: string;
let paidID: string;
beforeAll(async () => {
  shop = await openShop({ limits: 'off' });
  customer = newPrintCustomer(shop);
  orderID = await customer.newOrder();
  paidID = await customer.newPaidOrder();
});

const refused = z.strictObject({ result: z.literal('ERROR'), message: z.string().min(1) });
const accepted = z.strictObject({ result: z.literal('OK'), info: z.unknown().optional() });

/** Beside 200, what the contract says in so many words. */
const OTHER_STATUSES = [401, 403, 404, 409, 413, 422, 429];

/** What is wrong with an answer that the contract does not know. */
function faultsOf({ status, json, text, headers }: Received): string[] {
  const isRefused = refused.safeParse(json).success;
  const isEnvelope = status === 200 ? isRefused || accepted.safeParse(json).success : isRefused;
  return [
    status === 200 || OTHER_STATUSES.includes(status) ? '' : `status ${status}`,
    headers.get('content-type') === 'application/json' ? '' : 'not JSON',
    /\bat .+:\d+:\d+|SQLITE|D1_ERROR|ZodError|Unrecognized|Invalid input|Too (?:big|small)/.test(text)
      ? `it tells of us: ${text}`
      : '',
    isEnvelope ? '' : `not the envelope: ${text}`,
  ].filter((fault) => fault !== '');
}

async function orderCount(): Promise<number> {
  const row = await env.DB.prepare('SELECT count(*) AS n FROM orders').first<{ n: number }>();
  return row?.n ?? -1;
}

const contentType = fc.constantFrom('application/json', 'application/x-www-form-urlencoded', 'text/plain');
const text = fc.string({ unit: 'binary', maxLength: 200 });
const number = fc.oneof(fc.integer(), fc.double(), fc.constantFrom(0, 1, 2, 10, 25, 50, 250, 2 ** 53));

/** Values that are nearly right come up more often than they would among all values. */
const value = fc.oneof(
  number,
  number.map(String),
  text,
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom<unknown>(undefined, [EXAMPLE_FILE], [LONG_FILE, EXAMPLE_FILE], DISPATCHING, {}, '0026', 'A4', 'mono'),
);
const fileWith = fc
  .array(fc.tuple(fc.constantFrom(...Object.keys(EXAMPLE_FILE), 'x', '__proto__'), value), { maxLength: 2 })
  .map((changes) => Object.fromEntries([...Object.entries(EXAMPLE_FILE), ...changes]));
const field = fc.constantFrom(...Object.keys(EXAMPLE_ORDER), 'orderID', 'reason', 'amount', '__proto__');
const START = [() => ({ ...EXAMPLE_ORDER }), () => ({ orderID }), () => ({ orderID: paidID, reason: 'x' })];
const nearlyRight = fc.oneof(
  fc
    .tuple(fc.array(fc.tuple(field, value), { maxLength: 3 }), fc.constantFrom(...START))
    // As own properties, `__proto__` too.
    .map(([changes, start]) => JSON.stringify(Object.fromEntries([...Object.entries(start()), ...changes]))),
  fc
    .tuple(fc.array(fileWith, { maxLength: 4 }), number)
    .map(([files, money]) => JSON.stringify({ ...EXAMPLE_ORDER, files, money })),
);

const body = fc.oneof(
  nearlyRight,
  fc.jsonValue({ maxDepth: 5 }).map((json) => JSON.stringify(json)),
  nearlyRight.chain((json) => fc.nat(json.length).map((cut) => json.slice(0, cut) + json.slice(cut + 1))),
  text,
  fc.uint8Array({ maxLength: 200 }),
  fc.webQueryParameters(),
);

test('any body', async () => {
  const before = await orderCount();
  let placed = 0;
  const call = fc.constantFrom(
    ['POST', '/order/verify'] as const,
    ['PUT', '/order/cancel'] as const,
    ['POST', '/order/refund'] as const,
  );
  await fc.assert(
    fc.asyncProperty(call, body, contentType, async ([method, path], sent, type) => {
      const received = await customer.send(path, { method, body: sent, headers: { 'content-type': type } });
      expect(faultsOf(received)).toEqual([]);
      if (received.text.startsWith('{"result":"OK"') && path === '/order/verify') placed++;
    }),
    RUNS,
  );
  expect(await orderCount()).toBe(before + placed);
});

const HEADERS = [
  'accept',
  'authorization',
  'content-type',
  'cookie',
  'idempotency-key',
  'origin',
  'referer',
  'sec-fetch-site',
  'x-d1-bookmark',
  'x-forwarded-for',
  'x-http-method-override',
];
const headers = fc.dictionary(fc.constantFrom(...HEADERS), fc.string({ unit: 'grapheme-ascii', maxLength: 100 }), {
  maxKeys: 4,
});

test('any headers', async () => {
  const call = fc.constantFrom(
    () => ({ to: '/orders/info' }),
    () => ({ to: `/order/detail?orderID=${orderID}` }),
    () => ({ to: '/order/verify', sent: { body: EXAMPLE_ORDER } }),
    () => ({ to: '/pay/QRCode?uri=x' }),
  );
  await fc.assert(
    fc.asyncProperty(call, headers, async (ask, more) => {
      const { to, sent = {} }: { to: string; sent?: object } = ask();
      expect(faultsOf(await customer.send(to, { ...sent, headers: more }))).toEqual([]);
    }),
    RUNS,
  );
});

/** Lone surrogates have no encoding; a replacement has. */
function encoded(what: unknown): string {
  const written = typeof what === 'string' ? what : JSON.stringify(what ?? null);
  return encodeURIComponent(written.toWellFormed());
}

test('any path below the bases, and any query', async () => {
  const base = fc.constantFrom('/order', '/orders', '/pay');
  const part = fc.oneof(
    text.map(encoded),
    fc.webSegment(),
    fc.constantFrom('info', 'amount', 'detail', 'payment', 'trade', 'QRCode', '%', '..'),
  );
  const parameter = fc.tuple(
    fc.constantFrom('orderID', 'payway', 'limits', 'page', 'type', 'size', 'uri', 'x'),
    fc.oneof(value, fc.constantFrom('WXPAY', 'PAID', '1', '100', '101')),
  );
  const query = fc
    .array(parameter, { maxLength: 5 })
    .map((pairs) => pairs.map((pair) => pair.map(encoded).join('=')).join('&'));
  const method = fc.constantFrom('GET', 'GET', 'DELETE', 'POST', 'PUT');
  await fc.assert(
    fc.asyncProperty(method, base, fc.array(part, { maxLength: 3 }), query, async (verb, start, parts, asked) => {
      const to = [start, ...parts].join('/');
      // Dots that lead out of the base lead out of the dialect.
      fc.pre(/^\/API\/(?:orders?|pay)(?:\/|$)/.test(new URL(`/API${to}`, 'https://orders.example').pathname));
      expect(faultsOf(await customer.send(`${to}?${asked}`, { method: verb }))).toEqual([]);
    }),
    RUNS,
  );
});
