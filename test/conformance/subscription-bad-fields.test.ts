/** Fields and parameters of subscriptions that are not what they should be: refused by name, nothing is written. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openShop, type Received, type Shop } from '../harness/shop.ts';
import { METHODS, type SubscriptionCustomer } from '../harness/subscription.ts';
import { rowCounts } from './row-counts.ts';
import { FORM_TYPE, JSON_TYPE } from './spoilt-bodies.ts';
import { newCustomer } from './subscription-people.ts';
import { IN_ENGLISH, invalid, refusal, said } from './subscription-refusal.ts';

const NO_PLAN = refusal(400, '订阅计划不存在');
const NO_METHOD = refusal(400, '支付方式不可用');
const BAD_COUPON = refusal(400, '优惠券无效');

let shop: Shop;
let customer: SubscriptionCustomer;
let tradeNo: string;
beforeAll(async () => {
  shop = await openShop({ limits: 'off' });
  customer = await newCustomer(shop);
  tradeNo = await customer.newOrder();
});

let before: Record<string, number>;
beforeEach(async () => {
  before = await rowCounts();
});

/** The same as a form: only texts have one. */
function asForm(path: string, fields: Record<string, unknown>): Promise<Received> {
  const pairs = Object.entries(fields).map(([name, value]): [string, string] => [name, String(value)]);
  const body = new URLSearchParams(pairs).toString();
  return customer.send(path, { method: 'POST', body, headers: FORM_TYPE });
}

/** What is no number, however a call wants one. Half of a pair has no form. */
const NO_NUMBER: [string, unknown][] = [
  ['negative', -1],
  ['negative as text', '-1'],
  ['zero', 0],
  ['zero as text', '0'],
  ['a fraction', 1.5],
  ['a fraction as text', '1.0'],
  ['2^53', 9_007_199_254_740_992],
  ['beyond 2^53', 1e300],
  ['16 digits too many', '9007199254740993'],
  ['1,000 digits', '1'.repeat(1000)],
  ['a blank', ' '],
  ['a number with a blank', ' 1'],
  ['a number with a line end', '1\n'],
  ['a sign', '+1'],
  ['an exponent as text', '1e0'],
  ['a hexadecimal text', '0x1'],
  ['full-width digits', '１'],
  ['Arabic digits', '١'],
  ['NaN as text', 'NaN'],
  ['a word', 'one'],
  ['10 KiB', 'a'.repeat(10_240)],
  ['NUL', '1\u0000'],
  ['SQL', '1 OR 1=1'],
  ['markup', '<b>1</b>'],
  ['a right-to-left override', '\u202E1'],
];
const NO_SCALAR: [string, unknown][] = [
  ['true', true],
  ['false', false],
  ['an array', [1]],
  ['an empty array', []],
  ['an object', { $gt: 0 }],
];

describe('plan_id', () => {
  const WRONG = invalid({ plan_id: ['套餐 ID 参数有误'] });

  test.each([...NO_NUMBER, ...NO_SCALAR, ['half of a pair', '\ud800']])('%s', async (_what, plan_id) => {
    expect(said(await customer.save({ plan_id }))).toEqual(WRONG);
    expect(await rowCounts()).toEqual(before);
  });

  test.each(NO_NUMBER)('in a form: %s', async (_what, plan_id) => {
    expect(said(await asForm('/save', { plan_id, cycle: 'month_price' }))).toEqual(WRONG);
    expect(await rowCounts()).toEqual(before);
  });

  test.each([undefined, null, ''])('%j is none', async (plan_id) => {
    expect(said(await customer.save({ plan_id }))).toEqual(invalid({ plan_id: ['套餐 ID 不能为空'] }));
    expect(await rowCounts()).toEqual(before);
  });

  test.each([999_999, '999999', 9_007_199_254_740_991, '9007199254740991'])('%j is no plan’s', async (plan_id) => {
    const other = await newCustomer(shop);
    expect(said(await other.save({ plan_id }))).toEqual(NO_PLAN);
  });
});

describe('cycle', () => {
  const WRONG = invalid({ cycle: ['套餐周期参数有误'] });
  const NO_CYCLE: [string, unknown][] = [
    ['a word', 'weekly'],
    ['without its end', 'month'],
    ['in capitals', 'MONTH_PRICE'],
    ['with a blank', 'month_price '],
    ['with NUL', 'month_price\u0000'],
    ['a field of the catalogue', 'monthPriceFen'],
    ['a column', 'amount_fen'],
    ['__proto__', '__proto__'],
    ['constructor', 'constructor'],
    ['toString', 'toString'],
    ['another field of the plan', 'sort'],
    ['a number as text', '1'],
    ['10 KiB', 'a'.repeat(10_240)],
  ];

  test.each([...NO_CYCLE, ...NO_SCALAR, ['a number', 1]])('%s', async (_what, cycle) => {
    expect(said(await customer.save({ cycle }))).toEqual(WRONG);
    expect(await rowCounts()).toEqual(before);
  });

  test.each(NO_CYCLE)('in a form: %s', async (_what, cycle) => {
    expect(said(await asForm('/save', { plan_id: 1, cycle }))).toEqual(WRONG);
    expect(await rowCounts()).toEqual(before);
  });

  test.each([undefined, null, ''])('%j is none', async (cycle) => {
    expect(said(await customer.save({ cycle }))).toEqual(invalid({ cycle: ['套餐周期不能为空'] }));
    expect(await rowCounts()).toEqual(before);
  });
});

describe('coupon_code', () => {
  test.each([...NO_SCALAR, ['a number', 10]])('%s', async (_what, coupon_code) => {
    expect(said(await customer.save({ coupon_code }))).toEqual(invalid({ coupon_code: ['优惠券参数有误'] }));
    expect(await rowCounts()).toEqual(before);
  });

  test.each(['demo10', ' DEMO10', 'DEMO10\u0000', '%', "' OR 1=1--", 'x'.repeat(10_240), '🎫'])(
    '%j is no coupon’s',
    async (coupon_code) => {
      const other = await newCustomer(shop);
      expect(said(await other.save({ coupon_code }))).toEqual(BAD_COUPON);
      expect(said(await other.save({ coupon_code }, IN_ENGLISH))).toEqual(
        refusal(400, 'Invalid coupon', { language: 'en-US' }),
      );
    },
  );

  test.each([undefined, null, ''])('%j is none', async (coupon_code) => {
    const other = await newCustomer(shop);
    const { discount_amount } = await other.shown(await other.newOrder({ coupon_code }));
    expect(discount_amount).toBeNull();
  });
});

describe.each(['checkout', 'cancel'])('trade_no of %s', (call) => {
  const send = (trade_no: unknown) => customer.send(`/${call}`, { body: { trade_no } });

  test.each([...NO_SCALAR, ['a number', 2_022_112_200_000_000]])('%s', async (_what, value) => {
    expect(said(await send(value))).toEqual(invalid({ trade_no: ['订单号参数有误'] }));
    expect(await rowCounts()).toEqual(before);
  });

  test.each([undefined, null, ''])('%j is none', async (value) => {
    expect(said(await send(value))).toEqual(invalid({ trade_no: ['订单号不能为空'] }));
    expect(await rowCounts()).toEqual(before);
  });
});

describe.each(['check', 'details'])('trade_no of %s', (call) => {
  test.each([
    ['missing', '', '订单号不能为空'],
    ['empty', '?trade_no=', '订单号不能为空'],
    ['twice', '?trade_no=1&trade_no=1', '订单号参数有误'],
    ['under another name', '?tradeNo=1', '订单号不能为空'],
    ['in a list', '?trade_no[]=1', '订单号不能为空'],
  ])('%s', async (_what, query, words) => {
    expect(said(await customer.send(`/${call}${query}`))).toEqual(invalid({ trade_no: [words] }));
    expect(await rowCounts()).toEqual(before);
  });
});

describe('method', () => {
  test.each(NO_SCALAR)('%s', async (_what, method) => {
    expect(said(await customer.checkout(tradeNo, method))).toEqual(invalid({ method: ['支付方式参数有误'] }));
    expect(await rowCounts()).toEqual(before);
  });

  test.each([...NO_NUMBER, ['null', null], ['empty', ''], ['nobody’s', 999], ['a module', 'AlipayF2F']])(
    'that nobody offers: %s',
    async (_what, method) => {
      expect(said(await customer.checkout(tradeNo, method))).toEqual(NO_METHOD);
      expect(await rowCounts()).toEqual(before);
    },
  );

  test('missing', async () => {
    const received = await customer.send('/checkout', { body: { trade_no: tradeNo } });
    expect(said(received)).toEqual(NO_METHOD);
    expect(await rowCounts()).toEqual(before);
  });

  test('is a number, or its digits', async () => {
    const codes = [];
    for (const method of [METHODS.wechatCode, String(METHODS.wechatCode)]) {
      codes.push((await customer.checkout(tradeNo, method)).json);
    }
    codes.push((await asForm('/checkout', { trade_no: tradeNo, method: METHODS.wechatCode })).json);
    const written = await customer.send('/checkout', {
      method: 'POST',
      body: `{"trade_no":"${tradeNo}","method":1.1e1}`,
      headers: JSON_TYPE,
    });
    codes.push(written.json);
    expect(codes).toEqual(Array.from({ length: 4 }, () => ({ type: 0, data: expect.stringMatching(/^weixin:/) })));
  });
});

describe('status of the list', () => {
  test.each(['5', '-1', '00', '01', '1.0', '1e0', '+1', '%201', 'a', 'true', '%00', '%EF%BC%91', '1&status=1', '0,1'])(
    '%s',
    async (status) => {
      const received = await customer.fetch(`?status=${status}`);
      expect(said(received)).toEqual(invalid({ status: ['订单状态参数有误'] }));
    },
  );

  test('that is empty is none', async () => {
    expect((await customer.fetch('?status=')).text).toBe((await customer.fetch()).text);
  });
});

test('all that is wrong is said at once, in either language, and by a form as by JSON', async () => {
  const fields = { plan_id: 'x', cycle: 'y', coupon_code: ['z'], deposit: 1 };
  const errors = {
    plan_id: ['套餐 ID 参数有误'],
    cycle: ['套餐周期参数有误'],
    coupon_code: ['优惠券参数有误'],
    deposit: ['deposit 不是该接口的参数'],
  };
  expect(said(await customer.save(fields))).toEqual(invalid(errors));
  const english = {
    plan_id: ['Wrong plan ID'],
    cycle: ['Wrong plan cycle'],
    coupon_code: ['Wrong coupon code'],
    deposit: ['deposit is not a parameter of this call'],
  };
  expect(said(await customer.save(fields, IN_ENGLISH))).toEqual(invalid(english, 'en-US'));
  const { coupon_code: _list, ...plain } = fields;
  const { coupon_code: _words, ...said4 } = errors;
  expect(said(await asForm('/save', plain))).toEqual(invalid(said4));
  expect(await rowCounts()).toEqual(before);
});

test('a number that is written otherwise counts by its value', async () => {
  for (const written of ['1', '1.0', '1e0', '10e-1', '"1"', '"01"']) {
    const other = await newCustomer(shop);
    const body = `{"plan_id":${written},"cycle":"month_price"}`;
    const received = await other.send('/save', { method: 'POST', body, headers: JSON_TYPE });
    expect([written, received.status]).toEqual([written, 200]);
  }
});
