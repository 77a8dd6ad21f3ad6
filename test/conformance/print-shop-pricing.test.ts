/** What a print job costs: the rule by its table, against a clerk who prints by hand, and at the shop itself. */
import * as fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { billOf, type Job, type PointTerms, type SheetPrices } from '../../src/dialects/print-shop/pricing.ts';
import { LONG_FILE, newPrintCustomer, orderOf, type PrintCustomer } from '../harness/print.ts';
import { openShop, type Shop } from '../harness/shop.ts';
import { operatorOf } from './admin-operator.ts';
import { countTheMoney, printByHand, type Task } from './print-by-hand.ts';
import { detailAnswer } from './print-shop-answers.ts';
import { refusal } from './print-shop-refusal.ts';
import { seen } from './refusal.ts';

const JOB: Job = { size: 'A4', caliper: '70g', color: 'mono', side: 1, row: 1, col: 1, copies: 1, pages: 1 };
const PRICES = { singleFen: 25, doubleFen: 40 };
const POINT: PointTerms = { delivers: true, deliveryFeeFen: 200, deliveryFromFen: 500, minimumFen: 0 };

/** The sheets of one job, as `<count>×<side>`, and what they come to. */
function bill(job: Partial<Job>, prices: SheetPrices = PRICES): [string, number] {
  const billed = billOf([{ job: { ...JOB, ...job }, prices }], POINT, false);
  if (!billed.ok) throw new Error(billed.refusal.reason);
  const { settle, amountFen } = billed.value;
  return [settle.map(({ count, side }) => `${count}×${side}`).join(' '), amountFen];
}

describe('sheets', () => {
  test.each<[string, Partial<Job>, string, number]>([
    ['one page', {}, '1×1', 25],
    ['ten pages', { pages: 10 }, '10×1', 250],
    ['the document: two pages side by side', { pages: 2, col: 2 }, '1×1', 25],
    ['three pages, two on a face', { pages: 3, col: 2 }, '2×1', 50],
    ['four on a face, and one more', { pages: 5, row: 2, col: 2 }, '2×1', 50],
    ['rows count like columns', { pages: 5, row: 4, col: 1 }, '2×1', 50],
    ['256 on a face', { pages: 256, row: 16, col: 16 }, '1×1', 25],
    ['257', { pages: 257, row: 16, col: 16 }, '2×1', 50],
    ['both sides of one page are one side', { side: 2 }, '1×1', 25],
    ['both sides of two pages', { side: 2, pages: 2 }, '1×2', 40],
    ['both sides of three pages', { side: 2, pages: 3 }, '1×2 1×1', 65],
    ['both sides of ten pages', { side: 2, pages: 10 }, '5×2', 200],
    ['two faces of a grid are one sheet', { side: 2, pages: 8, row: 2, col: 2 }, '1×2', 40],
    ['a grid and one page more are one sheet too', { side: 2, pages: 5, row: 2, col: 2 }, '1×2', 40],
    ['copies are separate: no page shares a sheet with another copy', { side: 2, pages: 3, copies: 2 }, '2×2 2×1', 130],
    ['all copies', { pages: 2, copies: 999 }, '1998×1', 49_950],
  ])('%s', (_what, job, sheets, amountFen) => {
    expect(bill(job)).toEqual([sheets, amountFen]);
  });

  test('a kind that is not needed need not be sold, and one that is needed has to be', () => {
    expect(bill({ side: 2, pages: 2 }, { doubleFen: 40 })).toEqual(['1×2', 40]);
    expect(bill({ side: 2, pages: 1 }, { singleFen: 25 })).toEqual(['1×1', 25]);
    const jobs = [
      { job: JOB, prices: PRICES },
      { job: { ...JOB, side: 2, pages: 3 } as const, prices: { doubleFen: 40 } },
    ];
    expect(billOf(jobs, POINT, false)).toEqual({
      ok: false,
      refusal: { reason: 'item_not_found', field: 'files.1.size' },
    });
  });

  test('the largest order adds up exactly', () => {
    const job: Job = { ...JOB, pages: 100_000, copies: 999 };
    const jobs = Array.from({ length: 50 }, () => ({ job, prices: { singleFen: 1_000_000 } }));
    const billed = billOf(jobs, { ...POINT, deliveryFeeFen: 1 }, true);
    expect(billed.ok && billed.value.amountFen).toBe(4_995_000_000_000_001);
  });
});

/** The refusal to deliver for so little. */
const tooLittle = (fen: number) => ({
  reason: 'invalid_input',
  field: 'dispatching',
  message: `配送须打印满 500 分，当前为 ${fen} 分`,
});

const amountOf = (pages: number, point: Partial<PointTerms>, isDelivered: boolean) => {
  const billed = billOf([{ job: { ...JOB, pages }, prices: PRICES }], { ...POINT, ...point }, isDelivered);
  return billed.ok ? billed.value.amountFen : billed.refusal;
};

describe('the point', () => {
  test.each<[string, number, Partial<PointTerms>, boolean, unknown]>([
    ['fetched, it asks for no delivery', 20, {}, false, 500],
    ['delivered, the fee comes on top', 20, {}, true, 700],
    ['goods below its least are not delivered', 19, {}, true, tooLittle(475)],
    ['nor does the fee count among them', 19, { deliveryFeeFen: 9999 }, true, tooLittle(475)],
    ['nor its minimum charge', 19, { minimumFen: 9999 }, true, tooLittle(475)],
    ['below the minimum charge, that is charged', 4, { minimumFen: 101 }, false, 101],
    ['at it', 4, { minimumFen: 100 }, false, 100],
    ['above it', 4, { minimumFen: 99 }, false, 100],
    ['the fee counts towards it', 20, { minimumFen: 700 }, true, 700],
    ['but is not added to it', 20, { minimumFen: 701 }, true, 701],
    ['free delivery', 1, { deliveryFeeFen: 0, deliveryFromFen: 0 }, true, 25],
    [
      'where there is none',
      20,
      { delivers: false },
      true,
      { reason: 'invalid_input', field: 'dispatching', message: '该打印点不提供配送' },
    ],
    ['where there is none, it can be fetched', 20, { delivers: false }, false, 500],
  ])('%s', (_what, pages, point, isDelivered, expected) => {
    expect(amountOf(pages, point, isDelivered)).toEqual(expected);
  });
});

const SIZES = ['A4', 'A3'];
const CALIPERS = ['70g', '80g'];
const COLORS = ['mono', 'colorful'] as const;
const KINDS = SIZES.flatMap((size) =>
  CALIPERS.flatMap((caliper) => COLORS.map((color) => `${size}-${caliper}-${color}`)),
);

const task: fc.Arbitrary<Task> = fc.record({
  size: fc.constantFrom(...SIZES),
  caliper: fc.constantFrom(...CALIPERS),
  color: fc.constantFrom(...COLORS),
  side: fc.constantFrom(1, 2),
  row: fc.integer({ min: 1, max: 16 }),
  col: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 16 })),
  copies: fc.oneof({ weight: 5, arbitrary: fc.integer({ min: 1, max: 9 }) }, fc.constantFrom(100, 999)),
  pages: fc.oneof({ weight: 5, arbitrary: fc.integer({ min: 1, max: 40 }) }, fc.integer({ min: 1, max: 400 })),
});
const fen = fc.integer({ min: 0, max: 1000 });
const priceList = fc.array(fc.tuple(fen, fen), { minLength: KINDS.length, maxLength: KINDS.length });

test('a thousand jobs cost what a clerk counts who prints them sheet by sheet', () => {
  fc.assert(
    fc.property(
      fc.array(task, { minLength: 1, maxLength: 6 }),
      priceList,
      fc.record({ deliveryFeeFen: fen, minimumFen: fc.integer({ min: 0, max: 20_000 }) }),
      fc.boolean(),
      (tasks, list, { deliveryFeeFen, minimumFen }, isDelivered) => {
        const priceOf = (kind: string, side: 1 | 2) => list[KINDS.indexOf(kind)]?.[side - 1] ?? Number.NaN;
        const piles = printByHand(tasks);
        const jobs = tasks.map((job) => {
          const kind = `${job.size}-${job.caliper}-${job.color}`;
          return { job, prices: { singleFen: priceOf(kind, 1), doubleFen: priceOf(kind, 2) } };
        });
        const point = { delivers: true, deliveryFeeFen, deliveryFromFen: 0, minimumFen };
        const wayFen = isDelivered ? deliveryFeeFen : 0;
        expect(billOf(jobs, point, isDelivered)).toEqual({
          ok: true,
          value: {
            settle: piles.map(({ file, kind, side, count }) => {
              const { size, caliper, color } = tasks[file] ?? {};
              return { size, caliper, color, side, unitFen: priceOf(kind, side), count };
            }),
            amountFen: countTheMoney(piles, priceOf, { wayFen, leastFen: minimumFen }),
          },
        });
      },
    ),
    { numRuns: 1000 },
  );
});

const DEMO_PRICES = new Map([
  ['A4-70g-mono', [25, 40]],
  ['A4-70g-colorful', [30, 50]],
  ['A4-80g-mono', [30, 50]],
]);
const priceOf = (kind: string, side: 1 | 2) => DEMO_PRICES.get(kind)?.[side - 1] ?? Number.NaN;

describe('at the shop', () => {
  let shop: Shop;
  let customer: PrintCustomer;
  beforeAll(async () => {
    shop = await openShop({ limits: 'off' });
    customer = newPrintCustomer(shop);
  });

  const kindOnSale = fc.constantFrom<Pick<Task, 'caliper' | 'color'>>(
    { caliper: '70g', color: 'mono' },
    { caliper: '70g', color: 'colorful' },
    { caliper: '80g', color: 'mono' },
  );
  const range = fc.oneof(
    fc.constant([0, 0] as const),
    fc
      .tuple(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 10 }))
      .map((ends) => ends.toSorted((a, b) => a - b)),
  );

  test('a hundred orders are taken at what the clerk counts, not a fen more or less, and say so', async () => {
    const order = fc.array(fc.tuple(task, kindOnSale, range), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(order, async (wanted) => {
        const tasks = wanted.map(([one, kind, [start = 0, end = 0]]) => ({
          task: { ...one, ...kind, size: 'A4', pages: end === 0 ? 10 : end - start + 1 },
          startPage: start,
          endPage: end,
        }));
        const piles = printByHand(tasks.map((one) => one.task));
        const money = countTheMoney(piles, priceOf, { wayFen: 0, leastFen: 0 });
        const files = tasks.map(({ task: { pages: _pages, ...print }, ...pages }) => ({
          ...LONG_FILE,
          ...print,
          ...pages,
        }));
        for (const wrong of [money - 1, money + 1]) {
          const words = `金额不一致：应付 ${money} 分，提交的是 ${wrong} 分`;
          expect(seen(await customer.verify({ money: wrong, files }))).toEqual(refusal(words));
        }
        const orderID = orderOf(await customer.verify({ money, files }));
        const { info } = detailAnswer.parse((await customer.detail(orderID)).json);
        expect(info.money).toBe(money);
        expect(info.settle.reduce((sum, { unit, count }) => sum + unit * count, 0)).toBe(money);
        expect(info.settle.map(({ side, count }) => [side, count])).toEqual(
          piles.map(({ side, count }) => [side, count]),
        );
      }),
      { numRuns: 100 },
    );
  });

  test('a price counts from the moment it is set, and an order keeps what it was placed for', async () => {
    const operator = operatorOf(shop);
    const set = async (path: string, body: object) => {
      expect((await operator.put(`/catalog/${path}`, body)).status).toBe(200);
    };
    const point = { name: '第二打印点', delivers: false, deliveryFeeFen: 0, deliveryFromFen: 0, minimumFen: 0 };
    await set('print-points/0027', point);
    await set('print-prices/0027-A4-70g-mono', { singleFen: 10 });
    const files = [LONG_FILE];
    const orderID = await customer.newOrder({ pointID: '0027', money: 100, files });
    await set('print-prices/0027-A4-70g-mono', { singleFen: 20 });
    await set('print-points/0027', { ...point, name: '新名字', minimumFen: 300 });
    expect(seen(await customer.verify({ pointID: '0027', money: 100, files }))).toEqual(
      refusal('金额不一致：应付 300 分，提交的是 100 分'),
    );
    const { info } = detailAnswer.parse((await customer.detail(orderID)).json);
    expect(info).toMatchObject({ money: 100, pointName: '第二打印点', pointPhone: null, settle: [{ unit: 10 }] });
  });
});
