/** One million orders of many users, priced one after the other: every sum is exact, none is below zero, nothing is lost. */
import { expect, test } from 'vitest';
import { periodOf } from '../../src/core/subscription/period.ts';
import type { StandingOrder } from '../../src/core/subscription/subscription.ts';
import { unusedValueOf } from '../../src/core/subscription/unused-value.ts';
import { type PriceBasis, priceOrder } from '../../src/dialects/subscription/pricing.ts';
import { seededRandom } from '../live/seeded-random.ts';

const ORDERS = 1_000_000;
const SEED = 20_570_001;
const MAX_FEN = 10_000_000_000;
const OPENED_AT_MS = Date.parse('2022-11-22T08:26:08.000Z');
const DAY_SECONDS = 86_400;
const random = seededRandom(SEED);

/** One of these, as often as any other. */
const one = <T>(values: readonly T[]): T => {
  const value = values[random(0, values.length - 1)];
  if (value === undefined) throw new Error('there is nothing to choose from');
  return value;
};

/** Amounts of every size, the smallest and the largest more often than they would come up. */
const anyFen = (): number =>
  one([0, 1, random(2, 99), random(100, 10_000), random(1, 1_000_000), random(1, MAX_FEN), MAX_FEN]);
const anyPercent = (): number => one([0, 0, 1, 33, 99, 100, random(0, 100)]);

function anyCoupon(priceFen: number): PriceBasis['coupon'] {
  return one([
    () => null,
    () => ({ type: 'percent', percent: anyPercent() }) as const,
    () => ({ type: 'fixed', valueFen: one([anyFen(), priceFen, Math.max(0, priceFen - 1), priceFen + 1]) }) as const,
  ])();
}

/** A share of an amount, as a fraction that is rounded down once, at its end. */
const shareOf = (fen: bigint, numerator: bigint, denominator: bigint): bigint => (fen * numerator) / denominator;
const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** What is unused of what stands, reckoned from the contract: each order's own time, by the second. */
function unusedBy(standing: readonly StandingOrder[], nowMs: number): bigint {
  let sum = 0n;
  for (const { startsAtMs, endsAtMs, worthFen } of standing) {
    if (endsAtMs === null) continue;
    const leftSeconds = BigInt(Math.floor((endsAtMs - Math.max(nowMs, startsAtMs)) / 1000));
    if (leftSeconds > 0n) sum += shareOf(BigInt(worthFen), leftSeconds, BigInt((endsAtMs - startsAtMs) / 1000));
  }
  return sum;
}

/** What an order comes to, reckoned from the contract, and not as the service does it. */
function reckon({ priceFen, coupon, userPercent, unusedFen, balanceFen, commissionBps }: PriceBasis) {
  const price = BigInt(priceFen);
  const byUser = shareOf(price, BigInt(userPercent), 100n);
  const byCoupon =
    coupon === null
      ? 0n
      : coupon.type === 'fixed'
        ? BigInt(coupon.valueFen)
        : shareOf(price, BigInt(coupon.percent), 100n);
  const discount = least(price, byCoupon + byUser);
  const total = price - discount;
  const surplus = BigInt(unusedFen);
  const afterSurplus = total > surplus ? total - surplus : 0n;
  const byBalance = least(BigInt(balanceFen), afterSurplus);
  return {
    discountFen: coupon === null && userPercent === 0 ? null : Number(discount),
    creditFen: Number(surplus > total ? surplus - total : 0n),
    commissionFen: Number(shareOf(afterSurplus, BigInt(commissionBps), 10_000n)),
    balanceFen: Number(byBalance),
    amountFen: Number(afterSurplus - byBalance),
  };
}

/** A user: what they have, and where each fen of it has come from and gone to. */
type Life = {
  nowMs: number;
  balanceFen: number;
  planId: string;
  standing: StandingOrder[];
  /** What they have paid, and what operators put on their balance. */
  inFen: bigint;
  /** What time, and rounding down, have used up. */
  usedFen: bigint;
};

function newLife(): Life {
  const balanceFen = one([0, 0, anyFen()]);
  return { nowMs: OPENED_AT_MS, balanceFen, planId: '1', standing: [], inFen: BigInt(balanceFen), usedFen: 0n };
}

/** What of a user's value is where, all in all. */
const heldBy = ({ balanceFen, standing, usedFen }: Life): bigint =>
  BigInt(balanceFen) + usedFen + standing.reduce((sum, { worthFen }) => sum + BigInt(worthFen), 0n);

/** How often each thing happened: a test of what never happens would prove nothing. */
const happened = { changes: 0, credits: 0, nothingToPay: 0, balancePaid: 0, wholeDiscounts: 0, renewals: 0, shares: 0 };

/** Lets time pass, prices the next order, holds it against the other reckoning, and opens it. Gives what is wrong. */
function orderOnce(life: Life, id: number): string[] {
  life.nowMs += 1000 * one([0, 1, random(0, DAY_SECONDS), random(0, 40 * DAY_SECONDS)]) + one([0, random(0, 999)]);
  const { nowMs } = life;
  const over = life.standing.filter(({ endsAtMs }) => endsAtMs !== null && endsAtMs <= nowMs);
  for (const { worthFen } of over) life.usedFen += BigInt(worthFen);
  life.standing = life.standing.filter((order) => !over.includes(order));

  const planId = one([life.planId, '1', '2', '3']);
  const isChange = life.standing.length > 0 && planId !== life.planId;
  const absorbed = isChange ? life.standing : [];
  const priceFen = anyFen();
  const basis: PriceBasis = {
    priceFen,
    coupon: anyCoupon(priceFen),
    userPercent: anyPercent(),
    unusedFen: unusedValueOf(absorbed, nowMs),
    balanceFen: life.balanceFen,
    commissionBps: one([0, 1000, 1, 10_000, random(0, 10_000)]),
  };
  const priced = priceOrder(basis);
  const takenOverFen = basis.unusedFen - priced.creditFen;
  const faults = faultsOf(basis, priced, BigInt(basis.unusedFen) === unusedBy(absorbed, nowMs));

  if (isChange) {
    life.usedFen += absorbed.reduce((sum, { worthFen }) => sum + BigInt(worthFen), 0n) - BigInt(basis.unusedFen);
    life.standing = [];
  }
  life.inFen += BigInt(priced.amountFen);
  life.balanceFen += priced.creditFen - priced.balanceFen;
  life.planId = planId;
  const worthFen = priced.amountFen + priced.balanceFen + takenOverFen;
  const effect = isChange ? 'replace' : life.standing.length > 0 ? 'extend' : 'begin';
  const terms = {
    planId,
    effect,
    months: one([1, 1, 3, 12, null]),
    surplusFen: basis.unusedFen,
    creditFen: priced.creditFen,
  } as const;
  const period = periodOf(terms, life.standing, nowMs);
  if (period) life.standing.push({ ...period, id, orderNo: String(id), version: 1, worthFen });
  if (heldBy(life) !== life.inFen) faults.push(`${heldBy(life)} fen are there, of ${life.inFen}`);

  happened.changes += Number(isChange);
  happened.renewals += Number(effect === 'extend');
  happened.credits += Number(priced.creditFen > 0);
  happened.nothingToPay += Number(priced.amountFen === 0 && priceFen > 0);
  happened.balancePaid += Number(priced.balanceFen > 0);
  happened.wholeDiscounts += Number(priced.discountFen === priceFen && priceFen > 0);
  happened.shares += Number(priced.commissionFen > 0);
  return faults.map((fault) => `${id}: ${fault} ${JSON.stringify({ basis, priced })}`);
}

function faultsOf(basis: PriceBasis, priced: ReturnType<typeof priceOrder>, isUnusedRight: boolean): string[] {
  const { discountFen, creditFen, commissionFen, balanceFen, amountFen } = priced;
  const wanted = reckon(basis);
  const amounts = [discountFen ?? 0, creditFen, commissionFen, balanceFen, amountFen];
  const sum = (discountFen ?? 0) + (basis.unusedFen - creditFen) + balanceFen + amountFen;
  const isSame =
    wanted.discountFen === discountFen &&
    wanted.creditFen === creditFen &&
    wanted.commissionFen === commissionFen &&
    wanted.balanceFen === balanceFen &&
    wanted.amountFen === amountFen;
  return [
    isUnusedRight ? '' : 'what is unused is reckoned otherwise',
    isSame ? '' : `not ${JSON.stringify(wanted)}`,
    amounts.every((fen) => Number.isSafeInteger(fen) && fen >= 0) ? '' : 'no amount',
    sum === basis.priceFen ? '' : `the parts come to ${sum}`,
    balanceFen <= basis.balanceFen ? '' : 'more than the balance has',
    commissionFen <= balanceFen + amountFen ? '' : 'a share of more than there is',
    amountFen === 0 || creditFen === 0 ? '' : 'something to pay, and something back',
  ].filter((fault) => fault !== '');
}

test(`${ORDERS} orders, seed ${SEED}`, () => {
  const faults: string[] = [];
  let life = newLife();
  for (let id = 1; id <= ORDERS && faults.length < 10; id++) {
    // Balances grow without end where prices do; a new user begins with an empty one.
    if (random(1, 12) === 1) life = newLife();
    faults.push(...orderOnce(life, id));
  }
  expect(faults).toEqual([]);
  for (const [what, often] of Object.entries(happened)) expect([what, often > 10_000]).toEqual([what, true]);
});
