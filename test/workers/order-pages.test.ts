/** A user's own list: its total is what a count finds, its pages are what a full scan gives, and no page costs more. */
import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import * as z from 'zod';
import type { OrderCommand } from '../../src/core/order/command.ts';
import type { OrderStatus } from '../../src/core/order/lifecycle.ts';
import type { OrderStore, UserScope } from '../../src/core/order/order-store.ts';
import { submitCommand } from '../../src/core/order/submit-command.ts';
import { openDatabase } from '../../src/db/open-database.ts';
import { createOrderLog } from '../../src/db/order-log.ts';
import { createOrderStore } from '../../src/db/order-store.ts';
import { newCustomer } from '../conformance/medical-companion-people.ts';
import {
  ALIPAY,
  AMOUNT_FEN,
  aSubmission,
  EXPIRES_AT_MS,
  PLACED_AT_MS,
  SALE_OF,
  SLIP_MS,
} from '../core/order-states.ts';
import { checkBooks } from '../harness/check-books.ts';
import { orderOf } from '../harness/companion.ts';
import { openShop } from '../harness/shop.ts';
import { type StorageWatch, watchStorage } from './storage-calls.ts';

const SEED = 20240115;
/** A dialect whose users delete nothing, and one whose users do. */
const KEEPING = 'medical-companion';
const DELETING = 'technician-booking';

const open = () => openDatabase(env.DB, 'first-primary').db;
const log = createOrderLog(open());
const orders = createOrderStore(open(), new Map());
let placedSoFar = 0;

afterAll(() => {
  vi.restoreAllMocks();
});

async function place({ userId, dialect }: UserScope): Promise<string> {
  placedSoFar += 1;
  const orderNo = `20240115${String(placedSoFar).padStart(14, '0')}`;
  const placed = await orders.place({
    orderNo,
    dialect,
    userId,
    actor: `user:${userId}`,
    amountFen: AMOUNT_FEN,
    subject: 'a service',
    details: {},
    items: [],
    saleOf: SALE_OF,
    payWith: null,
    commission: null,
    personal: { row: `order/${orderNo}`, sealed: `k.${orderNo}` },
    createdAtMs: PLACED_AT_MS,
    expiresAtMs: EXPIRES_AT_MS,
    commitId: `c-${orderNo}`,
    idempotency: null,
  });
  expect(placed.status).toBe('placed');
  return orderNo;
}

type Happening = 'pay' | 'cancel' | 'complete' | 'refund' | 'expire' | 'delete';

/** What can happen to an order, as commands in their order. Those that the order's state refuses do nothing. */
const HAPPENINGS: Readonly<Record<Happening, (orderNo: string) => readonly OrderCommand[]>> = {
  pay: (orderNo) => [
    { type: 'open_attempt', methods: [ALIPAY], slipMs: SLIP_MS, whenOpen: 'refuse' },
    {
      type: 'settle_payment',
      provider: 'alipay',
      payment: {
        outTradeNo: `${orderNo}0001`,
        transactionId: `${orderNo}-t`,
        amountFen: AMOUNT_FEN,
        paidAtMs: PLACED_AT_MS,
      },
      proof: 'query',
      receipt: null,
    },
  ],
  cancel: (orderNo) => [{ type: 'cancel', reason: { row: `order/${orderNo}/words/1`, sealed: 'k.words' } }],
  complete: () => [
    { type: 'advance_fulfilment', to: 'completed', policy: { completed: ['unfulfilled'] }, remark: null },
  ],
  refund: (orderNo) => [
    { type: 'request_refund', amountFen: 'all', reason: null, approval: 'auto' },
    { type: 'settle_refund', refundNo: `${orderNo}000101`, outcome: 'succeeded', cause: null },
  ],
  expire: () => [{ type: 'expire' }],
  delete: () => [{ type: 'delete' }],
};

/** One step of a history: somebody's new order, or something that happens to an older one. */
type Step = { who: number; what: 'place' | Happening; which: number };

/** Plays a history of these users. Only users of the dialect that allows it delete anything. */
async function play(scopes: readonly UserScope[], steps: readonly Step[]): Promise<void> {
  const placed = scopes.map((): string[] => []);
  for (const { who, what, which } of steps) {
    const scope = scopes[who % scopes.length];
    const own = placed[who % scopes.length];
    if (!scope || !own) continue;
    if (what === 'place') own.push(await place(scope));
    const orderNo = own[which % Math.max(own.length, 1)];
    if (orderNo === undefined || what === 'place' || (what === 'delete' && scope.dialect !== DELETING)) continue;
    const nowMs = what === 'expire' ? EXPIRES_AT_MS : PLACED_AT_MS + 1000;
    for (const command of HAPPENINGS[what](orderNo)) {
      await submitCommand(log, null, aSubmission(command, { orderNo, nowMs, commitId: crypto.randomUUID() }));
    }
  }
}

const scannedSchema = z.array(
  z.object({ orderNo: z.string(), status: z.string(), place: z.int(), deletedAtMs: z.int().nullable() }),
);

/** All of a user's orders, newest first, read one by one. */
async function scan({ userId, dialect }: UserScope): Promise<z.output<typeof scannedSchema>> {
  const { results } = await env.DB.prepare(
    `SELECT order_no AS orderNo, status, place, deleted_at_ms AS deletedAtMs FROM orders
      WHERE user_id = ? AND dialect = ? ORDER BY id DESC`,
  )
    .bind(userId, dialect)
    .all();
  return scannedSchema.parse(results);
}

const EVERY_STATE: readonly OrderStatus[] = [
  'pending_payment',
  'paid',
  'completed',
  'cancelled',
  'expired',
  'refunded',
  'split',
  'absorbed',
];

/** The lists that documents have, and every other set of states. */
const statuses = fc.oneof(
  fc.constantFrom<readonly OrderStatus[] | 'all'>('all', 'all', [], ['paid'], ['cancelled', 'expired'], EVERY_STATE),
  fc.subarray([...EVERY_STATE]),
);
const wishes = fc.record({ statuses, size: fc.integer({ min: 1, max: 6 }), number: fc.constantFrom(1, 1, 2, 2, 3, 5) });

const step = fc.record<Step>({
  who: fc.nat(99),
  what: fc.constantFrom(
    'place',
    'place',
    'place',
    'pay',
    'pay',
    'cancel',
    'expire',
    'complete',
    'refund',
    'delete',
    'delete',
  ),
  which: fc.nat(99),
});
const played = fc.sample(
  fc.record({
    steps: fc.array(step, { minLength: 60, maxLength: 90, size: 'max' }),
    wishes: fc.array(wishes, { minLength: 25, maxLength: 25, size: 'max' }),
  }),
  { seed: SEED, numRuns: 8 },
);

describe('random histories of placing, paying, cancelling, completing, giving back, expiring and deleting', () => {
  const scopes = played.map((_, nth): UserScope[] => [
    { userId: `${nth}-1`, dialect: KEEPING },
    { userId: `${nth}-2`, dialect: KEEPING },
    // The same user, elsewhere.
    { userId: `${nth}-1`, dialect: DELETING },
    { userId: `${nth}-3`, dialect: DELETING },
  ]);
  beforeAll(async () => {
    for (const [nth, { steps }] of played.entries()) await play(scopes[nth] ?? [], steps);
  });

  test('come to every state that an order of these dialects has, and to deleted ones', async () => {
    const all = (await Promise.all(scopes.flat().map(scan))).flat();
    expect(new Set(all.map(({ status }) => status))).toEqual(
      new Set(['pending_payment', 'paid', 'completed', 'cancelled', 'expired', 'refunded']),
    );
    expect(all.filter(({ deletedAtMs }) => deletedAtMs !== null).length).toBeGreaterThan(10);
    expect(all.length).toBeGreaterThan(120);
  });

  test('leave tallies that are what a count finds: the migration’s own check finds nothing, read either way', async () => {
    const counted =
      'SELECT user_id, dialect, status, count(*) FROM orders WHERE deleted_at_ms IS NULL GROUP BY 1, 2, 3';
    const tallied = 'SELECT user_id, dialect, status, orders FROM order_tallies';
    const differences = await env.DB.batch([
      env.DB.prepare(`${counted} EXCEPT ${tallied}`),
      env.DB.prepare(`${tallied} WHERE orders > 0 EXCEPT ${counted}`),
    ]);
    expect(differences.map(({ results }) => results)).toEqual([[], []]);
  });

  test('leave totals that are what a full scan counts, without those that were deleted', async () => {
    for (const [nth, { wishes: wanted }] of played.entries()) {
      for (const scope of scopes[nth] ?? []) {
        const all = (await scan(scope)).filter(({ deletedAtMs }) => deletedAtMs === null);
        for (const wish of wanted) {
          const { total } = await orders.page(scope, wish.statuses, { offset: 0, limit: 1 });
          const shown = all.filter(({ status }) => wish.statuses === 'all' || includes(wish.statuses, status));
          expect([scope, wish.statuses, total]).toEqual([scope, wish.statuses, shown.length]);
        }
      }
    }
  });

  test('leave pages that are what a full scan gives, with the details of their own orders and no words', async () => {
    let shownInAll = 0;
    for (const [nth, { wishes: wanted }] of played.entries()) {
      for (const scope of (scopes[nth] ?? []).filter(({ dialect }) => dialect === KEEPING)) {
        const all = await scan(scope);
        for (const wish of wanted) {
          const offset = (wish.number - 1) * wish.size;
          const { views } = await orders.page(scope, wish.statuses, { offset, limit: wish.size });
          const fitting = all.filter(({ status }) => wish.statuses === 'all' || includes(wish.statuses, status));
          const expected = fitting.slice(offset, offset + wish.size).map(({ orderNo }) => ({
            orderNo,
            texts: [{ row: `order/${orderNo}`, sealed: `k.${orderNo}` }],
          }));
          expect([wish, views.map(({ order: { orderNo }, texts }) => ({ orderNo, texts }))]).toEqual([wish, expected]);
          shownInAll += views.length;
        }
      }
    }
    expect(shownInAll).toBeGreaterThan(200);
  });

  test('leave places from one on, without a gap, in the order in which the orders were placed', async () => {
    for (const scope of scopes.flat()) {
      const all = await scan(scope);
      expect(all.map(({ place: at }) => at)).toEqual(all.map((_, index) => all.length - index));
    }
  });
});

function includes(wanted: readonly string[], status: string): boolean {
  return wanted.includes(status);
}

describe('fifty orders at once', () => {
  test('have fifty places without a gap, whoever else orders at the same time, and the list shows them all', async () => {
    const shop = await openShop({ limits: 'off' });
    const [customer, other] = [await newCustomer(shop), await newCustomer(shop)];
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, nth) => [customer.submit(), ...(nth % 5 === 0 ? [other.submit()] : [])]).flat(),
    );
    const numbers = answers.map((answer) => orderOf(answer).orderNo);
    expect(new Set(numbers).size).toBe(60);
    for (const [{ userId }, count] of [
      [customer, 50],
      [other, 10],
    ] as const) {
      const scope = { userId: String(userId), dialect: KEEPING };
      const all = await scan(scope);
      expect(all.map(({ place: at }) => at)).toEqual(Array.from({ length: count }, (_, index) => count - index));
      const { views, total } = await orders.page(scope, 'all', { offset: 0, limit: 60 });
      expect([total, views.map(({ order }) => order.orderNo)]).toEqual([count, all.map(({ orderNo }) => orderNo)]);
    }
    expect(await checkBooks(shop, 'any_time')).toEqual([]);
  });

  test('some of which are refused leave no gap either', async () => {
    const shop = await openShop({ limits: 'off' });
    const customer = await newCustomer(shop);
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, nth) =>
        customer.submit(nth % 3 === 0 ? { serviceId: 404 } : {}, { 'idempotency-key': `key ${nth % 10} ${nth % 3}` }),
      ),
    );
    expect(answers.filter(({ status }) => status === 404)).toHaveLength(10);
    const all = await scan({ userId: String(customer.userId), dialect: KEEPING });
    expect(all.map(({ place: at }) => at)).toEqual(all.map((_, index) => all.length - index));
    const placed = answers.filter(({ status }) => status === 200).map((answer) => orderOf(answer).orderNo);
    expect(new Set(all.map(({ orderNo }) => orderNo))).toEqual(new Set(placed));
  });
});

const PAGE = 10;

/** So many orders of each user, one of four states each, with a sealed text and an attempt that is over. */
async function addOrders(users: readonly string[], count: number, firstNumber: number): Promise<void> {
  const numbered = `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})`;
  const states = ['pending_payment', 'paid', 'cancelled', 'expired'];
  for (const [nth, userId] of users.entries()) {
    const orderNo = `printf('20240116%014d', i + ${firstNumber + nth * count})`;
    await env.DB.batch([
      env.DB.prepare(
        `INSERT INTO orders (order_no, dialect, user_id, amount_fen, subject, details, items, created_at_ms,
           updated_at_ms, expires_at_ms, place)
         ${numbered} SELECT ${orderNo}, ?1, ?2, 29900, 'a service', '{}', '[{"kind":"medical-services","id":"1"}]', 1, 1,
           9000000000000, i FROM n`,
      ).bind(KEEPING, userId),
      env.DB.prepare(
        `INSERT INTO order_events (order_no, seq, at_ms, actor, type, to_status, order_status, order_fulfilment,
           commit_id)
         ${numbered} SELECT ${orderNo}, 1, 1, 'system', 'order_placed', 'pending_payment', 'pending_payment',
           'unfulfilled', '' FROM n`,
      ),
      ...states.slice(1).map((state, index) =>
        env.DB.prepare(
          `INSERT INTO order_events (order_no, seq, at_ms, actor, type, to_status, order_status, order_fulfilment,
             commit_id)
           ${numbered} SELECT ${orderNo}, 2, 1, 'system', 'moved', ?1, ?1, 'unfulfilled', '' FROM n
            WHERE i % 4 = ${index + 1}`,
        ).bind(state),
      ),
      env.DB.prepare(
        `INSERT INTO personal_data (row_name, key_id, sealed)
         ${numbered} SELECT 'order/' || ${orderNo}, 'k', 'k.text' FROM n`,
      ),
      env.DB.prepare(
        `INSERT INTO payment_attempts (out_trade_no, order_no, provider, kind, status, amount_fen, created_at_ms,
           expires_at_ms, payable_until_ms)
         ${numbered} SELECT ${orderNo} || '0001', ${orderNo}, 'wechat-pay', 'jsapi_params', 'closed', 29900, 1, 1, 1
           FROM n`,
      ),
    ]);
  }
}

describe('what a page costs', () => {
  const BIG: UserScope = { userId: 'big', dialect: KEEPING };
  const SMALL: UserScope = { userId: 'small', dialect: KEEPING };
  let watch: StorageWatch;
  let watched: OrderStore;
  beforeAll(async () => {
    await openShop();
    watch = watchStorage();
    watched = createOrderStore(open(), new Map());
    await addOrders(['big'], 10_000, 0);
    await addOrders(['small'], 2 * PAGE, 500_000);
    // Their neighbours in every index are there from the start, so that it ends as it will then.
    await addOrders(['bi', 'bigger', 'smaller'], 4, 550_000);
  });

  /** The rows that a page reads, which is one round trip and shows so many orders. */
  async function rowsRead(
    scope: UserScope,
    number: number,
    wanted: readonly OrderStatus[] | 'all' = 'all',
    shown = PAGE,
  ): Promise<number> {
    watch.take();
    const { views } = await watched.page(scope, wanted, { offset: (number - 1) * PAGE, limit: PAGE });
    expect([number, views.length]).toEqual([number, shown]);
    const calls = watch.take();
    expect(calls.database).toBe(1);
    return calls.rowsRead;
  }

  test('the thousandth reads no more than the first: what it shows, and not what is in front of it', async () => {
    const first = await rowsRead(BIG, 1);
    const pages = [2, 10, 100, 500, 999, 1000];
    for (const number of pages) expect([number, await rowsRead(BIG, number)]).toEqual([number, first]);
    expect(first).toBeGreaterThan(PAGE);
    expect(first).toBeLessThan(30 * PAGE);
    expect(await rowsRead(BIG, 1001, 'all', 0)).toBeLessThan(first);
    expect(await rowsRead(BIG, 9_999_999_999, 'all', 0)).toBeLessThan(first);
  });

  test('it is the same for somebody with ten thousand orders and for somebody with twenty', async () => {
    for (const number of [1, 2]) expect(await rowsRead(BIG, number)).toBe(await rowsRead(SMALL, number));
  });

  test('the first of a list by states reads about as much, a later one what stands before it in the index as well', async () => {
    const all = await rowsRead(BIG, 1);
    for (const wanted of [['paid'], ['cancelled', 'expired']] as const) {
      const first = await rowsRead(BIG, 1, wanted);
      expect(first).toBeLessThan(2 * all);
      const [tenth, nineteenth] = [await rowsRead(BIG, 10, wanted), await rowsRead(BIG, 19, wanted)];
      expect(nineteenth - tenth).toBe(tenth - first);
      expect(tenth - first).toBeLessThan(9 * PAGE * wanted.length * 20);
    }
    expect(await rowsRead(BIG, 1, ['refunded'], 0)).toBeLessThan(PAGE);
  });

  /** The rows of some pages of each kind. */
  async function read(): Promise<number[]> {
    const rows: number[] = [];
    for (const number of [1, 1000]) rows.push(await rowsRead(BIG, number));
    for (const wanted of [['paid'], ['cancelled', 'expired']] as const) {
      for (const number of [1, 20]) rows.push(await rowsRead(BIG, number, wanted));
    }
    return [...rows, await rowsRead(SMALL, 2)];
  }

  test('it does not grow with the orders of others', async () => {
    const before = await read();
    const others = Array.from({ length: 20 }, (_, nth) => `other-${nth}`);
    await addOrders([...others, 'bi0', 'big0', 'smallest'], 300, 600_000);
    expect(await read()).toEqual(before);
  });
});
