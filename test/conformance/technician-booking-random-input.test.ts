/** Whatever is sent, technician booking answers in its own shape, never with a fault of ours, and writes only orders. */
import { env } from 'cloudflare:workers';
import * as fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { EXAMPLE_ORDER } from '../harness/booking.ts';
import { openShop, type Received, type Shop } from '../harness/shop.ts';
import { type Customer, customerOf } from './customer.ts';

const RUNS = { numRuns: 250 };

let shop: Shop;
let customer: Customer;
let orderId: string;
beforeAll(async () => {
  shop = await openShop({ limits: 'off' });
  customer = customerOf(shop);
  orderId = await customer.newOrder();
});

const refused = z.strictObject({ message: z.string().min(1), code: z.literal(-1), data: z.tuple([]) });
const accepted = z.strictObject({ data: z.unknown(), code: z.literal(0), message: z.string() });

/** What is wrong with an answer that the document does not know; nothing, for an envelope of less than 500. */
function faultsOf({ status, json, text, headers }: Received): string[] {
  const envelope = (status < 400 ? accepted : refused).safeParse(json);
  return [
    status >= 500 ? `status ${status}` : '',
    headers.get('content-type') === 'application/json' ? '' : 'not JSON',
    /\bat .+:\d+:\d+|SQLITE|D1_ERROR|ZodError|Unrecognized|Invalid input/.test(text) ? `it tells of us: ${text}` : '',
    envelope.success ? '' : `not the envelope: ${text}`,
  ].filter((fault) => fault !== '');
}

async function orderCount(): Promise<number> {
  const row = await env.DB.prepare('SELECT count(*) AS n FROM orders').first<{ n: number }>();
  return row?.n ?? -1;
}

const path = fc.constantFrom('/V1/order', '/V1/order/', '/V1/order/pay', '/V1/order/pay/refund', '/V1/order/pay/x');
const contentType = fc.constantFrom('application/json', 'application/x-www-form-urlencoded', 'text/plain');
const text = fc.string({ unit: 'binary', maxLength: 200 });
const number = fc.oneof(fc.integer(), fc.double(), fc.constantFrom(0, 1, 2, 3, 10, 11, 2 ** 53));

/** Values that are nearly right come up more often than they would among all values. */
const value = fc.oneof(number, number.map(String), text, fc.jsonValue({ maxDepth: 3 }), fc.constant(undefined));
const field = fc.constantFrom(...Object.keys(EXAMPLE_ORDER), 'order_id', 'user_id', 'status', '__proto__', 'id');
const nearlyRight = fc
  .tuple(fc.array(fc.tuple(field, value), { maxLength: 3 }), fc.boolean())
  .map(([changes, hasOrder]) => {
    const start: Record<string, unknown> = hasOrder ? { order_id: orderId } : { ...EXAMPLE_ORDER };
    // As own properties, `__proto__` too.
    return JSON.stringify(Object.fromEntries([...Object.entries(start), ...changes]));
  });

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
  await fc.assert(
    fc.asyncProperty(path, body, contentType, async (to, sent, type) => {
      const received = await customer.send(to, { method: 'POST', body: sent, headers: { 'content-type': type } });
      expect(faultsOf(received)).toEqual([]);
      if (received.status === 201) placed++;
    }),
    RUNS,
  );
  expect(await orderCount()).toBe(before + placed);
});

const HEADERS = [
  'accept',
  'accept-encoding',
  'authorization',
  'cf-connecting-ip',
  'content-encoding',
  'content-type',
  'cookie',
  'expect',
  'idempotency-key',
  'if-none-match',
  'origin',
  'range',
  'x-d1-bookmark',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-http-method-override',
  'x-request-id',
];
const headers = fc.dictionary(fc.constantFrom(...HEADERS), fc.string({ unit: 'grapheme-ascii', maxLength: 100 }), {
  maxKeys: 4,
});

test('any headers', async () => {
  const call = fc.constantFrom(
    { to: '/V1/order?order_type=1' },
    { to: '/V1/order/2022112200000000000000' },
    { to: '/V1/order', sent: { body: EXAMPLE_ORDER } },
    { to: '/V1/order/pay', sent: { body: { order_id: '2022112200000000000000' } } },
    { to: '/V1/order/pay/1', sent: { method: 'DELETE' } },
  );
  await fc.assert(
    fc.asyncProperty(call, headers, async ({ to, sent }, more) => {
      expect(faultsOf(await customer.send(to, { ...sent, headers: more }))).toEqual([]);
    }),
    RUNS,
  );
});

test('any path below the base, and any query', async () => {
  const part = fc.oneof(
    text.map(encodeURIComponentOfAny),
    fc.webSegment(),
    fc.constantFrom('pay', 'refund', '%', '..'),
  );
  const query = fc.oneof(
    fc.webQueryParameters(),
    fc
      .tuple(value, value)
      .map(([page, type]) => `page=${encodeURIComponentOfAny(page)}&order_type=${encodeURIComponentOfAny(type)}`),
  );
  const method = fc.constantFrom('GET', 'DELETE', 'POST', 'PUT');
  await fc.assert(
    fc.asyncProperty(method, fc.array(part, { maxLength: 4 }), query, async (verb, parts, asked) => {
      const to = `/V1/order/${parts.join('/')}`;
      // Dots that lead out of the base lead out of the dialect.
      fc.pre(new URL(to, 'https://orders.example').pathname.startsWith('/V1/order'));
      expect(faultsOf(await customer.send(`${to}?${asked}`, { method: verb }))).toEqual([]);
    }),
    RUNS,
  );
});

/** Lone surrogates have no encoding; a replacement has. */
function encodeURIComponentOfAny(what: unknown): string {
  const written = typeof what === 'string' ? what : JSON.stringify(what ?? null);
  return encodeURIComponent(written.toWellFormed());
}
