/** The medical companion's rules of submitting: what has to be there, whose it has to be, and what it costs. */
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test } from 'vitest';
import { type CompanionCustomer, companionCustomer, orderFor, orderOf, payAtWechat } from '../harness/companion.ts';
import { openShop, type Shop } from '../harness/shop.ts';
import * as answers from './medical-companion-answers.ts';
import { newCustomer, newService } from './medical-companion-people.ts';
import { refusal } from './medical-companion-refusal.ts';
import { changeItem, removeItem } from './operator-desk.ts';
import { seen } from './refusal.ts';
import { rowCounts, rowsAsText } from './row-counts.ts';

const ORDER_TTL_MS = 1_800_000;
const NOBODY = 999_999;
const NOT_FOUND = {
  userId: '用户不存在',
  serviceId: '服务不存在',
  patientId: '就诊人不存在',
  addressId: '地址不存在',
} as const;

let shop: Shop;
/** The same shop after somebody has lost its key. */
let keylessShop: Shop;
let customer: CompanionCustomer;
let other: CompanionCustomer;
beforeAll(async () => {
  keylessShop = await openShop({ limits: 'off', vars: { PII_KEY: btoa('k'.repeat(32)) } });
  shop = await openShop({ limits: 'off' });
  customer = await newCustomer(shop);
  other = await newCustomer(shop);
});

async function shown(who: CompanionCustomer, orderId: number) {
  return answers.detailAnswer.parse((await who.detail(orderId)).json).data;
}

describe('the price', () => {
  test.each([
    [29_900, 299],
    [1, 0.01],
    [7, 0.07],
    [29, 0.29],
    [1999, 19.99],
    [10_000_000_000, 100_000_000],
  ])('of %i fen is %d yuan wherever it is shown', async (priceFen, yuan) => {
    const { orderId, orderNo } = await customer.newOrder({ serviceId: await newService(shop, priceFen) });
    const row = await env.DB.prepare('SELECT amount_fen FROM orders WHERE order_no = ?1').bind(orderNo).first();
    expect(row).toEqual({ amount_fen: priceFen });
    expect((await shown(customer, orderId)).amount).toBe(yuan);
    const listed = answers.listAnswer.parse((await customer.list()).json).data.list[0];
    expect([listed?.id, listed?.amount]).toEqual([orderId, yuan]);
    expect((await customer.payByAlipay(orderId)).json).toMatchObject({ data: { amount: yuan } });
  });

  test('counts from the moment it is set, and an order keeps what it was placed for', async () => {
    const serviceId = await newService(shop, 10_000);
    const ref = { kind: 'medical-services', id: String(serviceId) };
    const before = await customer.newOrder({ serviceId });
    await changeItem(ref, { title: '新名字', description: '新说明', priceFen: 20_000 });
    const after = await customer.newOrder({ serviceId });
    const terms = async (orderId: number) => {
      const { amount, serviceTitle, serviceDescription } = await shown(customer, orderId);
      return [amount, serviceTitle, serviceDescription];
    };
    expect(await terms(before.orderId)).toEqual([100, `陪诊服务 ${serviceId}`, '半天']);
    expect(await terms(after.orderId)).toEqual([200, '新名字', '新说明']);
    await removeItem(ref);
    expect(await terms(before.orderId)).toEqual([100, `陪诊服务 ${serviceId}`, '半天']);
  });

  test('of nothing sells nothing', async () => {
    const serviceId = await newService(shop, 0);
    const before = await rowCounts();
    expect(seen(await customer.submit({ serviceId }))).toEqual(refusal(409, '服务价格设置错误'));
    expect(await rowCounts()).toEqual(before);
  });

  test('that a client names is a field of nobody', async () => {
    const before = await rowCounts();
    for (const field of ['amount', 'price', 'priceFen', 'amountFen']) {
      expect(seen(await customer.submit({ [field]: 0.01 }))).toEqual(refusal(400, `${field} 不是该接口的参数`));
    }
    expect(await rowCounts()).toEqual(before);
  });
});

describe('what an order is for', () => {
  test.each(['serviceId', 'patientId', 'addressId'] as const)('an unknown %s', async (field) => {
    const before = await rowCounts();
    expect(seen(await customer.submit({ [field]: NOBODY }))).toEqual(refusal(404, NOT_FOUND[field]));
    expect(seen(await customer.submit({ [field]: Number.MAX_SAFE_INTEGER }))).toEqual(refusal(404, NOT_FOUND[field]));
    expect(await rowCounts()).toEqual(before);
  });

  test('a user who is not in the books', async () => {
    const stranger = companionCustomer(shop, { ...customer, userId: NOBODY });
    const before = await rowCounts();
    expect(seen(await stranger.submit())).toEqual(refusal(404, NOT_FOUND.userId));
    expect(await rowCounts()).toEqual(before);
  });

  test.each(['patientId', 'addressId'] as const)("somebody else's %s is as good as none", async (field) => {
    const before = await rowCounts();
    expect(seen(await customer.submit({ [field]: other[field] }))).toEqual(
      seen(await customer.submit({ [field]: NOBODY })),
    );
    expect(seen(await customer.submit({ [field]: other[field] }))).toEqual(refusal(404, NOT_FOUND[field]));
    expect(await rowCounts()).toEqual(before);
  });

  test.each(['patients', 'addresses', 'medical-services', 'users'])('a row of %s that was taken away', async (kind) => {
    const own = await newCustomer(shop);
    const serviceId = await newService(shop, 100);
    const [field, id] = {
      patients: ['patientId', own.patientId] as const,
      addresses: ['addressId', own.addressId] as const,
      'medical-services': ['serviceId', serviceId] as const,
      users: ['userId', own.userId] as const,
    }[kind] ?? ['userId', 0];
    expect((await own.submit({ serviceId })).status).toBe(200);
    await removeItem({ kind, id: String(id) });
    expect(seen(await own.submit({ serviceId }))).toEqual(refusal(404, NOT_FOUND[field]));
  });

  test('the first that is missing is named, in the order of the request', async () => {
    const nothing = { serviceId: NOBODY, patientId: NOBODY, addressId: NOBODY };
    expect(seen(await customer.submit(nothing))).toEqual(refusal(404, NOT_FOUND.serviceId));
    expect(seen(await customer.submit({ ...nothing, serviceId: 1 }))).toEqual(refusal(404, NOT_FOUND.patientId));
    // Somebody else's row is missed in its turn: what comes after it does not tell that it exists.
    const theirs = { patientId: other.patientId, addressId: NOBODY };
    expect(seen(await customer.submit(theirs))).toEqual(refusal(404, NOT_FOUND.patientId));
  });
});

describe('whose order it is', () => {
  test('a customer orders for nobody else, and learns nothing of who exists', async () => {
    const before = await rowCounts();
    for (const userId of [other.userId, NOBODY, 1]) {
      expect(seen(await customer.submit({ userId }))).toEqual(refusal(403, '没有权限'));
    }
    expect(await rowCounts()).toEqual(before);
  });

  test('an operator orders for anybody: the order is that user’s, and the log says who placed it', async () => {
    const operator = companionCustomer(shop, { ...other, userId: 9001 }, 'operator');
    const order = await operator.newOrder({ userId: other.userId });
    expect((await shown(other, order.orderId)).userId).toBe(other.userId);
    expect(await other.statusOf(order.orderId)).toBe('pending_pay');
    const event = await env.DB.prepare('SELECT actor FROM order_events WHERE order_no = ?1')
      .bind(order.orderNo)
      .first();
    expect(event).toEqual({ actor: 'operator:9001' });
    expect(seen(await customer.detail(order.orderId))).toEqual(refusal(404, '订单不存在'));
  });

  test("an operator, too, needs the user's own patient", async () => {
    const operator = companionCustomer(shop, { ...other, userId: 9001 }, 'operator');
    const fields = { userId: other.userId, patientId: customer.patientId };
    expect(seen(await operator.submit(fields))).toEqual(refusal(404, NOT_FOUND.patientId));
  });
});

describe('what may be left out', () => {
  test('specialRequirements and formData', async () => {
    const { orderId } = await customer.newOrder({ specialRequirements: undefined, formData: undefined });
    expect(await shown(customer, orderId)).toMatchObject({ specialRequirements: '', formData: {} });
  });

  test.each(['userId', 'serviceId', 'patientId', 'addressId', 'appointmentDate', 'appointmentTime'])(
    'but not %s',
    async (field) => {
      const before = await rowCounts();
      expect(seen(await customer.submit({ [field]: undefined }))).toEqual(refusal(400, `${field} 不能为空`));
      expect(await rowCounts()).toEqual(before);
    },
  );

  test('the first of several is named', async () => {
    const body: Record<string, unknown> = orderFor(customer);
    const fields = ['appointmentTime', 'appointmentDate', 'addressId', 'patientId', 'serviceId', 'userId'];
    for (const field of fields) {
      body[field] = undefined;
      expect(seen(await customer.send('/submit', { body }))).toEqual(refusal(400, `${field} 不能为空`));
    }
  });
});

describe('what is kept', () => {
  test('comes back as it was sent, whatever characters it has', async () => {
    const personal = {
      appointmentDate: '2024-02-29',
      appointmentTime: '下午 2–4 点 🕑',
      specialRequirements: `第一行\r\n第二行\t<b>"粗'体"</b> \\ 🧑‍⚕️ ${'好'.repeat(100)}`,
      formData: { 姓名: '李 "四"', nested: [{ a: null, b: [true, 1.5e-7] }], __proto__x: '', '': ' ', '😀': '\u0000' },
    };
    const { orderId } = await customer.newOrder(personal);
    expect(await shown(customer, orderId)).toMatchObject(personal);
    const listed = answers.listAnswer.parse((await customer.list()).json).data.list[0];
    expect(listed).toMatchObject({
      id: orderId,
      appointmentDate: personal.appointmentDate,
      appointmentTime: personal.appointmentTime,
    });
  });

  test('even a field that is called __proto__', async () => {
    const form = '{"__proto__":{"isAdmin":true},"constructor":1}';
    const body = JSON.stringify(orderFor(customer, { formData: 0 })).replace('"formData":0', `"formData":${form}`);
    const submitted = await customer.send('/submit', {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    });
    expect((await customer.detail(orderOf(submitted).orderId)).text).toContain(`"formData":${form}`);
  });

  test('stands in no table and no message of the outbox as anybody could read it', async () => {
    const canary = 'CANARY-13912345678';
    const { orderId } = await customer.newOrder({
      appointmentDate: '2031-07-09',
      appointmentTime: canary.slice(0, 20),
      specialRequirements: canary,
      formData: { [canary]: canary },
    });
    await customer.newTicket(orderId, 'oCanary_openId_of_a_person_00');
    await customer.cancel(orderId, { reason: canary });
    const rows = await rowsAsText();
    expect(rows.filter((row) => /CANARY|2031-07-09|oCanary|13700137000|王五|文三路/.test(row))).toEqual([]);
  });
});

test('an order whose personal data nobody can read any more is still shown, paid and given back', async () => {
  const { orderId } = await customer.newOrder();
  const keyless = companionCustomer(keylessShop, customer);
  const unreadable = { appointmentDate: '', appointmentTime: '' };
  expect((await keyless.list('&pageSize=1')).json).toMatchObject({
    data: { list: [{ id: orderId, amount: 299, ...unreadable }] },
  });
  expect((await keyless.detail(orderId)).json).toMatchObject({
    data: { id: orderId, ...unreadable, specialRequirements: '', formData: {} },
  });
  payAtWechat(shop, await keyless.newTicket(orderId));
  await shop.deliverNotifications();
  expect(await shown(customer, orderId)).toMatchObject({ status: 'paid', appointmentDate: '2024-01-15' });
  expect((await keyless.refund(orderId, 299)).status).toBe(200);
});

test('the number is the day in Shanghai and fourteen digits; the id is another', async () => {
  const { orderId, orderNo } = await customer.newOrder();
  expect(orderNo).toMatch(/^20221122\d{14}$/);
  expect(String(orderId)).not.toBe(orderNo);
  expect((await shown(customer, orderId)).orderNo).toBe(orderNo);
});

test('the time to pay is half an hour', async () => {
  const { orderNo } = await customer.newOrder();
  const row = await env.DB.prepare('SELECT expires_at_ms - created_at_ms AS ttl FROM orders WHERE order_no = ?1')
    .bind(orderNo)
    .first();
  expect(row).toEqual({ ttl: ORDER_TTL_MS });
});
