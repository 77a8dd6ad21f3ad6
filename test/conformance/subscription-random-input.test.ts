/** Whatever is sent, subscriptions answer in their own shape, never with a fault of ours, and write only orders. */
import { env } from 'cloudflare:workers';
import * as fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { checkBooks } from '../harness/check-books.ts';
import { openShop, type Received, type Shop } from '../harness/shop.ts';
import { BASES, EXAMPLE_ORDER, METHODS, type SubscriptionCustomer } from '../harness/subscription.ts';
import { newCoupon, newCustomer } from './subscription-people.ts';

const RUNS = { numRuns: 250 };

let shop: Shop;
let customer: SubscriptionCustomer;
/** What somebody has to cancel and to check out. */
let tradeNo: string;
let openedNo: string;
let code: string;
beforeAll(async () => {
  shop = await openShop({ limits: 'off' });
  customer = await newCustomer(shop, { balanceFen: 4, discountPercent: 10 });
  openedNo = await customer.newOpenedOrder();
  tradeNo = await customer.newOrder();
  ({ code } = await newCoupon(shop, { limitUse: 3 }));
});

const words = z.string().min(1);
const refused = z.union([
  z.strictObject({ message: words }),
  z
    .strictObject({ message: words, errors: z.record(z.string(), z.array(words).min(1)) })
    // Not always the first one: where a name is a number, it goes in front of the others.
    .refine(({ message, errors }) => Object.values(errors).flat().includes(message)),
]);
const accepted = z.union([
  z.strictObject({ data: z.json() }),
  z.strictObject({ type: z.literal(-1), data: z.literal(true) }),
  z.strictObject({ type: z.union([z.literal(0), z.literal(1)]), data: words }),
]);

/** What is wrong with an answer that the contract does not know; nothing, for an envelope of less than 500. */
function faultsOf({ status, text, headers }: Received): string[] {
  // A field of this name is named like any other, but the schemas that this test reads answers by do not see it.
  const json = parseJson(text.replaceAll('"__proto__":', '"proto":'));
  const isEnvelope = (status < 400 ? accepted : refused).safeParse(json).success;
  const hasErrors = refused.safeParse(json).success && text.includes('"errors":');
  return [
    status >= 500 ? `status ${status}` : '',
    headers.get('content-type') === 'application/json' ? '' : 'not JSON',
    /\bat .+:\d+:\d+|SQLITE|D1_ERROR|ZodError|Unrecognized|Invalid input/.test(text) ? `it tells of us: ${text}` : '',
    isEnvelope ? '' : `not the envelope: ${text}`,
    hasErrors && status !== 422 ? `fields at fault with a ${status}` : '',
    status === 401 ? 'a status that its clients do not know' : '',
  ].filter((fault) => fault !== '');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function orderCount(): Promise<number> {
  const row = await env.DB.prepare('SELECT count(*) AS n FROM orders').first<{ n: number }>();
  return row?.n ?? -1;
}

const contentType = fc.constantFrom(
  'application/json',
  'application/x-www-form-urlencoded',
  'application/x-www-form-urlencoded; charset=utf-8',
  'text/plain',
);
const language = fc.constantFrom('zh-CN', 'en-US', 'de', 'x'.repeat(100));
const text = fc.string({ unit: 'binary', maxLength: 200 });
const number = fc.oneof(fc.integer(), fc.double(), fc.constantFrom(0, 1, 2, 10, 11, 12, 99, 2 ** 53));

/** Values that are nearly right come up more often than they would among all values. */
const value = fc.oneof(
  number,
  number.map(String),
  text,
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom('month_price', 'reset_price', 'weekly', 'DEMO10'),
  // Written when they are sent, because they are not there before.
  fc.constantFrom(
    () => code,
    () => tradeNo,
    () => openedNo,
  ),
  fc.constant(undefined),
);
const said = (one: unknown): unknown => (typeof one === 'function' ? one() : one);

const field = fc.constantFrom(
  'plan_id',
  'cycle',
  'coupon_code',
  'trade_no',
  'method',
  'auth_data',
  'amount',
  '__proto__',
);
const START: readonly (() => Record<string, unknown>)[] = [
  () => ({ ...EXAMPLE_ORDER }),
  () => ({ ...EXAMPLE_ORDER, plan_id: 2, coupon_code: code }),
  () => ({ trade_no: tradeNo, method: METHODS.wechatCode }),
  () => ({ trade_no: openedNo }),
];
/** As own properties, `__proto__` too. */
const nearlyRight = fc
  .tuple(fc.array(fc.tuple(field, value), { maxLength: 3 }), fc.constantFrom(...START))
  .map(([changes, start]) => () => {
    const entries = changes.map(([name, one]): [string, unknown] => [name, said(one)]);
    return Object.fromEntries([...Object.entries(start()), ...entries]);
  });
const asJson = nearlyRight.map((fields) => () => JSON.stringify(fields()));
const asForm = nearlyRight.map((fields) => () => {
  const pairs = Object.entries(fields()).map(([name, one]): [string, string] => [name, String(one)]);
  return new URLSearchParams(pairs).toString();
});

const body: fc.Arbitrary<() => string | Uint8Array> = fc.oneof(
  asJson,
  asForm,
  fc.jsonValue({ maxDepth: 5 }).map((json) => () => JSON.stringify(json)),
  fc.tuple(asJson, fc.nat(60)).map(
    ([json, cut]) =>
      () =>
        json().slice(0, cut) + json().slice(cut + 1),
  ),
  text.map((one) => () => one),
  fc.uint8Array({ maxLength: 200 }).map((one) => () => one),
  fc.webQueryParameters().map((one) => () => one),
);

test('any body', async () => {
  const before = await orderCount();
  let placed = 0;
  const path = fc.constantFrom('/save', '/checkout', '/cancel', '/save/', '/nowhere');
  await fc.assert(
    fc.asyncProperty(path, body, contentType, language, async (to, sent, type, spoken) => {
      const headers = { 'content-type': type, 'content-language': spoken };
      const received = await customer.send(to, { method: 'POST', body: sent(), headers });
      expect(faultsOf(received)).toEqual([]);
      expect(received.headers.get('content-language') ?? 'zh-CN').toBe(
        spoken === 'en-US' && received.status >= 400 ? 'en-US' : 'zh-CN',
      );
      if (received.status === 200 && to.startsWith('/save')) placed++;
    }),
    { ...RUNS, numRuns: 500 },
  );
  expect(await orderCount()).toBe(before + placed);
});

const HEADERS = [
  'accept',
  'accept-language',
  'authorization',
  'cf-connecting-ip',
  'content-language',
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
    () => ({ to: '/fetch' }),
    () => ({ to: `/details?trade_no=${openedNo}` }),
    () => ({ to: '/getPaymentMethod' }),
    () => ({ to: '/save', sent: { body: EXAMPLE_ORDER } }),
    () => ({ to: '/checkout', sent: { body: { trade_no: openedNo, method: 10 } } }),
  );
  await fc.assert(
    fc.asyncProperty(call, headers, async (ask, more) => {
      const { to, sent = {} }: { to: string; sent?: object } = ask();
      expect(faultsOf(await customer.send(to, { ...sent, headers: more }))).toEqual([]);
    }),
    RUNS,
  );
});

test('any token, wherever it is', async () => {
  const token = fc.oneof(
    text,
    fc.string({ unit: 'grapheme-ascii', maxLength: 300 }),
    fc.constantFrom('Bearer', 'Bearer ', 'null', 'undefined', 'a.b.c', '.', '..'),
  );
  await fc.assert(
    fc.asyncProperty(token, fc.constantFrom('header', 'query', 'form', 'json'), async (one, place) => {
      const isHeader = /^[\x20-\x7e]*$/.test(one);
      fc.pre(place !== 'header' || isHeader);
      const encoded = encodeURIComponentOfAny(one);
      const received = await {
        header: () => customer.send('/fetch', { token: null, headers: { authorization: one } }),
        query: () => customer.send(`/fetch?auth_data=${encoded}`, { token: null }),
        form: () =>
          customer.send('/save', {
            method: 'POST',
            body: `auth_data=${encoded}`,
            headers: { 'content-type': 'application/x-www-form-urlencoded' },
            token: null,
          }),
        json: () => customer.send('/save', { body: { ...EXAMPLE_ORDER, auth_data: one }, token: null }),
      }[place]();
      expect([received.status, ...faultsOf(received)]).toEqual([403]);
    }),
    RUNS,
  );
});

test('any path below either base, and any query', async () => {
  const part = fc.oneof(
    text.map(encodeURIComponentOfAny),
    fc.webSegment(),
    fc.constantFrom('fetch', 'details', 'check', 'save', 'cancel', '1', '%', '..'),
  );
  const parameter = fc.tuple(fc.constantFrom('trade_no', 'status', 'auth_data', 'page'), value);
  const query = fc.oneof(
    fc.webQueryParameters().map((one) => () => one),
    fc
      .array(parameter, { maxLength: 5 })
      .map((pairs) => () => pairs.map(([name, one]) => `${name}=${encodeURIComponentOfAny(said(one))}`).join('&')),
  );
  const method = fc.constantFrom('GET', 'DELETE', 'POST', 'PUT');
  const base = fc.constantFrom(...BASES);
  await fc.assert(
    fc.asyncProperty(base, method, fc.array(part, { maxLength: 4 }), query, async (below, verb, parts, asked) => {
      const to = `${below}/${parts.join('/')}`;
      // Dots that lead out of the base lead out of the dialect.
      fc.pre(new URL(to, 'https://orders.example').pathname.startsWith(below));
      const token = await shop.token(String(customer.userId));
      expect(faultsOf(await shop.send(`${to}?${asked()}`, { method: verb, token }))).toEqual([]);
    }),
    RUNS,
  );
});

test('any status of the list is a list, or is named', async () => {
  const status = fc.oneof(value, fc.constantFrom('0', '1', '2', '3', '4', '5', ''));
  await fc.assert(
    fc.asyncProperty(fc.array(status, { maxLength: 3 }), async (all) => {
      const query = all.map((one) => `status=${encodeURIComponentOfAny(said(one))}`).join('&');
      const received = await customer.fetch(`?${query}`);
      expect([200, 422]).toContain(received.status);
      expect(faultsOf(received)).toEqual([]);
    }),
    RUNS,
  );
});

test('the books are whole after all of it', async () => {
  expect(await checkBooks(shop, 'any_time')).toEqual([]);
});

/** Lone surrogates have no encoding; a replacement has. */
function encodeURIComponentOfAny(what: unknown): string {
  const written = typeof what === 'string' ? what : (JSON.stringify(what) ?? '');
  return encodeURIComponent(written.toWellFormed());
}
