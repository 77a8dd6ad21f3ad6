/** Lists that name their total: it is what a count finds, the pages are what a full scan gives, and none costs more. */
import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import * as z from 'zod';
import type { FulfilmentTarget, OrderCommand, Scope } from '../../src/core/order/command.ts';
import type { OrderPart } from '../../src/core/order/order-part.ts';
import { type ListedState, PAID } from '../../src/core/order/listed-state.ts';
import type { OrderQuery, OrderStore } from '../../src/core/order/order-store.ts';
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
  ANYTHING,
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

/** A user of a dialect. */
type User = { dialect: string; userId: string };

function newNumber(): string {
  placedSoFar += 1;
  return `20240115${String(placedSoFar).padStart(14, '0')}`;
}

async function place({ userId, dialect }: User, createdAtMs: number): Promise<string> {
  const orderNo = newNumber();
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
    account: null,
    personal: { row: `order/${orderNo}`, sealed: `k.${orderNo}` },
    createdAtMs,
    expiresAtMs: EXPIRES_AT_MS,
    commitId: `c-${orderNo}`,
    idempotency: null,
  });
  expect(placed.status).toBe('placed');
  return orderNo;
}

type Happening = keyof typeof HAPPENINGS;

const advance = (to: FulfilmentTarget): OrderCommand => ({
  type: 'advance_fulfilment',
  to,
  policy: ANYTHING,
  remark: null,
  facts: null,
  heldBackFen: null,
});
const ask = (approval: 'manual' | 'auto'): OrderCommand => ({
  type: 'request_refund',
  amountFen: 'all',
  policy: ANYTHING,
  reason: null,
  approval,
});
const aPart = (): OrderPart => {
  const orderNo = newNumber();
  const personal = { row: `order/${orderNo}`, sealed: `k.${orderNo}` };
  return { orderNo, amountFen: AMOUNT_FEN / 2, details: {}, personal };
};

/** What can happen to an order, as commands in their order. Those that the order's state refuses do nothing. */
const HAPPENINGS = {
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
  begin: () => [advance('in_progress')],
  doPart: () => [advance('in_progress'), advance('partially_fulfilled')],
  finish: () => [advance('fulfilled')],
  fail: () => [advance('failed')],
  tryAgain: () => [advance('unfulfilled')],
  complete: () => [advance('completed')],
  ask: () => [ask('manual')],
  reject: (orderNo) => [{ type: 'decide_refund', refundNo: `${orderNo}000101`, verdict: 'reject', reason: null }],
  refund: (orderNo) => [
    ask('auto'),
    { type: 'settle_refund', refundNo: `${orderNo}000101`, outcome: 'succeeded', cause: null },
  ],
  split: () => [{ type: 'split', parts: [aPart(), aPart()], remark: null }],
  expire: () => [{ type: 'expire' }],
  delete: () => [{ type: 'delete' }],
} as const satisfies Record<string, (orderNo: string) => readonly OrderCommand[]>;

/** One step of a history: somebody's new order, or something that happens to an older one. */
type Step = { who: number; what: 'place' | 'absorb' | Happening; which: number; createdAtMs: number };

/** Plays a history of these users. Only users of the dialect that allows it delete anything. */
async function play(users: readonly User[], steps: readonly Step[]): Promise<void> {
  const placed = users.map((): string[] => []);
  for (const { who, what, which, createdAtMs } of steps) {
    const user = users[who % users.length];
    const own = placed[who % users.length];
    if (!user || !own) continue;
    if (what === 'place') own.push(await place(user, createdAtMs));
    const orderNo = own[which % Math.max(own.length, 1)];
    if (orderNo === undefined || what === 'place' || (what === 'delete' && user.dialect !== DELETING)) continue;
    if (what === 'absorb') {
      await absorb(orderNo);
      continue;
    }
    const nowMs = what === 'expire' ? 2 * EXPIRES_AT_MS : PLACED_AT_MS + 1000;
    for (const command of HAPPENINGS[what](orderNo)) {
      await submitCommand(log, null, aSubmission(command, { orderNo, nowMs, commitId: crypto.randomUUID() }));
    }
  }
}

/** No command of any dialect makes one order of several yet; the log and its table know how that ends. */
async function absorb(orderNo: string): Promise<void> {
  await env.DB.prepare(
    `INSERT INTO order_events (order_no, seq, at_ms, actor, type, from_status, to_status, order_status,
       order_fulfilment, commit_id)
     SELECT order_no, version + 1, 1, 'system', 'order_absorbed', status, 'absorbed', 'absorbed', fulfilment, ''
       FROM orders WHERE order_no = ? AND status = 'paid' AND refunding = 0`,
  )
    .bind(orderNo)
    .run();
}

const scannedSchema = z.array(
  z.object({
    id: z.int(),
    orderNo: z.string(),
    userId: z.string(),
    status: z.string(),
    fulfilment: z.string(),
    isRefunding: z.int(),
    place: z.int(),
    createdAtMs: z.int(),
    deletedAtMs: z.int().nullable(),
    sealed: z.string(),
  }),
);

type Scanned = z.output<typeof scannedSchema>[number];

/** All orders of a dialect that were not forgotten, as they were placed, read one by one. */
async function scan(dialect: string): Promise<Scanned[]> {
  const { results } = await env.DB.prepare(
    `SELECT id, order_no AS orderNo, user_id AS userId, status, fulfilment, place, created_at_ms AS createdAtMs,
       deleted_at_ms AS deletedAtMs,
       (SELECT p.sealed FROM personal_data p WHERE p.row_name = 'order/' || order_no) AS sealed,
       EXISTS (SELECT 1 FROM refunds r WHERE r.order_no = orders.order_no AND r.purpose = 'order'
                  AND r.status IN ('requested', 'processing')) AS isRefunding
       FROM orders WHERE dialect = ? ORDER BY id`,
  )
    .bind(dialect)
    .all();
  return scannedSchema.parse(results);
}

async function scanUser({ dialect, userId }: User): Promise<Scanned[]> {
  return (await scan(dialect)).filter((one) => one.userId === userId);
}

const listedStateOf = ({ status, fulfilment, isRefunding }: Scanned): string =>
  status === 'paid' ? `paid/${fulfilment}${isRefunding === 1 ? '/refunding' : ''}` : status;

/** What a query means, said once more: a filter, and an order. */
function expectedOf(all: readonly Scanned[], query: OrderQuery): Scanned[] {
  const { userId, states, fromMs, toMs } = query;
  const isUnfiltered = states === 'all' && fromMs === null && toMs === null;
  return all
    .filter((one) => userId === null || one.userId === userId)
    .filter((one) => states === 'all' || includes(states, listedStateOf(one)))
    .filter(({ createdAtMs }) => createdAtMs >= (fromMs ?? 0) && createdAtMs <= (toMs ?? Number.MAX_SAFE_INTEGER))
    .toSorted((one, other) => {
      if (userId !== null && isUnfiltered) return other.place - one.place;
      return other.createdAtMs - one.createdAtMs || (userId === null ? other.id - one.id : other.place - one.place);
    });
}

function includes(wanted: readonly string[], state: string): boolean {
  return wanted.includes(state);
}

const EVERY_STATE: readonly ListedState[] = [
  'pending_payment',
  ...PAID,
  'completed',
  'cancelled',
  'expired',
  'refunded',
  'split',
  'absorbed',
];

/** The lists that documents have, and every other set of states. */
const someStates = fc.oneof(
  fc.constantFrom<OrderQuery['states']>('all', 'all', [], PAID, ['cancelled', 'expired'], EVERY_STATE),
  fc.subarray([...EVERY_STATE]),
);
/** Some of these moments have orders, some have none, and some spans are the wrong way round. */
const moment = fc.constantFrom(null, null, 0, ...[-1, 0, 1000, 2500, 4000, 9000, 9001].map((ms) => PLACED_AT_MS + ms));
/** All that there is. */
const WHOLE = { states: 'all', fromMs: null, toMs: null } as const;
const wishes = fc.record({
  states: someStates,
  fromMs: moment,
  toMs: moment,
  who: fc.constantFrom(0, 1, null),
  size: fc.integer({ min: 1, max: 6 }),
  number: fc.constantFrom(1, 1, 2, 2, 3, 5),
});

const OTHERS = [
  'cancel',
  'begin',
  'begin',
  'begin',
  'doPart',
  'doPart',
  'doPart',
  'finish',
  'finish',
  'fail',
  'fail',
  'tryAgain',
  'complete',
  'ask',
  'ask',
  'ask',
  'ask',
  'ask',
  'reject',
  'refund',
  'split',
  'split',
  'expire',
  'delete',
  'absorb',
] as const;
const step = fc.record<Step>({
  who: fc.nat(99),
  what: fc.oneof<fc.MaybeWeightedArbitrary<Step['what']>[]>(
    { weight: 10, arbitrary: fc.constant('place') },
    { weight: 9, arbitrary: fc.constant('pay') },
    { weight: 20, arbitrary: fc.constantFrom(...OTHERS) },
  ),
  which: fc.nat(99),
  createdAtMs: fc.nat(9).map((second) => PLACED_AT_MS + second * 1000),
});
const played = fc.sample(
  fc.record({
    steps: fc.array(step, { minLength: 100, maxLength: 130, size: 'max' }),
    wishes: fc.array(wishes, { minLength: 40, maxLength: 40, size: 'max' }),
  }),
  { seed: SEED, numRuns: 8 },
);

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
      const user = { userId: String(userId), dialect: KEEPING };
      const all = (await scanUser(user)).toReversed();
      expect(all.map(({ place: at }) => at)).toEqual(Array.from({ length: count }, (_, index) => count - index));
      const query: OrderQuery = { ...user, ...WHOLE };
      const { views, total } = await orders.page(query, { offset: 0, limit: 60 });
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
    const all = await scanUser({ userId: String(customer.userId), dialect: KEEPING });
    expect(all.map(({ place: at }) => at)).toEqual(all.map((_, index) => index + 1));
    const placed = answers.filter(({ status }) => status === 200).map((answer) => orderOf(answer).orderNo);
    expect(new Set(all.map(({ orderNo }) => orderNo))).toEqual(new Set(placed));
  });
});

describe('random histories of everything that can happen to the orders of four users', () => {
  const users = played.map((_, nth): User[] => [
    { userId: `${nth}-1`, dialect: KEEPING },
    { userId: `${nth}-2`, dialect: KEEPING },
    // The same user, elsewhere.
    { userId: `${nth}-1`, dialect: DELETING },
    { userId: `${nth}-3`, dialect: DELETING },
  ]);
  /** The queries of each history, about its own users of the dialect that deletes nothing, or about everybody. */
  const queries = played.flatMap(({ wishes: wanted }, nth) => {
    const whole = [0, 1, null].map((who) => ({ who, size: 6, number: 1, ...WHOLE }));
    return [...whole, ...wanted].map(({ who, size, number, ...wish }) => {
      const query: OrderQuery = { dialect: KEEPING, userId: who === null ? null : `${nth}-${who + 1}`, ...wish };
      return { query, size, number };
    });
  });
  let all: Scanned[];
  beforeAll(async () => {
    for (const [nth, { steps }] of played.entries()) await play(users[nth] ?? [], steps);
    all = await scan(KEEPING);
  }, 60_000);

  test('come to every state that lists ask for, and to deleted orders', async () => {
    expect(new Set(all.map(listedStateOf))).toEqual(new Set<string>(EVERY_STATE));
    const deleted = (await scan(DELETING)).filter(({ deletedAtMs }) => deletedAtMs !== null);
    expect(deleted.length).toBeGreaterThan(3);
    expect(all.length).toBeGreaterThan(150);
    expect(new Set(all.map(({ createdAtMs }) => createdAtMs)).size).toBeGreaterThan(9);
  });

  test('leave tallies that are what a count finds, for each user and for all: the check finds nothing, either way', async () => {
    const counted = `
      SELECT user_id, dialect, listed_state, count(*) FROM orders WHERE deleted_at_ms IS NULL GROUP BY 1, 2, 3
      UNION ALL
      SELECT '', dialect, listed_state, count(*) FROM orders WHERE deleted_at_ms IS NULL GROUP BY 1, 2, 3`;
    const tallied = 'SELECT user_id, dialect, listed_state, orders FROM order_tallies';
    const differences = await env.DB.batch([
      env.DB.prepare(`SELECT * FROM (${counted}) EXCEPT ${tallied}`),
      env.DB.prepare(`${tallied} WHERE orders > 0 EXCEPT SELECT * FROM (${counted})`),
    ]);
    expect(differences.map(({ results }) => results)).toEqual([[], []]);
  });

  test('leave for each user as many orders of each state as a count finds, and no state that has none', async () => {
    for (const user of users.flat()) {
      const counts = new Map<string, number>();
      for (const one of (await scanUser(user)).filter(({ deletedAtMs }) => deletedAtMs === null)) {
        counts.set(listedStateOf(one), (counts.get(listedStateOf(one)) ?? 0) + 1);
      }
      const tally = await orders.tally(user);
      expect([user, tally]).toEqual([user, counts]);
    }
  });

  test('leave totals that are what a full scan counts, whatever is asked for', async () => {
    for (const { query } of queries) {
      const { total } = await orders.page(query, { offset: 0, limit: 1 });
      expect([query, total]).toEqual([query, expectedOf(all, query).length]);
    }
  });

  test('leave totals without those that were deleted', async () => {
    const others = await scan(DELETING);
    const kept = others.filter(({ deletedAtMs }) => deletedAtMs === null);
    expect(kept.length).toBeLessThan(others.length);
    for (const userId of [null, ...users.map(([, , , user]) => user?.userId ?? '')]) {
      for (const { query } of queries.slice(0, 20)) {
        const timeless = { dialect: DELETING, userId, states: query.states, fromMs: null, toMs: null };
        const { total } = await orders.page(timeless, { offset: 0, limit: 1 });
        expect([timeless, total]).toEqual([timeless, expectedOf(kept, timeless).length]);
      }
    }
  });

  test('leave pages that are what a full scan gives, with the details of their own orders and no words', async () => {
    let shownInAll = 0;
    for (const { query, size, number } of queries) {
      const offset = (number - 1) * size;
      const { views } = await orders.page(query, { offset, limit: size });
      const expected = expectedOf(all, query)
        .slice(offset, offset + size)
        .map((one) => ({
          orderNo: one.orderNo,
          listedState: listedStateOf(one),
          texts: [{ row: `order/${one.orderNo}`, sealed: one.sealed }],
        }));
      const shown = views.map(({ order: { orderNo }, listedState, texts }) => ({ orderNo, listedState, texts }));
      expect([query, shown]).toEqual([query, expected]);
      shownInAll += views.length;
    }
    expect(shownInAll).toBeGreaterThan(200);
  });

  test('leave a list of all the states that there are at once, with or without a span, for one user and for all', async () => {
    for (const userId of [null, ...users.slice(0, 2).map(([user]) => user?.userId ?? '')]) {
      for (const [fromMs, toMs] of [
        [null, null],
        [PLACED_AT_MS + 1000, null],
        [PLACED_AT_MS + 1000, PLACED_AT_MS + 8000],
      ] as const) {
        const query = { dialect: KEEPING, userId, states: EVERY_STATE, fromMs, toMs };
        const { views, total } = await orders.page(query, { offset: 3, limit: 50 });
        const expected = expectedOf(all, query).map(({ orderNo }) => orderNo);
        expect([query, total, views.map(({ order }) => order.orderNo)]).toEqual([
          query,
          expected.length,
          expected.slice(3, 53),
        ]);
        expect(views.length).toBeGreaterThan(1);
      }
    }
  });

  test('leave places from one on, without a gap, in the order in which the orders were placed', async () => {
    for (const user of users.flat()) {
      const theirs = await scanUser(user);
      expect(theirs.map(({ place: at }) => at)).toEqual(theirs.map((_, index) => index + 1));
    }
  });
});

const PAGE = 10;

/** So many orders of each user, one a millisecond, one of four states each, with a sealed text and an attempt that is over. */
async function addOrders(users: readonly string[], count: number, firstNumber: number): Promise<void> {
  const numbered = `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})`;
  const states = ['pending_payment', 'paid', 'cancelled', 'expired'];
  for (const [nth, userId] of users.entries()) {
    const orderNo = `printf('20240116%014d', i + ${firstNumber + nth * count})`;
    await env.DB.batch([
      env.DB.prepare(
        `INSERT INTO orders (order_no, dialect, user_id, amount_fen, subject, details, items, created_at_ms,
           updated_at_ms, expires_at_ms, place)
         ${numbered} SELECT ${orderNo}, ?1, ?2, 29900, 'a service', '{}', '[{"kind":"medical-services","id":"1"}]', i, i,
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

const asked = (user: Scope, more: Partial<OrderQuery> = {}): OrderQuery => ({
  states: 'all',
  fromMs: null,
  toMs: null,
  ...user,
  ...more,
});

describe('what a page costs', () => {
  const BIG: User = { userId: 'big', dialect: KEEPING };
  const SMALL: User = { userId: 'small', dialect: KEEPING };
  const PAID_ONES: readonly ListedState[] = ['paid/unfulfilled'];
  const OVER: readonly ListedState[] = ['cancelled', 'expired'];
  /** Of every user's orders, so many lie in it. */
  const SPAN = { fromMs: 101, toMs: 120 };
  const SPAN_ORDERS = 20;
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
  async function rowsRead(query: OrderQuery, number: number, shown = PAGE): Promise<number> {
    watch.take();
    const { views } = await watched.page(query, { offset: (number - 1) * PAGE, limit: PAGE });
    expect([number, views.length]).toEqual([number, shown]);
    const calls = watch.take();
    expect(calls.database).toBe(1);
    return calls.rowsRead;
  }

  /** The rows that a page of nothing reads: those of its total, and a handful of where it would begin. */
  async function rowsOfTotal(query: OrderQuery): Promise<{ total: number; rows: number }> {
    watch.take();
    const { total } = await watched.page(query, { offset: 0, limit: 0 });
    return { total, rows: watch.take().rowsRead };
  }

  test('the thousandth reads no more than the first: what it shows, and not what is in front of it', async () => {
    const first = await rowsRead(asked(BIG), 1);
    const pages = [2, 10, 100, 500, 999, 1000];
    for (const number of pages) expect([number, await rowsRead(asked(BIG), number)]).toEqual([number, first]);
    expect(first).toBeGreaterThan(PAGE);
    expect(first).toBeLessThan(30 * PAGE);
    expect(await rowsRead(asked(BIG), 1001, 0)).toBeLessThan(first);
    expect(await rowsRead(asked(BIG), 9_999_999_999, 0)).toBeLessThan(first);
  });

  test('it is the same for somebody with ten thousand orders and for somebody with twenty', async () => {
    for (const number of [1, 2]) expect(await rowsRead(asked(BIG), number)).toBe(await rowsRead(asked(SMALL), number));
    for (const states of [PAID_ONES, OVER]) {
      const [big, small] = [asked(BIG, { states }), asked(SMALL, { states })];
      const shown = Math.min(PAGE, (2 * PAGE * states.length) / 4);
      const perOrder = (await rowsRead(big, 1)) / PAGE;
      expect((await rowsRead(small, 1, shown)) / shown).toBeGreaterThan(perOrder / 2);
      expect(perOrder).toBeLessThan(60);
    }
  });

  test('the first of a list by states reads about as much, a later one what stands before it in the index as well', async () => {
    const all = await rowsRead(asked(BIG), 1);
    for (const states of [PAID_ONES, OVER]) {
      const query = asked(BIG, { states });
      const first = await rowsRead(query, 1);
      expect(first).toBeLessThan(2 * all);
      const [tenth, nineteenth] = [await rowsRead(query, 10), await rowsRead(query, 19)];
      expect(nineteenth - tenth).toBe(tenth - first);
      expect(tenth - first).toBeLessThan(9 * PAGE * states.length * 20);
    }
    expect(await rowsRead(asked(BIG, { states: ['refunded'] }), 1, 0)).toBeLessThan(2 * PAGE);
  });

  test('a total without a span is a handful of rows, however long the history', async () => {
    for (const user of [BIG, { dialect: KEEPING, userId: null }]) {
      for (const states of ['all', PAID_ONES, OVER, PAID, EVERY_STATE] as const) {
        const { total, rows } = await rowsOfTotal(asked(user, { states }));
        expect(total).toBeGreaterThanOrEqual(2500);
        expect([states, rows < 3 * EVERY_STATE.length]).toEqual([states, true]);
      }
    }
  });

  test('a total with a span reads the orders that lie in it, and no others', async () => {
    const [all, over] = [await rowsOfTotal(asked(BIG, SPAN)), await rowsOfTotal(asked(BIG, { ...SPAN, states: OVER }))];
    expect([all.total, over.total]).toEqual([SPAN_ORDERS, SPAN_ORDERS / 2]);
    expect(all.rows).toBeLessThan(3 * SPAN_ORDERS);
    expect(over.rows).toBeLessThan(3 * SPAN_ORDERS);
  });

  test('the first page of everybody’s orders costs no more than one of somebody’s', async () => {
    const everybody = { dialect: KEEPING, userId: null };
    expect(await rowsRead(asked(everybody), 1)).toBeLessThan(1.5 * (await rowsRead(asked(BIG), 1)));
    expect(await rowsRead(asked(everybody, { states: OVER }), 1)).toBeLessThan(2 * (await rowsRead(asked(BIG), 1)));
  });

  /** The rows of some pages of each kind. */
  async function read(): Promise<number[]> {
    const rows: number[] = [];
    for (const number of [1, 1000]) rows.push(await rowsRead(asked(BIG), number));
    for (const states of [PAID_ONES, OVER]) {
      for (const number of [1, 20]) rows.push(await rowsRead(asked(BIG, { states }), number));
      rows.push(await rowsRead(asked(BIG, { states, ...SPAN }), 1, (SPAN_ORDERS * states.length) / 4));
    }
    for (const number of [1, 2]) rows.push(await rowsRead(asked(BIG, SPAN), number));
    return [...rows, await rowsRead(asked(SMALL), 2)];
  }

  test('it does not grow with the orders of others', async () => {
    const before = await read();
    const others = Array.from({ length: 20 }, (_, nth) => `other-${nth}`);
    await addOrders([...others, 'bi0', 'big0', 'smallest'], 300, 600_000);
    expect(await read()).toEqual(before);
  });
});
