/** Fields of the medical companion's bodies that are not what they should be: refused by name, nothing is written. */
import * as fc from 'fast-check';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type CompanionCustomer, OPEN_ID, orderFor, orderOf } from '../harness/companion.ts';
import { openShop, type Shop } from '../harness/shop.ts';
import { detailAnswer } from './medical-companion-answers.ts';
import { newCustomer } from './medical-companion-people.ts';
import { refusal } from './medical-companion-refusal.ts';
import { seen } from './refusal.ts';
import { rowCounts } from './row-counts.ts';

let shop: Shop;
let customer: CompanionCustomer;
let orderId: number;
let paidOrderId: number;
beforeAll(async () => {
  shop = await openShop({ limits: 'off' });
  customer = await newCustomer(shop);
  ({ orderId } = await customer.newOrder());
  ({ orderId: paidOrderId } = await customer.newPaidOrder());
});

let before: Record<string, number>;
beforeEach(async () => {
  before = await rowCounts();
});

const shown = async (id: number) => detailAnswer.parse((await customer.detail(id)).json).data;

describe.each(['userId', 'serviceId', 'patientId', 'addressId'])('%s', (field) => {
  test.each<[string, unknown]>([
    ['null', null],
    ['negative', -1],
    ['zero', 0],
    ['a fraction', 1.5],
    ['2^53', 9_007_199_254_740_992],
    ['beyond 2^53', 1e300],
    ['true', true],
    ['an array', [1]],
    ['an object', { $gt: 0 }],
    ['an empty text', ''],
    ['a blank', ' '],
    ['a word', 'one'],
    ['a number with a blank', ' 1'],
    ['a number with a line end', '1\n'],
    ['a sign', '+1'],
    ['a fraction as text', '1.0'],
    ['an exponent as text', '1e0'],
    ['a hexadecimal text', '0x1'],
    ['full-width digits', '１'],
    ['Arabic digits', '١'],
    ['NaN as text', 'NaN'],
    ['16 digits too many', '9007199254740993'],
    ['1,000 digits', '1'.repeat(1000)],
    ['10 KiB', 'a'.repeat(10_240)],
    ['NUL', '1\u0000'],
    ['SQL', '1 OR 1=1'],
    ['markup', '<b>1</b>'],
    ['a right-to-left override', '\u202E1'],
  ])('%s', async (_what, value) => {
    expect(seen(await customer.submit({ [field]: value }))).toEqual(
      refusal(400, `${field} 必须是 1 到 9007199254740991 之间的整数`),
    );
    expect(await rowCounts()).toEqual(before);
  });
});

test('a number of a row may be its digits, and a JSON number counts by its value', async () => {
  const fields = { userId: String(customer.userId), serviceId: '1', patientId: String(customer.patientId) };
  expect(await shown(orderOf(await customer.submit(fields)).orderId)).toMatchObject({ serviceId: 1 });
  expect((await customer.submit({ serviceId: '01' })).status).toBe(200);
});

describe('appointmentDate', () => {
  const WORDS = 'appointmentDate 必须是 YYYY-MM-DD 格式的真实日期';

  test.each<[string, unknown]>([
    ['the 30th of February', '2024-02-30'],
    ['the 29th of February of no leap year', '2023-02-29'],
    ['the 29th of February of a century', '2100-02-29'],
    ['the 31st of April', '2024-04-31'],
    ['month 13', '2024-13-01'],
    ['month 0', '2024-00-10'],
    ['day 0', '2024-01-00'],
    ['day 32', '2024-01-32'],
    ['the year 0', '0000-01-01'],
    ['one digit', '2024-1-5'],
    ['no hyphens', '20240115'],
    ['slashes', '2024/01/15'],
    ['the other way round', '15-01-2024'],
    ['a time behind it', '2024-01-15T00:00:00Z'],
    ['a zone behind it', '2024-01-15Z'],
    ['a blank behind it', '2024-01-15 '],
    ['a line end behind it', '2024-01-15\n'],
    ['five digits of a year', '12024-01-15'],
    ['a sign', '+2024-01-15'],
    ['full-width digits', '２０２４-01-15'],
    ['seconds', 1_705_276_800],
    ['milliseconds', 1_705_276_800_000],
    ['null', null],
    ['an empty text', ''],
    ['a word', 'tomorrow'],
    ['an array', ['2024-01-15']],
    ['NUL', '2024-01-15\u0000'],
    ['10 KiB', '2'.repeat(10_240)],
  ])('%s', async (_what, value) => {
    expect(seen(await customer.submit({ appointmentDate: value }))).toEqual(refusal(400, WORDS));
    expect(await rowCounts()).toEqual(before);
  });

  test.each(['0001-01-01', '1999-12-31', '2000-02-29', '2024-02-29', '9999-12-31'])('%s is a day', async (value) => {
    const { orderId: id } = await customer.newOrder({ appointmentDate: value });
    expect((await shown(id)).appointmentDate).toBe(value);
  });

  test('every day that a calendar has goes in and comes out; every other is refused', async () => {
    const date = fc.tuple(
      fc.constantFrom(1, 4, 1582, 1900, 2000, 2023, 2024, 2038, 9999),
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 27, max: 32 }),
    );
    await fc.assert(
      fc.asyncProperty(date, async ([year, month, day]) => {
        const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
        const days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
        const value = [String(year).padStart(4, '0'), String(month).padStart(2, '0'), day].join('-');
        const received = await customer.submit({ appointmentDate: value });
        expect([value, received.status]).toEqual([value, day <= days ? 200 : 400]);
      }),
      { numRuns: 60 },
    );
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
  ['a right-to-left mark', 'a\u200fb'],
];

const LINES: [string, string][] = [
  ['emoji, each of them one character', '🧑‍⚕️🏥'],
  ['CRLF', 'a\r\nb'],
  ['a tab', 'a\tb'],
  ['markup', '<b>x</b>&amp;'],
  ['quotes', `"'\\`],
  ['SQL', "'; DROP TABLE--"],
  ['Arabic', 'مرحبا'],
  ['a letter with marks', 'e\u0301'],
];

describe.each([
  { field: 'appointmentTime', least: 1, most: 20 },
  { field: 'specialRequirements', least: 0, most: 500 },
])('$field', ({ field, least, most }) => {
  const WORDS = `${field} 必须是 ${least} 到 ${most} 个字符的文本，不含控制字符`;

  test.each<[string, unknown]>([
    ['null', null],
    ['a number', 9],
    ['true', true],
    ['an array', ['x']],
    ['an object', { text: 'x' }],
    ['a character too many', 'x'.repeat(most + 1)],
    ['an emoji too many', '😀'.repeat(most + 1)],
    ['a Chinese character too many', '好'.repeat(most + 1)],
    ['10 KiB', 'x'.repeat(10_240)],
    ...NOT_PLAIN,
  ])('%s', async (_what, value) => {
    expect(seen(await customer.submit({ [field]: value }))).toEqual(refusal(400, WORDS));
    expect(await rowCounts()).toEqual(before);
  });

  test.each([
    ...LINES,
    ['as many characters as may be', 'x'.repeat(most)],
    ['as many emoji as may be', '😀'.repeat(most)],
  ])('%s comes back as it was sent', async (_what, value) => {
    const { orderId: id } = await customer.newOrder({ [field]: value });
    expect(await shown(id)).toMatchObject({ [field]: value });
  });
});

test('appointmentTime is at least a character', async () => {
  expect(seen(await customer.submit({ appointmentTime: '' }))).toEqual(
    refusal(400, 'appointmentTime 必须是 1 到 20 个字符的文本，不含控制字符'),
  );
});

const MAX_BYTES = 8192;
/** An object whose JSON has exactly so many bytes. */
const ofBytes = (bytes: number) => ({ x: 'x'.repeat(bytes - '{"x":""}'.length) });

describe('formData', () => {
  const WORDS = 'formData 必须是一个 JSON 对象，最大 8 KiB';
  test.each<[string, unknown]>([
    ['null', null],
    ['a text', '{}'],
    ['a number', 1],
    ['true', true],
    ['an array', []],
    ['an array of objects', [{}]],
    ['a byte too many', ofBytes(MAX_BYTES + 1)],
    ['few characters of many bytes', { x: '好'.repeat(2800) }],
    ['half pairs, which JSON writes in six bytes each', { x: '\ud800'.repeat(1400) }],
    ['a key too long', { ['k'.repeat(MAX_BYTES)]: 1 }],
  ])('%s', async (_what, value) => {
    expect(seen(await customer.submit({ formData: value }))).toEqual(refusal(400, WORDS));
    expect(await rowCounts()).toEqual(before);
  });

  test('a number that JSON cannot keep', async () => {
    const body = JSON.stringify(orderFor(customer, { formData: 0 })).replace('"formData":0', '"formData":{"x":1e999}');
    const headers = { 'content-type': 'application/json' };
    expect(seen(await customer.send('/submit', { method: 'POST', body, headers }))).toEqual(refusal(400, WORDS));
    expect(await rowCounts()).toEqual(before);
  });

  test('exactly 8 KiB is not too much', async () => {
    const { orderId: id } = await customer.newOrder({ formData: ofBytes(MAX_BYTES) });
    expect((await shown(id)).formData).toEqual(ofBytes(MAX_BYTES));
  });

  test('any object comes back as it was sent', async () => {
    const object = fc.dictionary(
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.jsonValue({ maxDepth: 3, stringUnit: 'binary' }),
      { maxKeys: 8, noNullPrototype: true },
    );
    await fc.assert(
      fc.asyncProperty(object, async (formData) => {
        const text = JSON.stringify(formData);
        // A key of that name survives, too, but not the schema that this test reads answers by.
        fc.pre(new TextEncoder().encode(text).length <= MAX_BYTES && !text.includes('__proto__'));
        const { orderId: id } = await customer.newOrder({ formData });
        expect(JSON.stringify((await shown(id)).formData)).toBe(text);
      }),
      { numRuns: 60 },
    );
  });
});

describe('paymentMethod and openId', () => {
  test.each<[string, unknown]>([
    ['null', null],
    ['empty', ''],
    ['a number', 1],
    ['an array', ['alipay']],
    ['in other letters', 'WeChat_Pay'],
    ['a provider’s name', 'wechat-pay'],
    ['another provider', 'paypal'],
    ['with a blank', 'alipay '],
    ['__proto__', '__proto__'],
    ['10 KiB', 'a'.repeat(10_240)],
  ])('paymentMethod: %s', async (_what, paymentMethod) => {
    expect(seen(await customer.pay(orderId, { paymentMethod }))).toEqual(
      refusal(400, 'paymentMethod 必须是 wechat_pay 或 alipay'),
    );
    expect(await rowCounts()).toEqual(before);
  });

  const NO_OPEN_ID = '必须是 1 到 128 个字符，不含空格和控制字符';
  test.each<[string, unknown, string]>([
    ['missing', undefined, '不能为空'],
    ['empty', '', '不能为空'],
    ['null', null, '必须是字符串'],
    ['a number', 1, '必须是字符串'],
    ['an array', [OPEN_ID], '必须是字符串'],
    ['an object', { $ne: '' }, '必须是字符串'],
    ['129 characters', 'o'.repeat(129), NO_OPEN_ID],
    ['10 KiB', 'o'.repeat(10_240), NO_OPEN_ID],
    ['a blank in it', 'o o', NO_OPEN_ID],
    ['a line end behind it', `${OPEN_ID}\n`, NO_OPEN_ID],
    ['NUL behind it', `${OPEN_ID}\u0000`, NO_OPEN_ID],
    ['129 emoji', '😀'.repeat(129), NO_OPEN_ID],
    ['a wide blank', '用户\u3000', NO_OPEN_ID],
    ['a right-to-left override', '\u202Eo', NO_OPEN_ID],
    ['half of a pair', 'o\ud800', NO_OPEN_ID],
  ])('openId at WeChat: %s', async (_what, openId, message) => {
    expect(seen(await customer.pay(orderId, { openId }))).toEqual(refusal(400, `openId ${message}`));
    expect(await rowCounts()).toEqual(before);
  });

  test.each(['o', '-_-', 'o!', `'"<`, '用户openId', '😀'.repeat(128), 'o'.repeat(128)])(
    'openId at WeChat may be %s',
    async (openId) => {
      const { orderId: id } = await customer.newOrder();
      expect((await customer.pay(id, { openId })).status).toBe(200);
    },
  );

  test('openId at Alipay is nobody’s concern, as long as it is a text', async () => {
    expect(seen(await customer.pay(orderId, { paymentMethod: 'alipay', openId: 1 }))).toEqual(
      refusal(400, 'openId 必须是字符串'),
    );
    expect(await rowCounts()).toEqual(before);
  });
});

describe('reason', () => {
  const BLANKS: [string, unknown][] = [
    ['blank', ' '],
    ['blank lines', '\r\n\t '],
    ['a wide blank', '\u3000'],
  ];

  test.each<[string, unknown]>([
    ['null', null],
    ['a number', 1],
    ['an array', ['x']],
    ['501 characters', 'x'.repeat(501)],
    ['501 emoji', '😀'.repeat(501)],
    ['10 KiB', 'x'.repeat(10_240)],
    ...NOT_PLAIN,
  ])('of cancelling and of refunding: %s', async (_what, reason) => {
    expect(seen(await customer.cancel(orderId, { reason }))).toEqual(
      refusal(400, 'reason 必须是 0 到 500 个字符的文本，不含控制字符'),
    );
    expect(seen(await customer.refund(paidOrderId, 1, reason))).toEqual(
      refusal(400, 'reason 必须是 1 到 500 个字符的文本，不含控制字符'),
    );
    expect(await rowCounts()).toEqual(before);
  });

  test.each(BLANKS)('of refunding says something: %s', async (_what, reason) => {
    expect(seen(await customer.refund(paidOrderId, 1, reason))).toEqual(refusal(400, 'reason 不能为空'));
    expect(await rowCounts()).toEqual(before);
  });

  test('of refunding is not missing', async () => {
    const sent = { method: 'POST', body: { refundAmount: 1 } };
    expect(seen(await customer.send(`/refund/${paidOrderId}`, sent))).toEqual(refusal(400, 'reason 不能为空'));
    expect(await rowCounts()).toEqual(before);
  });

  test.each([...LINES, ['500 emoji', '😀'.repeat(500)], ['with blanks around it', ' x ']])(
    'of refunding comes back as it was written: %s',
    async (_what, reason) => {
      const { orderId: id } = await customer.newPaidOrder();
      expect((await customer.refund(id, 1, reason)).status).toBe(200);
      expect((await shown(id)).refundInfo?.refundReason).toBe(reason);
    },
  );
});
