/** Fields of recharge's bodies that are not what they should be: refused by name, and nothing is written. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openShop, type Shop } from '../harness/shop.ts';
import { newCustomer } from './recharge-people.ts';
import { refusal } from './recharge-refusal.ts';
import { type CallName, type GoodRequest, goodRequests } from './recharge-requests.ts';
import { type Seen, seen } from './refusal.ts';
import { rowCounts } from './row-counts.ts';

let shop: Shop;
let good: Readonly<Record<CallName, GoodRequest>>;
beforeAll(async () => {
  shop = await openShop({ limits: 'off' });
  good = await goodRequests(shop, await newCustomer(shop));
});

let before: Record<string, number>;
beforeEach(async () => {
  before = await rowCounts();
});

/** Sends a call's good body with one field otherwise. */
async function withField(call: CallName, field: string, value: unknown): Promise<Seen> {
  const { who, method, path, body } = good[call];
  return seen(await who.send(path, { method, body: { ...body, [field]: value } }));
}

/** The same, with the field as it is written. */
async function withWritten(call: CallName, field: string, written: string): Promise<Seen> {
  const { who, method, path, body } = good[call];
  const { [field]: _value, ...rest } = body;
  const text = JSON.stringify(rest).replace('{', `{${JSON.stringify(field)}:${written},`);
  return seen(await who.send(path, { method, body: text, headers: { 'content-type': 'application/json' } }));
}

/** What no whole number of a JSON body is. */
const NO_INTEGERS: [string, unknown][] = [
  ['null', null],
  ['negative', -1],
  ['zero', 0],
  ['minus zero', -0],
  ['a fraction', 1.5],
  ['2^53', 9_007_199_254_740_992],
  ['beyond 2^53', 1e300],
  ['true', true],
  ['an array', [1]],
  ['an object', { $gt: 0 }],
  ['an empty text', ''],
  ['digits', '1'],
  ['full-width digits', '１'],
  ['NaN as text', 'NaN'],
  ['10 KiB', 'a'.repeat(10_240)],
  ['SQL', '1 OR 1=1'],
];

const MAX_ID = 9_007_199_254_740_991;
const INTEGERS: [CallName, string, number][] = [
  ['create', 'product_id', MAX_ID],
  ['create', 'customer_id', MAX_ID],
  ['create', 'quantity', 9999],
  ['recharge', 'api_id', MAX_ID],
  ['partial', 'recharged_quantity', 9999],
  ['partial', 'remaining_quantity', 9999],
];

describe.each(INTEGERS)('%s: %s', (call, field, max) => {
  const words = refusal(1001, `${field} 必须是 1 到 ${max} 之间的整数`);

  test.each(NO_INTEGERS)('%s', async (_what, value) => {
    expect(await withField(call, field, value)).toEqual(words);
    expect(await rowCounts()).toEqual(before);
  });

  test('written as what is too large for a number, or is one more than it may be', async () => {
    for (const written of ['1e999', '-1e999', String(BigInt(max) + 1n), `${max}1`, '1e-1']) {
      expect(await withWritten(call, field, written)).toEqual(words);
    }
    expect(await rowCounts()).toEqual(before);
  });
});

const AMOUNT_WORDS = '必须是大于 0、不超过 100000000 的数字，单位为元，最多两位小数';

describe.each<[CallName, string, (value: unknown) => [string, unknown]]>([
  ['create', 'total_amount', (value) => ['total_amount', value]],
  ['refund', 'refund_amount', (value) => ['refund_amount', value]],
  [
    'split',
    'split_orders.1.amount',
    (value) => [
      'split_orders',
      [
        { quantity: 1, amount: 100 },
        { quantity: 1, amount: value },
      ],
    ],
  ],
])('%s: %s', (call, field, change) => {
  const words = refusal(1001, `${field} ${AMOUNT_WORDS}`);

  test.each<[string, unknown]>([
    ['zero', 0],
    ['minus zero', -0],
    ['negative', -1],
    ['three decimals', 0.001],
    ['three decimals behind many', 99.999],
    ['a sum that is no hundredth', 0.1 + 0.2],
    ['a text', '100.00'],
    ['a number as text', '1'],
    ['full-width digits', '１'],
    ['null', null],
    ['true', true],
    ['an array', [1]],
    ['an object', { $gt: 0 }],
    ['beyond 2^53', 1e300],
    ['2^53', 9_007_199_254_740_992],
    ['a fen more than anybody can pay', 100_000_000.01],
    ['the smallest number there is', 5e-324],
  ])('%s', async (_what, value) => {
    expect(await withField(call, ...change(value))).toEqual(words);
    expect(await rowCounts()).toEqual(before);
  });

  test('written as no finite number', async () => {
    const value = JSON.stringify(change(7.77)[1]);
    for (const written of ['1e999', '-1e999']) {
      expect(await withWritten(call, change(0)[0], value.replace('7.77', written))).toEqual(words);
    }
    expect(await rowCounts()).toEqual(before);
  });
});

describe('split_orders', () => {
  const WORDS = 'split_orders 必须是 2 到 50 个部分的数组';
  const part = { quantity: 1, amount: 100 };

  test.each<[string, unknown]>([
    ['null', null],
    ['an object', { 0: part, 1: part, length: 2 }],
    ['a text', JSON.stringify([part, part])],
    ['a number', 2],
    ['empty', []],
    ['one part', [part]],
    ['51 parts', Array.from({ length: 51 }, () => part)],
    ['a thousand parts', Array.from({ length: 1000 }, () => part)],
  ])('%s', async (_what, value) => {
    expect(await withField('split', 'split_orders', value)).toEqual(refusal(1001, WORDS));
    expect(await rowCounts()).toEqual(before);
  });

  test.each(NO_INTEGERS)('a quantity: %s', async (_what, quantity) => {
    expect(await withField('split', 'split_orders', [part, { ...part, quantity }])).toEqual(
      refusal(1001, 'split_orders.1.quantity 必须是 1 到 9999 之间的整数'),
    );
    expect(await rowCounts()).toEqual(before);
  });

  test('a part without one of its fields', async () => {
    expect(await withField('split', 'split_orders', [{ amount: 100 }, part])).toEqual(
      refusal(1001, 'split_orders.0.quantity 不能为空'),
    );
    expect(await withField('split', 'split_orders', [part, { quantity: 1 }])).toEqual(
      refusal(1001, 'split_orders.1.amount 不能为空'),
    );
    expect(await rowCounts()).toEqual(before);
  });
});

/** What no person writes, or writes only to make a line say what it does not. */
const NOT_PLAIN: [string, string][] = [
  ['NUL', 'a\u0000b'],
  ['a bell', 'a\u0007b'],
  ['an escape sequence', '\u001b[31mred'],
  ['DEL', 'a\u007fb'],
  ['a control character beyond ASCII', 'a\u0085b'],
  ['half of a pair', 'a\ud800b'],
  ['the other half', '\udc00'],
  ['a right-to-left override', 'a\u202eb'],
  ['a left-to-right isolate', 'a\u2066b'],
];

const TEXTS: [CallName, string, 0 | 1][] = [
  ['create', 'remark', 0],
  ['status', 'remark', 0],
  ['payment', 'remark', 0],
  ['recharge', 'remark', 0],
  ['success', 'remark', 0],
  ['refund', 'remark', 0],
  ['cancel', 'remark', 0],
  ['split', 'remark', 0],
  ['partial', 'remark', 0],
  ['fail', 'remark', 1],
  ['refund', 'refund_reason', 1],
  ['cancel', 'cancel_reason', 1],
];

describe.each(TEXTS)('%s: %s', (call, field, least) => {
  test.each<[string, unknown]>([
    ['null', null],
    ['a number', 9],
    ['true', true],
    ['an array', ['x']],
    ['an object', { text: 'x' }],
    ['501 characters', 'x'.repeat(501)],
    ['501 emoji', '😀'.repeat(501)],
    ['501 Chinese characters', '好'.repeat(501)],
    ['10 KiB', 'x'.repeat(10_240)],
    ...NOT_PLAIN,
  ])('%s', async (_what, value) => {
    expect(await withField(call, field, value)).toEqual(
      refusal(1001, `${field} 必须是 ${least} 到 500 个字符的文本，不含控制字符`),
    );
    expect(await rowCounts()).toEqual(before);
  });
});

test.each([
  ['fail', 'remark'],
  ['refund', 'refund_reason'],
  ['cancel', 'cancel_reason'],
] as const)('%s: %s says something', async (call, field) => {
  for (const value of [' ', '\r\n\t ', '\u3000']) {
    expect(await withField(call, field, value)).toEqual(refusal(1001, `${field} 不能为空`));
  }
  expect(await withField(call, field, '')).toEqual(
    refusal(1001, `${field} 必须是 1 到 500 个字符的文本，不含控制字符`),
  );
  expect(await rowCounts()).toEqual(before);
});

describe.each(['api_order_number', 'api_trade_num'])('recharge: %s', (field) => {
  const WORDS = `${field} 必须是 1 到 64 个字符的文本，不含控制字符`;
  test.each<[string, unknown]>([
    ['null', null],
    ['a number', 123_456],
    ['an array', ['API']],
    ['empty', ''],
    ['65 characters', 'x'.repeat(65)],
    ['65 emoji', '😀'.repeat(65)],
    ['10 KiB', 'x'.repeat(10_240)],
    ['two lines', 'API\n1'],
    ['a tab', 'API\t1'],
    ...NOT_PLAIN,
  ])('%s', async (_what, value) => {
    expect(await withField('recharge', field, value)).toEqual(refusal(1001, WORDS));
    expect(await rowCounts()).toEqual(before);
  });

  test('says something', async () => {
    expect(await withField('recharge', field, ' ')).toEqual(refusal(1001, `${field} 不能为空`));
  });
});

test('recharge: an unknown supplier', async () => {
  for (const api_id of [1, 124, MAX_ID]) {
    expect(await withField('recharge', 'api_id', api_id)).toEqual(refusal(1002, '供应商不存在'));
  }
  expect(await rowCounts()).toEqual(before);
});

describe('payment', () => {
  test.each<[string, unknown]>([
    ['null', null],
    ['a number', 123_456],
    ['empty', ''],
    ['65 characters', 'P'.repeat(65)],
    ['10 KiB', 'P'.repeat(10_240)],
    ['a blank in it', 'PAY 1'],
    ['a line end behind it', 'PAY1\n'],
    ['NUL behind it', 'PAY1\u0000'],
    ['Chinese', '现金'],
    ['an emoji', '😀'],
    ['an array', ['PAY1']],
  ])('payment_id: %s', async (_what, value) => {
    expect(await withField('payment', 'payment_id', value)).toEqual(
      refusal(1001, 'payment_id 必须是 1 到 64 个可打印 ASCII 字符'),
    );
    expect(await rowCounts()).toEqual(before);
  });

  test.each<[string, unknown]>([
    ['null', null],
    ['empty', ''],
    ['seconds', 1_647_338_400],
    ['milliseconds', 1_647_338_400_000],
    ['a date', '2022-03-15'],
    ['no zone', '2022-03-15T10:00:00'],
    ['no seconds', '2022-03-15T10:00Z'],
    ['a blank for the T', '2022-03-15 10:00:00Z'],
    ['the 30th of February', '2022-02-30T10:00:00Z'],
    ['the 29th of February of no leap year', '2022-02-29T10:00:00Z'],
    ['month 13', '2022-13-01T10:00:00Z'],
    ['hour 24', '2022-03-15T24:00:00Z'],
    ['minute 60', '2022-03-15T10:60:00Z'],
    ['a zone of 24 hours', '2022-03-15T10:00:00+24:00'],
    ['a zone without its colon', '2022-03-15T10:00:00+0800'],
    ['a line end behind it', '2022-03-15T10:00:00Z\n'],
    ['full-width digits', '２０２２-03-15T10:00:00Z'],
    ['a word', 'now'],
    ['an array', ['2022-03-15T10:00:00Z']],
    ['10 KiB', '2'.repeat(10_240)],
  ])('payment_time: %s', async (_what, value) => {
    expect(await withField('payment', 'payment_time', value)).toEqual(
      refusal(1001, 'payment_time 必须是 RFC 3339 格式的真实时间，例如 2024-03-15T10:00:00Z'),
    );
    expect(await rowCounts()).toEqual(before);
  });
});

test.each<[string, unknown]>([
  ['null', null],
  ['empty', ''],
  ['a number', 1],
  ['an array', ['alipay']],
  ['in other letters', 'AliPay'],
  ['a provider’s name', 'wechat-pay'],
  ['another document’s word', 'wechat_pay'],
  ['another provider', 'paypal'],
  ['__proto__', '__proto__'],
])('create: payment_method: %s', async (_what, value) => {
  expect(await withField('create', 'payment_method', value)).toEqual(
    refusal(1001, 'payment_method 必须是 alipay 或 wechat'),
  );
  expect(await rowCounts()).toEqual(before);
});

test.each<[string, unknown]>([
  ['null', null],
  ['empty', ''],
  ['another one', 'app'],
  ['in other letters', 'QR'],
  ['true', true],
  ['an array', ['qr']],
])('pay: scene: %s', async (_what, value) => {
  expect(await withField('pay', 'scene', value)).toEqual(refusal(1001, 'scene 必须是 qr'));
  expect(await rowCounts()).toEqual(before);
});
