/** A user's balance as operators see it and set it: a ledger that adds up, whoever is at it. */
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { checkBooks } from '../harness/check-books.ts';
import { openShop, type Shop } from '../harness/shop.ts';
import type { SubscriptionCustomer } from '../harness/subscription.ts';
import { type Operator, operatorOf } from './admin-operator.ts';
import { problemOf } from './admin-problem.ts';
import { rowsAsText } from './row-counts.ts';
import { accountOf, newCustomer, newPlan } from './subscription-people.ts';

const DAY_MS = 86_400_000;

/** Two isolates over one database: what one of them remembers, the other one knows nothing of. */
let shop: Shop;
let operator: Operator;
let operatorElsewhere: Operator;
beforeAll(async () => {
  operatorElsewhere = operatorOf(await openShop({ limits: 'off' }), '9002');
  shop = await openShop({ limits: 'off' });
  operator = operatorOf(shop);
});
afterEach(async () => {
  const violations = await checkBooks(shop, 'any_time');
  if (violations.length > 0) throw new Error(violations.join('\n'));
});

const actor = z.string().regex(/^(?:user:\d+|operator:\d+|system)$/);
const time = z.iso.datetime({ precision: 3 });
const ledger = z.array(
  z.strictObject({
    seq: z.int().positive(),
    at: time,
    kind: z.enum(['spent', 'returned', 'credited', 'commission', 'set']),
    amountFen: z.int(),
    balanceFen: z.int().nonnegative(),
    orderNo: z.string().nullable(),
    actor,
    reason: z.string().nullable(),
  }),
);
const account = z.looseObject({ id: z.string(), balanceFen: z.int().nonnegative(), ledger });

/** What the operator reads of a user. */
const userOf = async ({ userId }: SubscriptionCustomer) =>
  account.parse((await operator.get(`/catalog/users/${userId}`)).json);
const setUser = ({ userId }: SubscriptionCustomer, body: Record<string, unknown>, by: Operator = operator) =>
  by.put(`/catalog/users/${userId}`, body);

/** A row that an operator writes now. */
const entryOf = (fields: Record<string, unknown>) => ({
  at: new Date(Date.now()).toISOString(),
  kind: 'set',
  orderNo: null,
  actor: operator.actor,
  ...fields,
});

describe('a user’s balance', () => {
  test('is set with a reason, in a ledger whose newest row stands first', async () => {
    const customer = await newCustomer(shop);
    expect(await userOf(customer)).toEqual({ id: String(customer.userId), balanceFen: 0, ledger: [] });
    const first = await setUser(customer, { balanceFen: 500, reason: '周年回馈 🎉' });
    const rows = [entryOf({ seq: 1, amountFen: 500, balanceFen: 500, reason: '周年回馈 🎉' })];
    expect(first.json).toEqual({ id: String(customer.userId), balanceFen: 500, ledger: rows });
    shop.pass(60_000);
    await setUser(customer, { balanceFen: 20 }, operatorElsewhere);
    const { actor: by } = operatorElsewhere;
    rows.unshift(entryOf({ seq: 2, amountFen: -480, balanceFen: 20, actor: by, reason: null }));
    expect(await userOf(customer)).toEqual({ id: String(customer.userId), balanceFen: 20, ledger: rows });
  });

  test('that is what it is to be gets no row; left out, it stays', async () => {
    const customer = await newCustomer(shop, { balanceFen: 500 });
    const { ledger: before } = await userOf(customer);
    expect((await setUser(customer, { balanceFen: 500, reason: '再来一次' })).json).toMatchObject({ balanceFen: 500 });
    expect((await setUser(customer, { discountPercent: 7 })).json).toMatchObject({
      balanceFen: 500,
      discountPercent: 7,
    });
    expect((await setUser(customer, {})).json).toMatchObject({ balanceFen: 500, discountPercent: 7 });
    expect((await userOf(customer)).ledger).toEqual(before);
    const nobody = await newCustomer(shop, { balanceFen: 0 });
    expect(await accountOf(shop, nobody.userId)).toEqual({ balanceFen: 0, ledger: [] });
  });

  test('is the sum of a ledger that names each order, and in which way', async () => {
    const inviter = await newCustomer(shop);
    const customer = await newCustomer(shop, { balanceFen: 2500, inviterId: String(inviter.userId) });
    const [cheap, dear] = [await newPlan(shop, { monthPriceFen: 100 }), await newPlan(shop)];
    const cancelled = await customer.newOrder({ plan_id: dear });
    await customer.cancel(cancelled);
    const first = await customer.newOpenedOrder({ plan_id: dear });
    const change = await customer.newOpenedOrder({ plan_id: cheap });
    const { balanceFen, ledger: rows } = await userOf(customer);
    expect(rows.toReversed().map(({ kind, amountFen, orderNo }) => [kind, amountFen, orderNo])).toEqual([
      ['set', 2500, null],
      ['spent', -2000, cancelled],
      ['returned', 2000, cancelled],
      ['spent', -2000, first],
      ['credited', 1900, change],
    ]);
    expect(balanceFen).toBe(2400);
    const actors = rows.toReversed().map(({ actor: by }) => by);
    const self = `user:${customer.userId}`;
    expect(actors).toEqual([operator.actor, self, self, self, 'system']);
    shop.pass(3 * DAY_MS);
    await shop.cron();
    // A tenth of 2000, which the balance had paid; of what the change cost nothing was left.
    expect((await userOf(inviter)).ledger).toMatchObject([{ kind: 'commission', amountFen: 200, orderNo: first }]);
  });

  test('adds up, though twenty operators and an order are at it at once', async () => {
    const customer = await newCustomer(shop, { balanceFen: 1000 });
    const wanted = Array.from({ length: 20 }, (_none, nth) => 100 + nth);
    const [saved, ...answers] = await Promise.all([
      customer.save({ plan_id: await newPlan(shop) }),
      ...wanted.map((balanceFen) => setUser(customer, { balanceFen, reason: `第 ${balanceFen} 次` })),
    ]);
    expect(saved.status).toBe(200);
    expect(answers.every(({ status }) => status === 200 || status === 503)).toBe(true);
    const { balanceFen, ledger: rows } = await userOf(customer);
    expect(rows.reduce((sum, { amountFen }) => sum + amountFen, 0)).toBe(balanceFen);
    expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_row, nth) => rows.length - nth));
    // Each row says the reason that came with its own balance.
    for (const row of rows.filter(({ kind, seq }) => kind === 'set' && seq > 1)) {
      expect(row.reason).toBe(`第 ${row.balanceFen} 次`);
    }
  });

  test('counts for the very next order, in every isolate', async () => {
    const customer = await newCustomer(shop, { balanceFen: 1 });
    for (const [balanceFen, by] of [
      [5, operator],
      [7, operatorElsewhere],
      [0, operatorElsewhere],
    ] as const) {
      await setUser(customer, { balanceFen }, by);
      const tradeNo = await customer.newOrder();
      expect((await customer.shown(tradeNo)).balance_amount).toBe(balanceFen || null);
      await customer.cancel(tradeNo);
    }
  });

  test('is in the list, without the ledger', async () => {
    const [rich, poor] = [await newCustomer(shop, { balanceFen: 77 }), await newCustomer(shop)];
    const items: { id: string }[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const path: string = `/catalog/users?limit=7${cursor === '' ? '' : `&cursor=${cursor}`}`;
      const page = z
        .strictObject({ items: z.array(z.looseObject({ id: z.string() })), nextCursor: z.string().nullable() })
        .parse((await operator.get(path)).json);
      items.push(...page.items);
      cursor = page.nextCursor;
    }
    const listed = ({ userId }: SubscriptionCustomer) => items.find(({ id }) => id === String(userId));
    expect(listed(rich)).toEqual({ id: String(rich.userId), balanceFen: 77 });
    expect(listed(poor)).toEqual({ id: String(poor.userId), balanceFen: 0 });
    expect(items.find(({ id }) => id === '2058')).toMatchObject({ inviterId: '2057', balanceFen: 300 });
    expect(items.every((item) => 'balanceFen' in item && !('ledger' in item))).toBe(true);
  });

  test('outlives the row: who was removed and comes back has it again', async () => {
    const customer = await newCustomer(shop, { balanceFen: 77 });
    expect((await operator.remove(`/catalog/users/${customer.userId}`)).status).toBe(204);
    expect(problemOf(await operator.get(`/catalog/users/${customer.userId}`))).toEqual([404, 'item_not_found']);
    await setUser(customer, {});
    expect(await userOf(customer)).toMatchObject({ balanceFen: 77 });
  });

  test('has a reason that nobody reads without the key', async () => {
    const customer = await newCustomer(shop);
    const reason = 'CANARY 老客户 13912345678';
    await setUser(customer, { balanceFen: 1, reason });
    expect((await rowsAsText()).filter((row) => row.includes('CANARY'))).toEqual([]);
    expect((await userOf(customer)).ledger[0]?.reason).toBe(reason);
  });

  test.each<[string, Record<string, unknown>, string]>([
    ['below zero', { balanceFen: -1 }, 'balanceFen'],
    ['a fraction', { balanceFen: 0.5 }, 'balanceFen'],
    ['more than anybody can pay', { balanceFen: 10_000_000_001 }, 'balanceFen'],
    ['beyond 2^53', { balanceFen: 1e300 }, 'balanceFen'],
    ['a text', { balanceFen: '500' }, 'balanceFen'],
    ['null', { balanceFen: null }, 'balanceFen'],
    ['a list', { balanceFen: [500] }, 'balanceFen'],
    ['a reason for nothing', { reason: '为什么' }, 'reason'],
    ['a reason of blanks', { balanceFen: 5, reason: ' ' }, 'reason'],
    ['a reason of 501 characters', { balanceFen: 5, reason: 'x'.repeat(501) }, 'reason'],
    ['a reason of two lines', { balanceFen: 5, reason: 'a\nb' }, 'reason'],
    ['a reason that turns the direction of writing', { balanceFen: 5, reason: 'a\u202eb' }, 'reason'],
    ['a number as a reason', { balanceFen: 5, reason: 5 }, 'reason'],
    ['a ledger', { ledger: [] }, 'ledger'],
    ['a good balance with a bad field', { balanceFen: 5, discountPercent: 101 }, 'discountPercent'],
    ['a bad balance with a good field', { balanceFen: -5, discountPercent: 10 }, 'balanceFen'],
  ])('is not %s', async (_what, body, field) => {
    const customer = await newCustomer(shop, { balanceFen: 500 });
    const before = await rowsAsText();
    expect(problemOf(await setUser(customer, body))).toEqual([400, 'invalid_input', field]);
    expect(await rowsAsText()).toEqual(before);
  });

  test('is 100,000,000 yuan at the most', async () => {
    const customer = await newCustomer(shop, { balanceFen: 10_000_000_000 });
    expect((await userOf(customer)).balanceFen).toBe(10_000_000_000);
  });

  test('is no field of other kinds', async () => {
    const { status, json } = await operator.get('/catalog/plans/1');
    expect([status, Object.keys(z.looseObject({}).parse(json))]).toEqual([
      200,
      expect.not.arrayContaining(['balanceFen', 'ledger']),
    ]);
    const row = { name: 'x', payment: 'AlipayF2F' };
    const answer = await operator.put('/catalog/payment-methods/10', { ...row, balanceFen: 1 });
    expect(problemOf(answer)).toEqual([400, 'invalid_input', 'balanceFen']);
  });

  test('is nobody’s to see or to set but an operator’s', async () => {
    const customer = await newCustomer(shop, { balanceFen: 5 });
    const path = `/admin/catalog/users/${customer.userId}`;
    const before = await rowsAsText();
    for (const [token, answer] of [
      [null, [401, 'unauthenticated']],
      [await shop.token(String(customer.userId)), [403, 'forbidden']],
      [await shop.token('2057', { role: 'customer' }), [403, 'forbidden']],
    ] as const) {
      expect(problemOf(await shop.send(path, { token }))).toEqual(answer);
      expect(problemOf(await shop.send('/admin/catalog/users', { token }))).toEqual(answer);
      const sent = { method: 'PUT', body: { balanceFen: 1_000_000 }, token };
      expect(problemOf(await shop.send(path, sent))).toEqual(answer);
    }
    expect(await rowsAsText()).toEqual(before);
  });
});
