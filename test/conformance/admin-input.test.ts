/** Bad input, by family, on every call of the operator API: a 4xx that names the field, and nothing written. */
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test } from 'vitest';
import { openShop, type Received, type Sent, type Shop } from '../harness/shop.ts';
import * as answers from './admin-answers.ts';
import { type Operator, operatorOf } from './admin-operator.ts';
import { problemOf } from './admin-problem.ts';
import { allRows } from './admin-rows.ts';
import { customerOf } from './customer.ts';

let shop: Shop;
let operator: Operator;
let unpaid: string;
let paid: string;
let wanted: { orderNo: string; refundNo: string; outTradeNo: string };
let before: unknown;
beforeAll(async () => {
  shop = await openShop({ limits: 'off' });
  operator = operatorOf(shop);
  const customer = customerOf(shop);
  unpaid = await customer.newOrder();
  ({ orderId: paid } = await customer.paidOrder());
  const { orderId, slip } = await customer.paidOrder();
  await customer.refund(orderId);
  wanted = { orderNo: orderId, refundNo: `${slip.payment_id}01`, outTradeNo: slip.payment_id };
  before = await allRows();
});

const SERVICE = { uuid: 'u', technicianId: 1, title: 't', thumbMin: '', tourPriceFen: 100 };

/** Every call with a body: where it goes, and a body that would do. The last test sends them. */
const WRITES: readonly { call: string; method: string; path: () => string; body: Record<string, unknown> | null }[] = [
  { call: 'fulfilment', method: 'POST', path: () => `/orders/${paid}/fulfilment`, body: { to: 'in_progress' } },
  { call: 'cancel', method: 'POST', path: () => `/orders/${unpaid}/cancel`, body: { reason: 'closed' } },
  { call: 'refunds', method: 'POST', path: () => `/orders/${paid}/refunds`, body: { amountFen: 1, reason: 'late' } },
  { call: 'reject', method: 'POST', path: () => `/refunds/${wanted.refundNo}/reject`, body: { reason: 'no' } },
  { call: 'put', method: 'PUT', path: () => '/catalog/booking-services/9', body: SERVICE },
  { call: 'approve', method: 'POST', path: () => `/refunds/${wanted.refundNo}/approve`, body: null },
  { call: 'query', method: 'POST', path: () => `/payments/${wanted.outTradeNo}/query`, body: null },
  { call: 'redeliver', method: 'POST', path: () => '/notifications/1/redeliver', body: null },
];
type Write = (typeof WRITES)[number];

const send = ({ method, path }: Write, sent: Sent): Promise<Received> => operator.send(path(), { method, ...sent });
const writeNamed = (call: string): Write => {
  const write = WRITES.find((one) => one.call === call);
  if (!write) throw new Error(`there is no call ${call}`);
  return write;
};

/** Text sent as JSON, byte for byte. */
const raw = (body: string | Uint8Array): Sent => ({ body, headers: { 'content-type': 'application/json' } });
const deep = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
const bytes = (...values: (number | string)[]) =>
  new Uint8Array(values.flatMap((value) => (typeof value === 'string' ? [...new TextEncoder().encode(value)] : value)));

async function columns(): Promise<string[]> {
  const { results } = await env.DB.prepare(
    `SELECT DISTINCT c.name FROM sqlite_schema t, pragma_table_info(t.name) c
      WHERE t.type = 'table' AND t.name NOT GLOB '[_s]*'`,
  ).all<{ name: string }>();
  return results.map(({ name }) => name);
}

describe.each(WRITES)('the body of $call', (write) => {
  const good = JSON.stringify(write.body ?? {});

  test.each([
    ['a zero byte', raw('\0')],
    ['invalid UTF-8', raw(bytes('{"reason":"', 0xc3, 0x28, '"}'))],
    ['a byte order mark', raw(bytes(0xef, 0xbb, 0xbf, good))],
    ['no JSON', raw('reason=closed')],
    ['half of one', raw(good.slice(0, -1))],
    ['two of them', raw(good + good)],
    ['a list', raw(`[${good}]`)],
    ['null', raw('null')],
    ['a text', raw('"closed"')],
    ['a number', raw('1')],
    ['nested 100 deep', raw(`{"reason":${deep(100)}}`)],
    ['a key twice', raw('{"reason":"a","reason":"b"}')],
    ['the wrong type', { body: good, headers: { 'content-type': 'text/plain' } }],
    ['no type', { body: bytes(good), headers: {} }],
    ['another format', { body: good, headers: { 'content-type': 'application/xml' } }],
    ['a form with a field twice', form('reason=a&reason=b')],
  ])('%s', async (_what, sent) => {
    expect(problemOf(await send(write, sent))).toEqual([400, 'invalid_input', 'body']);
    expect(await allRows()).toEqual(before);
  });

  test.each([
    ['65,537 bytes', good.padEnd(65_537)],
    ['10 MiB', good.padEnd(10 * 1024 * 1024)],
    ['100,000 keys', JSON.stringify(Object.fromEntries(Array.from({ length: 100_000 }, (_, nth) => [`k${nth}`, 1])))],
  ])('%s is too much', async (_what, body) => {
    expect(problemOf(await send(write, raw(body)))).toEqual([413, 'payload_too_large']);
    expect(await allRows()).toEqual(before);
  });

  test('every column of the database, and more, as an extra key', async () => {
    const names = [
      ...(await columns()),
      '__proto__',
      'constructor',
      'toString',
      'role',
      'isAdmin',
      'orderNo',
      'status',
    ];
    expect(names.length).toBeGreaterThan(50);
    const own = Object.keys(write.body ?? { reason: '' });
    for (const name of names.filter((one) => !own.includes(one))) {
      const body = `{${good.slice(1, -1)}${good === '{}' ? '' : ','}${JSON.stringify(name)}:1}`;
      expect([name, ...problemOf(await send(write, raw(body)))]).toEqual([name, 400, 'invalid_input', name]);
    }
    expect(await allRows()).toEqual(before);
  });

  test('a key of 60 KB is named by its beginning', async () => {
    const sent = await send(write, raw(JSON.stringify({ ...write.body, ['k'.repeat(60_000)]: 1 })));
    expect(problemOf(sent)).toEqual([400, 'invalid_input', 'k'.repeat(64)]);
    expect(await allRows()).toEqual(before);
  });
});

function form(body: string): Sent {
  return { body, headers: { 'content-type': 'application/x-www-form-urlencoded' } };
}

test.each(WRITES.filter(({ body }) => body !== null))('$call without a body, or an empty one', async (write) => {
  expect(problemOf(await send(write, {}))).toEqual([400, 'invalid_input', 'body']);
  expect(problemOf(await send(write, raw('')))).toEqual([400, 'invalid_input', 'body']);
  const [first = ''] = Object.keys(write.body ?? {});
  expect(problemOf(await send(write, raw('{}')))).toEqual([400, 'invalid_input', first]);
  expect(await allRows()).toEqual(before);
});

const TEXTS: readonly (readonly [string, unknown])[] = [
  ['null', null],
  ['a number', 7],
  ['true', true],
  ['a list', ['closed']],
  ['an object', { text: 'closed' }],
  ['501 characters', 'x'.repeat(501)],
  ['60 KB', 'x'.repeat(60_000)],
  ['a zero byte', 'a\0b'],
  ['two lines', 'a\r\nb'],
  ['an escape sequence', 'a\u001b[31mb'],
  ['a right-to-left override', 'a\u202egnp.exe'],
  ['half a character', 'a\ud83d'],
];

describe.each([
  ['cancel', 'reason', [['nothing', ''] as const, ['blanks', '  \u3000 '] as const]],
  ['reject', 'reason', [['nothing', ''] as const, ['blanks', '   '] as const]],
  ['refunds', 'reason', [['nothing', ''] as const]],
  ['approve', 'reason', [['nothing', ''] as const]],
  ['fulfilment', 'remark', []],
] as const)('%s: %s', (call, field, more) => {
  test.each([...TEXTS, ...more])('%s', async (_what, text) => {
    const write = writeNamed(call);
    const sent = await send(write, raw(JSON.stringify({ ...write.body, [field]: text })));
    expect(problemOf(sent)).toEqual([400, 'invalid_input', field]);
    expect(await allRows()).toEqual(before);
  });
});

/** Amounts in the text of JSON, because JSON can say more than a number can hold. */
const AMOUNTS = [
  '-1',
  '1.5',
  '0.001',
  '1.00000001',
  '10000000001',
  '9007199254740992',
  '9007199254740993',
  '1e17',
  '1e400',
  '-1e400',
  '"100"',
  '"１００"',
  '"1e2"',
  '""',
  '"¥1"',
  'null',
  'true',
  '[]',
  '[100]',
  '{}',
  '{"fen":100}',
];

describe.each([
  ['refunds', 'amountFen', '0'],
  ['put', 'tourPriceFen', '"0"'],
] as const)('%s: %s', (call, field, one) => {
  test.each([...AMOUNTS, one])('%s', async (amount) => {
    const write = writeNamed(call);
    const text = JSON.stringify({ ...write.body, [field]: 0 }).replace(`"${field}":0`, `"${field}":${amount}`);
    expect(problemOf(await send(write, raw(text)))).toEqual([400, 'invalid_input', field]);
    expect(await allRows()).toEqual(before);
  });

  test.each(['NaN', 'Infinity', '0x64', '01', '+1', '1_000', '.5', "'1'", 'undefined'])(
    '%s is no JSON',
    async (text) => {
      const sent = await send(writeNamed(call), raw(`{"reason":"late","${field}":${text}}`));
      expect(problemOf(sent)).toEqual([400, 'invalid_input', 'body']);
      expect(await allRows()).toEqual(before);
    },
  );
});

test.each([
  null,
  '',
  'paid',
  'unfulfilled',
  'partially_fulfilled',
  'Completed',
  'completed ',
  1,
  true,
  ['completed'],
  {},
])('fulfilment: to as %j', async (to) => {
  expect(problemOf(await send(writeNamed('fulfilment'), { body: { to } }))).toEqual([400, 'invalid_input', 'to']);
  expect(await allRows()).toEqual(before);
});

test.each(['0', '-1', '1.5', '01', '9'.repeat(16), 'abc', '%00', '１', "'%20OR%201=1--", 'x'.repeat(10_240), '1%2F2'])(
  'put: the id %#',
  async (id) => {
    const sent = await operator.put(`/catalog/booking-services/${id}`, SERVICE);
    expect(problemOf(sent)).toEqual([400, 'invalid_input', 'id']);
    expect(await allRows()).toEqual(before);
  },
);

test.each([
  ['technicianId', 0],
  ['technicianId', '1'],
  ['title', ''],
  ['title', 'x'.repeat(257)],
  ['title', 5],
  ['uuid', null],
  ['thumbMin', 'x'.repeat(1025)],
  ['soldCount', -1],
  ['soldCount', 1.5],
  ['soldCount', null],
])('put: %s as %j', async (field, value) => {
  const sent = await operator.put('/catalog/booking-services/9', { ...SERVICE, [field]: value });
  expect(problemOf(sent)).toEqual([400, 'invalid_input', field]);
  expect(await allRows()).toEqual(before);
});

const NOBODYS = [
  '0',
  '-1',
  '01',
  '1.0',
  '1e0',
  '0x1',
  '%201',
  'nope',
  '%00',
  '%',
  '%zz',
  '2022112200000000000000',
  'ORD2022112200000000000000',
  '20221122000000000000',
  '２０２２１１２２００００００００００００００',
  "2022'%20OR%20'1'='1",
  '%22%3E%3Cscript%3E',
  '..%2F..%2Forders',
  'x'.repeat(10_240),
];

describe.each([
  ['GET', '/orders/', '', undefined, 'order_not_found'],
  ['POST', '/orders/', '/fulfilment', { to: 'in_progress' }, 'order_not_found'],
  ['POST', '/orders/', '/cancel', { reason: 'closed' }, 'order_not_found'],
  ['POST', '/orders/', '/refunds', { amountFen: 1, reason: 'late' }, 'order_not_found'],
  ['POST', '/refunds/', '/approve', undefined, 'refund_not_found'],
  ['POST', '/refunds/', '/reject', { reason: 'no' }, 'refund_not_found'],
  ['POST', '/payments/', '/query', undefined, 'attempt_not_found'],
  ['POST', '/notifications/', '/redeliver', undefined, 'notification_not_found'],
  ['GET', '/catalog/technicians/', '', undefined, 'item_not_found'],
  ['DELETE', '/catalog/technicians/', '', undefined, 'item_not_found'],
  ['GET', '/catalog/', '', undefined, 'item_not_found'],
] as const)('%s %s…%s', (method, start, end, body, reason) => {
  test.each(NOBODYS)('of what nobody has is 404: %#', async (id) => {
    const received = await operator.send(`${start}${id}${end}`, { method, body });
    expect(problemOf(received)).toEqual([404, reason]);
    expect(await allRows()).toEqual(before);
  });
});

const BAD_LIMITS = [
  '0',
  '-1',
  '1.5',
  '101',
  '1000000000',
  'ten',
  '',
  '%20',
  '1e1',
  '０',
  '01',
  '1%00',
  '9'.repeat(400),
];
const BAD_CURSORS = ['0', '-1', '1.5', 'abc', '', '%00', '9'.repeat(16), '1%20OR%201=1', 'eyJpZCI6MX0=', 'null'];

describe.each(['/orders', '/refunds', '/notifications', '/catalog/technicians'])('the query of %s', (path) => {
  const isCatalog = path.startsWith('/catalog');
  test.each([
    ...BAD_LIMITS.map((value) => ['limit', value]),
    ...BAD_CURSORS.map((value) => ['cursor', value]),
    ...['page', 'Limit', 'offset', '__proto__', 'constructor', 'sql'].map((name) => [name, '1']),
    ...(isCatalog ? [] : ['', 'Paid', 'nothing', 'paid,failed', 'toString', '%00', '0'].map((one) => ['status', one])),
    ...(path === '/orders' ? [] : [['userId', '1']]),
  ])('%s=%s', async (name = '', value = '') => {
    expect(problemOf(await operator.get(`${path}?${name}=${value}`))).toEqual([400, 'invalid_input', name]);
  });

  test.each(['limit=5&limit=5', 'cursor=5&cursor=6', ...(isCatalog ? [] : ['status=failed&status=failed'])])(
    'twice: %s',
    async (query) => {
      const [name] = query.split('=');
      expect(problemOf(await operator.get(`${path}?${query}`))).toEqual([400, 'invalid_input', name]);
    },
  );
});

describe('the query of /orders', () => {
  test.each([
    ...['', 'recharges', 'Technician-Booking', 'technician-booking,recharge'].map((value) => ['dialect', value]),
    ...['', 'x'.repeat(65), 'x'.repeat(10_240)].map((value) => ['userId', value]),
    ...NOBODYS.filter((number) => !/^(?:ORD)?\d{22}$/.test(number)).map((value) => ['orderNo', value]),
    ...['from', 'to'].flatMap((name) =>
      [
        '2022-02-30T00:00:00Z',
        '2022-13-01T00:00:00Z',
        '2022-11-22T24:00:00Z',
        '2022-11-22T08:26:60Z',
        '2022-11-22T08:26:08',
        '2022-11-22T08:26Z',
        '2022-11-22',
        '2022-11-22%2008:26:08Z',
        '2022-11-22T08:26:08+08:00',
        '2022-11-22T08:26:08%2B0800',
        '1669105568',
        '1669105568000',
        'yesterday',
        '',
        '%00',
        `2022-11-22T08:26:08.${'0'.repeat(4000)}x`,
      ].map((value) => [name, value]),
    ),
  ])('%s=%s', async (name = '', value = '') => {
    expect(problemOf(await operator.get(`/orders?${name}=${value}`))).toEqual([400, 'invalid_input', name]);
  });

  test('from after to, by a millisecond', async () => {
    const query = 'from=2022-11-22T08:26:08.001Z&to=2022-11-22T08:26:08Z';
    expect(problemOf(await operator.get(`/orders?${query}`))).toEqual([400, 'invalid_input', 'from']);
  });

  test.each(['dialect=technician-booking', 'userId=1', 'orderNo=2022112200000000000000', 'from=2022-11-22T00:00:00Z'])(
    'twice: %s',
    async (one) => {
      const [name] = one.split('=');
      expect(problemOf(await operator.get(`/orders?${one}&${one}`))).toEqual([400, 'invalid_input', name]);
    },
  );
});

describe('what looks odd and is not', () => {
  test('a reason with an emoji, markup and quotes comes back as it was written', async () => {
    const reason = `<b>"late"</b> '; DROP TABLE orders; -- 😀 中文 \\`;
    const orderNo = await customerOf(shop).newOrder();
    expect((await operator.post(`/orders/${orderNo}/cancel`, { reason })).status).toBe(200);
    const { log } = answers.historyAnswer.parse((await operator.get(`/orders/${orderNo}`)).json);
    expect(log.at(-1)?.reason).toBe(reason);
  });

  test('500 characters are a reason', async () => {
    const orderNo = await customerOf(shop).newOrder();
    expect((await operator.post(`/orders/${orderNo}/cancel`, { reason: '长'.repeat(500) })).status).toBe(200);
  });

  test('1e2 is a hundred', async () => {
    const { orderId } = await customerOf(shop).paidOrder();
    const sent = raw('{"amountFen":1e2,"reason":"late"}');
    const refunded = await operator.send(`/orders/${orderId}/refunds`, { method: 'POST', ...sent });
    expect(answers.refundAnswer.parse(refunded.json).amountFen).toBe(100);
  });

  test.each(['a\0b', 'a\ud83d', '\u202ecod.exe', '"\'`$', '😀'])(
    'a title is kept or refused, and shown: %j',
    async (title) => {
      const put = await operator.put('/catalog/booking-services/10', { ...SERVICE, title });
      expect([200, 400]).toContain(put.status);
      expect((await operator.get('/catalog/booking-services')).status).toBe(200);
    },
  );
});

test('with input that is right, every one of these calls would have gone well', async () => {
  const order = ['fulfilment', 'refunds', 'cancel', 'put', 'query', 'approve', 'redeliver'];
  for (const write of order.map(writeNamed)) {
    const { status } = await send(write, write.body === null ? {} : { body: write.body });
    expect([write.call, status]).toEqual([write.call, write.call === 'redeliver' ? 202 : 200]);
  }
});
