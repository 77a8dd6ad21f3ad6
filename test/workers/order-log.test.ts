/** The stores under the core: one batch a decision, nothing at all on a conflict, one winner of every claim. */
import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { OrderCommand } from '../../src/core/order/command.ts';
import type { Change, Decision } from '../../src/core/order/decision.ts';
import { decide } from '../../src/core/order/decide.ts';
import type { OrderState } from '../../src/core/order/order.ts';
import type { Submitted } from '../../src/core/order/order-gate.ts';
import type { OrderLog } from '../../src/core/order/order-log.ts';
import type { NewOrder } from '../../src/core/order/order-store.ts';
import { submitCommand } from '../../src/core/order/submit-command.ts';
import { createAccountStore } from '../../src/db/account-store.ts';
import { openDatabase } from '../../src/db/open-database.ts';
import { createOrderLog } from '../../src/db/order-log.ts';
import { createOrderStore } from '../../src/db/order-store.ts';
import { createOutboxStore } from '../../src/db/outbox-store.ts';
import { createPaymentStore } from '../../src/db/payment-store.ts';
import { createRefundStore } from '../../src/db/refund-store.ts';
import { createMemoryOrderLog, type MemoryOrderLog } from '../core/memory-order-log.ts';
import { brokenRules } from '../core/order-invariants.ts';
import {
  ALIPAY,
  AMOUNT_FEN,
  anAttempt,
  anOrder,
  aState,
  aSubmission,
  DIALECT,
  EXPIRES_AT_MS,
  MINUTE_MS,
  ON_ACCOUNT,
  ORDER_NO,
  OWNER,
  PLACED_AT_MS,
  SALE_OF,
  SLIP_MS,
  ANYTHING,
} from '../core/order-states.ts';
import { BEARERS, histories, type Step } from '../core/submission-histories.ts';
import { decisionOf } from '../core/verdict-of.ts';

const RACERS = Array.from({ length: 20 }, (_, nth) => nth);
let placedSoFar = 0;

const open = () => openDatabase(env.DB, 'first-primary').db;
const log = createOrderLog(open());
const orders = createOrderStore(open(), new Map());
const payments = createPaymentStore(open());
const refunds = createRefundStore(open());
const outbox = createOutboxStore(open());

beforeAll(async () => {
  const { kind, id } = SALE_OF;
  await env.DB.prepare(
    'INSERT INTO catalog_items (kind, id, body, created_at_ms, updated_at_ms) VALUES (?, ?, ?, 1, 1)',
  )
    .bind(kind, id, '{}')
    .run();
});

afterEach(() => {
  vi.restoreAllMocks();
});

/** A new order, placed at noon like every order of these tests; gives its number. */
async function place(expiresAtMs = EXPIRES_AT_MS, changes: Partial<NewOrder> = {}): Promise<string> {
  placedSoFar += 1;
  const orderNo = `20221122${String(placedSoFar).padStart(14, '0')}`;
  const placed = await orders.place({
    orderNo,
    dialect: DIALECT,
    userId: OWNER,
    actor: `user:${OWNER}`,
    amountFen: AMOUNT_FEN,
    subject: anOrder().subject,
    details: {},
    items: [],
    saleOf: SALE_OF,
    payWith: null,
    commission: null,
    account: null,
    personal: null,
    createdAtMs: PLACED_AT_MS,
    expiresAtMs,
    commitId: `c-${orderNo}`,
    idempotency: null,
    ...changes,
  });
  expect(placed.status).toBe('placed');
  return orderNo;
}

async function loaded(orderNo: string): Promise<OrderState> {
  const state = await log.load(orderNo);
  if (state === null) throw new Error('there is no such order');
  return state;
}

/** Submits a command by the service itself, and gives the order after it. */
async function done(orderNo: string, command: OrderCommand, nowMs = PLACED_AT_MS): Promise<OrderState> {
  const submission = aSubmission(command, { orderNo, nowMs, commitId: crypto.randomUUID() });
  const submitted = await submitCommand(log, null, submission);
  if (!submitted.ok) throw new Error(`refused: ${submitted.refusal.reason}`);
  return submitted.state;
}

const OPEN: OrderCommand = { type: 'open_attempt', methods: [ALIPAY], slipMs: SLIP_MS, whenOpen: 'refuse' };

function money(orderNo: string, nth: number): OrderCommand {
  const payment = {
    outTradeNo: `${orderNo}0001`,
    transactionId: `${orderNo}-t${nth}`,
    amountFen: AMOUNT_FEN,
    paidAtMs: PLACED_AT_MS,
  };
  return { type: 'settle_payment', provider: 'alipay', payment, proof: 'query', receipt: null };
}

const failed = (refundNo: string): OrderCommand => ({
  type: 'settle_refund',
  refundNo,
  outcome: 'failed',
  cause: null,
});

/** Everything that the database holds of orders. */
async function everything(): Promise<unknown[]> {
  const tables = ['orders', 'order_events', 'payment_attempts', 'captures', 'refunds', 'outbox'];
  const results = await env.DB.batch(
    [...tables, 'provider_notifications', 'catalog_items'].map((table) => env.DB.prepare(`SELECT * FROM ${table}`)),
  );
  return results.map((result) => result.results);
}

/** Counts the batches, and the statements that went alone, of whatever is opened from here on. */
function countTrips(): { batches: number[]; alone: () => number } {
  const batches: number[] = [];
  const openSession = env.DB.withSession.bind(env.DB);
  vi.spyOn(env.DB, 'withSession').mockImplementation((from) => {
    const session = openSession(from);
    const batch = session.batch.bind(session);
    session.batch = <T>(statements: D1PreparedStatement[]) => {
      batches.push(statements.length);
      return batch<T>(statements);
    };
    return session;
  });
  const statement: D1PreparedStatement = Object.getPrototypeOf(env.DB.prepare('SELECT 1'));
  const spies = (['all', 'raw', 'run', 'first'] as const).map((method) => vi.spyOn(statement, method));
  return { batches, alone: () => spies.reduce((sum, spy) => sum + spy.mock.calls.length, 0) };
}

describe('round trips', () => {
  test('reading an order is one, writing a decision and reading what came of it is one', async () => {
    const orderNo = await place();
    const trips = countTrips();
    const counted = createOrderLog(open());
    const state = await counted.load(orderNo);
    if (state === null) throw new Error('there is no such order');
    expect(trips.batches).toEqual([4]);
    const decision = decisionOf(decide(state, aSubmission(OPEN, { orderNo })));
    const head = { orderNo, version: 1, commitId: 'c-2', nowMs: PLACED_AT_MS };
    expect((await counted.commit(head, decision)).status).toBe('committed');
    // One event, one change, and the four reads of an order.
    expect(trips.batches).toEqual([4, 6]);
    expect(trips.alone()).toBe(0);
    // The count sees a statement that goes alone.
    await createOrderStore(open(), new Map()).expireIdle(0, 1);
    expect(trips.alone()).toBe(1);
  });
});

/** A decision of everything that can be written at once. */
const wholeDecision = (orderNo: string): Decision => {
  const attempt = { ...anAttempt(2), orderNo, outTradeNo: `${orderNo}0002` };
  const [event] = decisionOf(decide(aState(), aSubmission(OPEN))).events;
  const receipt = {
    provider: 'alipay',
    notificationId: `n-${orderNo}`,
    outTradeNo: attempt.outTradeNo,
    transactionId: 't',
    amountFen: 1,
    receivedAtMs: PLACED_AT_MS,
  };
  return {
    events: [event, event],
    changes: [
      { type: 'record_notification', receipt, outcome: 'pays' },
      { type: 'count_sale', item: SALE_OF, by: 1 },
      { type: 'insert_attempt', attempt, nextQueryAtMs: PLACED_AT_MS },
    ],
    subject: null,
  };
};
const headAt = (orderNo: string, version: number) => ({ orderNo, version, commitId: 'c-x', nowMs: PLACED_AT_MS });

describe('a conflict', () => {
  test('with nobody in the way, such a decision is written whole', async () => {
    const orderNo = await place();
    const outcome = await log.commit(headAt(orderNo, 1), wholeDecision(orderNo));
    expect(outcome).toMatchObject({ status: 'committed', state: { order: { version: 3 }, lastCommitId: 'c-x' } });
  });

  test.each([-2, -1, 1])('a version that is off by %d writes nothing at all', async (off) => {
    const orderNo = await place();
    await done(orderNo, OPEN);
    const { order } = await done(orderNo, { type: 'close_attempt', outTradeNo: `${orderNo}0001`, proof: 'closed' });
    const before = await everything();
    expect(await log.commit(headAt(orderNo, order.version + off), wholeDecision(orderNo))).toEqual({
      status: 'conflict',
    });
    expect(await everything()).toEqual(before);
  });

  test('an order that does not exist writes nothing at all', async () => {
    const before = await everything();
    const orderNo = '2022112299999999999999';
    expect(await log.commit(headAt(orderNo, 0), wholeDecision(orderNo))).toEqual({ status: 'conflict' });
    expect(await everything()).toEqual(before);
  });

  test.each<[string, (orderNo: string) => Change]>([
    [
      'a second live attempt',
      (orderNo) => ({
        type: 'insert_attempt',
        attempt: { ...anAttempt(3), orderNo, outTradeNo: `${orderNo}0003` },
        nextQueryAtMs: 0,
      }),
    ],
    [
      'the same money again',
      (orderNo) => ({
        type: 'insert_capture',
        recordedAtMs: 0,
        capture: {
          provider: 'alipay',
          transactionId: `${orderNo}-t1`,
          outTradeNo: `${orderNo}0001`,
          orderNo,
          role: 'surplus',
          amountFen: 1,
          capturedAtMs: 0,
        },
      }),
    ],
    [
      'an attempt that goes back',
      (orderNo) => ({
        type: 'move_attempt',
        outTradeNo: `${orderNo}0001`,
        from: 'paid',
        to: 'closed',
        paidAtMs: null,
        nextQueryAtMs: null,
      }),
    ],
  ])('%s: the database’s own guard takes the whole decision back', async (_name, change) => {
    const orderNo = await place();
    await done(orderNo, OPEN);
    await done(orderNo, money(orderNo, 1));
    const before = await everything();
    const whole = wholeDecision(orderNo);
    const changes = [...whole.changes, change(orderNo)];
    const { version } = (await loaded(orderNo)).order;
    const paid = { ...whole.events[0], orderStatus: 'paid' } as const;
    expect(await log.commit(headAt(orderNo, version), { ...whole, events: [paid], changes })).toEqual({
      status: 'conflict',
    });
    expect(await everything()).toEqual(before);
  });

  test('a database that does not answer is no conflict: it throws', async () => {
    const orderNo = await place();
    const before = await everything();
    const lost = open();
    vi.spyOn(lost, 'batch').mockRejectedValue(new Error('D1_ERROR: Network connection lost.'));
    await expect(createOrderLog(lost).commit(headAt(orderNo, 1), wholeDecision(orderNo))).rejects.toThrow('lost');
    expect(await everything()).toEqual(before);
  });
});

const SEED = 20221122;
const HISTORIES = 60;

/** The same history for another order. Of one that costs nothing, nothing is held back: no dialect would. */
const forOrder = (steps: readonly Step[], { orderNo, isFree }: Placed): Step[] => {
  const text = JSON.stringify(steps).replaceAll(ORDER_NO, orderNo);
  return JSON.parse(isFree ? text.replaceAll(/"heldBackFen":\d+/g, '"heldBackFen":null') : text);
};

/** The same bearer, of whom an order is whose owner is another. */
const forUser = (by: Step['by'], userId: string): (typeof BEARERS)[Step['by']] =>
  JSON.parse(JSON.stringify(BEARERS[by]).replaceAll(OWNER, userId));

const accounts = createAccountStore(open());

type Placed = { orderNo: string; userId: string; isFree: boolean; memory: MemoryOrderLog };

/** Places the nth order of the histories, each of a user of its own; of three, two are on their account. */
async function placeForHistory(nth: number): Promise<Placed> {
  const userId = `${OWNER}-${nth}`;
  const { subscription, balanceFen, commission } = ON_ACCOUNT;
  const amountFen = nth % 3 === 2 ? 0 : AMOUNT_FEN;
  const entry = { userId, balanceFen, actor: 'operator:1', reason: null, atMs: PLACED_AT_MS };
  expect(await accounts.set(entry)).toBe(true);
  const account = { subscription: { ...subscription, creditFen: nth % 2 }, balanceFen, couponId: null, absorbs: [] };
  const terms = nth % 3 === 0 ? { userId } : { userId, amountFen, commission, account: { ...account, place: 1 } };
  const orderNo = await place(EXPIRES_AT_MS, { ...terms, actor: `user:${userId}` });
  const placed = { userId, amountFen, orderNo, items: [] };
  const onAccount = { commission, balanceFen, subscription: account.subscription };
  const memory = createMemoryOrderLog(aState({ ...placed, ...(nth % 3 === 0 ? {} : onAccount) }));
  return { orderNo, userId, isFree: amountFen === 0, memory };
}

/** What two stores must agree on: positions among all rows are each store's own, and captures have no order. */
function shared(state: OrderState | null) {
  if (state === null) return null;
  const { order, attempts, captures, refunds: back } = state;
  return {
    order: { ...order, id: 0, items: [] },
    attempts,
    captures: captures.toSorted((a, b) => (a.transactionId + a.provider < b.transactionId + b.provider ? -1 : 1)),
    refunds: back.map((one) => ({ ...one, id: 0 })).toSorted((a, b) => (a.refundNo < b.refundNo ? -1 : 1)),
  };
}

const outcomeOf = ({ state, ...rest }: Submitted) => ({ ...rest, state: rest.ok ? shared(state) : null });

async function submitBoth(logs: readonly OrderLog[], step: Step, index: number, order: Placed, nowMs: number) {
  const { orderNo, userId } = order;
  const bearer = forUser(step.by, userId);
  const submission = { orderNo, command: step.command, ...bearer, nowMs, commitId: `c-${orderNo}-${index}` };
  const outcomes: ReturnType<typeof outcomeOf>[] = [];
  for (const one of logs) {
    const remembered = step.memory === 'none' ? null : await one.load(orderNo);
    outcomes.push(outcomeOf(await submitCommand(one, remembered, submission)));
  }
  return outcomes;
}

describe('random histories', () => {
  test('D1 and memory come to the same order, answer by answer, and what a commit gives is what is there', async () => {
    const played = fc.sample(histories(ORDER_NO, 30), { seed: SEED, numRuns: HISTORIES });
    let steps = 0;
    for (const [nth, history] of played.entries()) {
      const placed = await placeForHistory(nth);
      const { orderNo, memory } = placed;
      const given: OrderState[] = [];
      const inD1: OrderLog = {
        load: (wanted) => log.load(wanted),
        commit: async (head, decision) => {
          const outcome = await log.commit(head, decision);
          if (outcome.status === 'committed') given.push(outcome.state);
          return outcome;
        },
      };
      let nowMs = PLACED_AT_MS;
      for (const [index, step] of forOrder(history, placed).entries()) {
        nowMs += step.elapsedMs;
        const [ours, theirs] = await submitBoth([inD1, memory], step, index, placed, nowMs);
        expect([nth, index, ours]).toEqual([nth, index, theirs]);
        const fresh = await loaded(orderNo);
        expect(given.at(-1) ?? fresh).toEqual(fresh);
        steps += 1;
      }
      const told = await orders.history(orderNo);
      expect(told?.events).toEqual(memory.events());
      expect(brokenRules(await loaded(orderNo), memory.events())).toEqual([]);
    }
    expect(steps).toBeGreaterThan(HISTORIES * 5);
  });
});

async function expiredEvents(orderNo: string): Promise<number> {
  const told = await orders.history(orderNo);
  return told?.events.filter(({ type }) => type === 'order_expired').length ?? -1;
}

describe('expiring what nobody can be paying', () => {
  test('two runs at once expire each due order once, and no other', async () => {
    const due = await Promise.all(RACERS.map(() => place(PLACED_AT_MS + 1000)));
    const notDue = await place(PLACED_AT_MS + 1001);
    const paying = await place(PLACED_AT_MS + 1000);
    await done(paying, OPEN);
    const paid = await place(PLACED_AT_MS + 1000);
    await done(paid, OPEN);
    await done(paid, money(paid, 1));
    const counts = await Promise.all([1, 2].map(() => orders.expireIdle(PLACED_AT_MS + 1000, 200)));
    expect(counts.reduce((sum, count) => sum + count)).toBe(due.length);
    expect(await Promise.all(due.map(expiredEvents))).toEqual(due.map(() => 1));
    expect(await Promise.all([notDue, paying, paid].map(expiredEvents))).toEqual([0, 0, 0]);
    expect((await loaded(due[0] ?? '')).order).toMatchObject({
      status: 'expired',
      version: 2,
      updatedAtMs: PLACED_AT_MS + 1000,
    });
  });

  test('a page at a time, the oldest first', async () => {
    await orders.expireIdle(PLACED_AT_MS + 1999, 200);
    const late = await place(PLACED_AT_MS + 3000);
    const early = await place(PLACED_AT_MS + 2000);
    expect(await orders.expireIdle(PLACED_AT_MS + 3000, 1)).toBe(1);
    expect(await Promise.all([early, late].map(expiredEvents))).toEqual([1, 0]);
    expect(await orders.expireIdle(PLACED_AT_MS + 3000, 1)).toBe(1);
    expect(await orders.expireIdle(PLACED_AT_MS + 3000, 1)).toBe(0);
  });

  test('against a customer who opens a slip: one of them wins, and never both', async () => {
    for (let round = 0; round < 20; round++) {
      const orderNo = await place(PLACED_AT_MS + 1000);
      // The customer came a moment before the end; their write and the cron's are on their way together.
      const submission = aSubmission(OPEN, { orderNo, nowMs: PLACED_AT_MS + 999, commitId: crypto.randomUUID() });
      await Promise.all([orders.expireIdle(PLACED_AT_MS + 1000, 200), submitCommand(log, null, submission)]);
      const { order, attempts } = await loaded(orderNo);
      expect([order.status, attempts.length]).toEqual(order.status === 'expired' ? ['expired', 0] : [order.status, 1]);
    }
  });
});

const winners = (results: readonly boolean[]) => results.filter(Boolean).length;

describe('twenty at once: one gets it', () => {
  test('a look at an attempt', async () => {
    const orderNo = await place();
    await done(orderNo, OPEN);
    const nowMs = PLACED_AT_MS + MINUTE_MS;
    const due = (await payments.due(nowMs, 1000)).find((one) => one.orderNo === orderNo);
    if (!due) throw new Error('the attempt is not due');
    const claims = await Promise.all(RACERS.map(() => payments.claimLook(due, nowMs, nowMs + MINUTE_MS)));
    expect(winners(claims)).toBe(1);
    expect((await payments.due(nowMs, 1000)).some((one) => one.orderNo === orderNo)).toBe(false);
    // Due again: a run that read the row before the first look is too late for the second.
    const laterMs = nowMs + MINUTE_MS;
    expect(await payments.claimLook(due, laterMs, laterMs + MINUTE_MS)).toBe(false);
    expect(await payments.claimLook({ ...due, looks: 1 }, laterMs, laterMs + MINUTE_MS)).toBe(true);
  });

  test('a look that is not due is nobody’s', async () => {
    const orderNo = await place();
    const { attempts } = await done(orderNo, OPEN);
    const [attempt] = attempts;
    if (!attempt) throw new Error('there is no attempt');
    const early = PLACED_AT_MS + MINUTE_MS - 1;
    expect(await payments.claimLook({ ...attempt, looks: 0 }, early, early + MINUTE_MS)).toBe(false);
  });

  test('a glance, and five seconds later another', async () => {
    const orderNo = await place();
    await done(orderNo, OPEN);
    const glance = (nowMs: number) => payments.claimGlance(`${orderNo}0001`, nowMs, 5000);
    expect(winners(await Promise.all(RACERS.map(() => glance(PLACED_AT_MS + 5000))))).toBe(1);
    expect(await glance(PLACED_AT_MS + 9999)).toBe(false);
    expect(winners(await Promise.all(RACERS.map(() => glance(PLACED_AT_MS + 10_000))))).toBe(1);
  });

  test('a look at a refund', async () => {
    const orderNo = await place();
    await done(orderNo, OPEN);
    await done(orderNo, money(orderNo, 1));
    await done(orderNo, { type: 'request_refund', amountFen: 'all', policy: ANYTHING, reason: null, approval: 'auto' });
    const nowMs = PLACED_AT_MS + MINUTE_MS;
    const due = (await refunds.due(nowMs, 1000)).find((one) => one.orderNo === orderNo);
    if (!due) throw new Error('the refund is not due');
    expect(due).toMatchObject({ capturedFen: AMOUNT_FEN, looks: 0 });
    const claims = await Promise.all(RACERS.map(() => refunds.claimLook(due, nowMs, nowMs + MINUTE_MS)));
    expect(winners(claims)).toBe(1);
    const laterMs = nowMs + MINUTE_MS;
    expect(await refunds.claimLook({ ...due, looks: 1 }, laterMs - 1, laterMs + MINUTE_MS)).toBe(false);
    expect(await refunds.claimLook(due, laterMs, laterMs + MINUTE_MS)).toBe(false);
    expect(await refunds.claimLook({ ...due, looks: 1 }, laterMs, laterMs + MINUTE_MS)).toBe(true);
  });

  test('each message of the outbox, also where the pages overlap', async () => {
    await Promise.all(RACERS.map(() => place()));
    const due = await outbox.due(PLACED_AT_MS, 20);
    const claims = due.map(({ id, tries }) => ({ id, tries, nextAtMs: PLACED_AT_MS + 10_000 }));
    const claimed = await Promise.all(RACERS.map((nth) => outbox.claim(nth % 2 === 0 ? claims : claims.slice(5))));
    const ids = claimed.flatMap((set) => [...set]);
    expect(ids.toSorted((a, b) => a - b)).toEqual(due.map(({ id }) => id).toSorted((a, b) => a - b));
    expect(await outbox.claim(claims)).toEqual(new Set());
    const later = (await outbox.due(PLACED_AT_MS + 10_000, 1000)).filter(({ id }) => ids.includes(id));
    expect(later.map(({ tries, nextAtMs }) => [tries, nextAtMs])).toEqual(ids.map(() => [1, PLACED_AT_MS + 10_000]));
  });

  test('what was delivered or parked is claimed by nobody', async () => {
    await place();
    await place();
    const [first, second] = (await outbox.due(PLACED_AT_MS, 1000)).slice(-2);
    if (!first || !second) throw new Error('nothing is due');
    await outbox.markDelivered([first.id], PLACED_AT_MS);
    await outbox.markFailed(second.id, { error: 'HTTP 500', status: 'parked', nextAtMs: PLACED_AT_MS });
    const claims = [first, second].map(({ id, tries }) => ({ id, tries, nextAtMs: PLACED_AT_MS }));
    expect(await outbox.claim(claims)).toEqual(new Set());
    expect(await outbox.redeliver(second.id, PLACED_AT_MS)).toBe(true);
    expect(await outbox.claim(claims)).toEqual(new Set([second.id]));
    expect(await outbox.redeliver(9_999_999, PLACED_AT_MS)).toBe(false);
  });
});

const loose = async (orderNo: string, failedBeforeMs: number) =>
  (await refunds.looseSurplus(failedBeforeMs, 1000)).filter((one) => one.orderNo === orderNo);
const later = PLACED_AT_MS + 5000;

/** A paid order with one surplus capture, whose first refund fails at `later`. */
async function withFailedSurplus(): Promise<string> {
  const orderNo = await place();
  await done(orderNo, OPEN);
  await done(orderNo, money(orderNo, 1));
  await done(orderNo, money(orderNo, 2));
  expect(await loose(orderNo, later)).toEqual([]);
  await done(orderNo, failed(`${orderNo}000101`), later);
  return orderNo;
}

describe('surplus money that no refund holds', () => {
  test('is found from the moment on at which its refund came to nothing, once', async () => {
    const orderNo = await withFailedSurplus();
    expect(await loose(orderNo, later - 1)).toEqual([]);
    expect(await loose(orderNo, later)).toEqual([{ orderNo, provider: 'alipay', transactionId: `${orderNo}-t2` }]);
  });

  test('is not loose while another refund is under way, nor when it is back', async () => {
    const orderNo = await withFailedSurplus();
    await done(orderNo, { type: 'return_surplus', provider: 'alipay', transactionId: `${orderNo}-t2` }, later);
    expect(await loose(orderNo, later)).toEqual([]);
    const refundNo = `${orderNo}000102`;
    await done(orderNo, { type: 'settle_refund', refundNo, outcome: 'succeeded', cause: null }, later);
    expect(await loose(orderNo, later + 1)).toEqual([]);
  });

  test('waits anew after each failure, and is still one', async () => {
    const orderNo = await withFailedSurplus();
    await done(orderNo, { type: 'return_surplus', provider: 'alipay', transactionId: `${orderNo}-t2` }, later);
    await done(orderNo, failed(`${orderNo}000102`), later + 1000);
    expect(await loose(orderNo, later + 999)).toEqual([]);
    expect(await loose(orderNo, later + 1000)).toHaveLength(1);
  });

  test('money that pays is never loose, whatever became of its refund', async () => {
    const orderNo = await place();
    await done(orderNo, OPEN);
    await done(orderNo, money(orderNo, 1));
    await done(orderNo, { type: 'request_refund', amountFen: 'all', policy: ANYTHING, reason: null, approval: 'auto' });
    await done(orderNo, failed(`${orderNo}000101`), later);
    expect(await loose(orderNo, later + 1000)).toEqual([]);
  });
});
