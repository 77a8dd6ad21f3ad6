/** Histories that nobody thought of: customers, both providers, the clock, the cron and broken networks in any order. */
import { evictAllDurableObjects } from 'cloudflare:test';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EXAMPLE_ORDER, orderIdOf, pay, place, slipOf, ticketOf, wechatSlipOf } from '../harness/booking.ts';
import { checkBooks } from '../harness/check-books.ts';
import { type FlakyDatabase, makeDatabaseFlaky } from '../harness/flaky-database.ts';
import { deliver, type Letter, openShop, type Received, type Shop } from '../harness/shop.ts';

/** What has been handed out so far, for later steps to use again. */
type World = {
  shop: Shop;
  database: FlakyDatabase;
  orders: string[];
  slips: Slip[];
  letters: Signed[];
  /** Of money that slipped through after its deadline: nobody looks for it for ever, but providers repeat themselves. */
  late: Signed[];
};

/** A slip at either provider, and what its payer does with it. */
type Slip = {
  paymentId: string;
  enterPassword: (late: boolean) => unknown;
  openOnly: () => unknown;
};

/** A letter as it goes out now: WeChat signs each try anew. */
type Signed = () => Letter;

/** One step; `pick` chooses among what there is, so that every step means something in every history. */
type Step = { name: string; run: (world: World, pick: number) => Promise<unknown> };

const among = <T>(list: readonly T[], pick: number): T | undefined => list[pick % Math.max(list.length, 1)];

async function startPayment({ shop, orders, slips }: World, pick: number): Promise<void> {
  const answer = await pay(shop, among(orders, pick) ?? '');
  if (answer.status === 200)
    slips.push(answer.text.includes('"order_str"') ? alipaySlip(shop, answer) : wechatSlip(shop, answer));
}

function alipaySlip({ alipay }: Shop, answer: Received): Slip {
  const { payment_id: paymentId, order_str: orderString } = slipOf(answer);
  return {
    paymentId,
    enterPassword: (late) => alipay.pay(orderString, { late }),
    openOnly: () => alipay.openWithoutPaying(orderString),
  };
}

function wechatSlip({ wechatPay }: Shop, answer: Received): Slip {
  const slip = wechatSlipOf(answer);
  return {
    paymentId: slip.payment_id,
    enterPassword: (late) => wechatPay.pay(ticketOf(slip), { late }),
    openOnly: () => wechatPay.openWithoutPaying(ticketOf(slip)),
  };
}

/** Collects what the providers want to say; the letters are delivered by other steps, some of them twice, some never. */
function collect({ shop: { alipay, wechatPay }, letters }: World): void {
  letters.push(...alipay.takeNotifications().map((letter) => () => letter));
  letters.push(...wechatPay.takeNotifications().map((letter) => () => wechatPay.signAgain(letter)));
}

function post(signed: Signed): Promise<Received> {
  const { url, headers, body } = signed();
  return deliver(url, body, headers);
}

const STEPS: readonly Step[] = [
  {
    name: 'place',
    run: async ({ shop, orders }, pick) => {
      const answer = await shop.send('/V1/order', { body: { ...EXAMPLE_ORDER, pay_type: 1 + (pick % 2) } });
      if (answer.status === 201) orders.push(orderIdOf(answer));
    },
  },
  { name: 'pay', run: startPayment },
  { name: 'pay again', run: startPayment },
  {
    name: 'pay twice at once',
    run: (world, pick) => Promise.all([startPayment(world, pick), startPayment(world, pick)]),
  },
  {
    name: 'enter the password',
    run: async (world, pick) => {
      const late = pick % 5 === 0;
      among(world.slips, pick)?.enterPassword(late);
      const from = world.letters.length;
      collect(world);
      if (late) world.late.push(...world.letters.slice(from));
    },
  },
  {
    name: 'open the cashier only',
    run: async ({ slips }, pick) => among(slips, pick)?.openOnly(),
  },
  {
    name: 'deliver a letter',
    run: async ({ letters }, pick) => {
      const letter = among(letters, pick);
      if (letter) await Promise.all([post(letter), post(letter)]);
    },
  },
  {
    name: 'give up a slip',
    run: ({ shop, slips }, pick) =>
      shop.send(`/V1/order/pay/${among(slips, pick)?.paymentId ?? '0'}`, { method: 'DELETE' }),
  },
  {
    name: 'delete',
    run: ({ shop, orders }, pick) => shop.send(`/V1/order/${among(orders, pick) ?? '0'}`, { method: 'DELETE' }),
  },
  {
    name: 'ask for a refund',
    run: ({ shop, orders }, pick) =>
      shop.send('/V1/order/pay/refund', { body: { order_id: among(orders, pick) ?? '0' } }),
  },
  { name: 'look', run: ({ shop, orders }, pick) => shop.send(`/V1/order/${among(orders, pick) ?? '0'}`) },
  { name: 'a few seconds', run: async ({ shop }, pick) => shop.pass((pick % 90) * 1000) },
  { name: 'a few minutes', run: async ({ shop }, pick) => shop.pass((pick % 40) * 60_000) },
  { name: 'cron', run: ({ shop }) => shop.cron() },
  { name: 'two crons', run: ({ shop }) => Promise.all([shop.cron(), shop.cron()]) },
  { name: 'gates restart', run: () => evictAllDurableObjects() },
  {
    name: 'refunds take another course',
    run: async ({ shop }, pick) => shop.wechatPay.refunds.setCourse(pick % 2 === 0 ? 'at_once' : 'on_query'),
  },
  { name: "Alipay's network breaks", run: async ({ shop }, pick) => shop.alipay.faults.random(pick, 0.5) },
  { name: "WeChat's network breaks", run: async ({ shop }, pick) => shop.wechatPay.faults.random(pick, 0.5) },
  { name: 'database breaks', run: async ({ database }, pick) => database.breakFrom(pick, 4) },
  { name: 'database heals', run: async ({ database }) => database.heal() },
  { name: 'networks heal', run: async ({ shop }) => heal(shop) },
];

function heal({ alipay, wechatPay }: Shop): void {
  alipay.faults.heal();
  wechatPay.faults.heal();
}

test('no history loses money or pays an order twice', async () => {
  const shop = await openShop({ limits: 'off', vars: { REFUND_APPROVAL: 'auto' } });
  const database = makeDatabaseFlaky();
  const history = fc.array(fc.record({ step: fc.nat(STEPS.length - 1), pick: fc.nat(10_000) }), {
    minLength: 10,
    maxLength: 40,
  });
  await fc.assert(
    fc.asyncProperty(history, async (steps) => {
      const world: World = {
        shop,
        database,
        orders: [await place(shop), await place(shop, 2)],
        slips: [],
        letters: [],
        late: [],
      };
      for (const nth of [0, 1]) await startPayment(world, nth);
      for (const { step, pick } of steps) await STEPS[step]?.run(world, pick);
      expect(await checkBooks(shop, 'any_time')).toEqual([]);
      database.heal();
      heal(shop);
      shop.alipay.takeNotifications();
      shop.wechatPay.takeNotifications();
      for (const letter of world.late) expect((await post(letter)).status).toBe(200);
      for (let run = 0; run < 4; run++) {
        shop.pass(31 * 60_000);
        await shop.cron();
      }
      expect(await checkBooks(shop, 'at_rest')).toEqual([]);
    }),
    { numRuns: 40 },
  );
  expect(database.lost()).toBeGreaterThan(0);
  for (const { ledger } of [shop.alipay, shop.wechatPay]) {
    expect(ledger.trades().some(({ capturedFen }) => capturedFen > 0)).toBe(true);
  }
});
