/** What people say about themselves and write: sealed at rest, told to nobody, shown to those who may see it, rekeyed. */
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { compose, prepare } from '../../src/compose.ts';
import { keepItem } from '../../src/core/catalog/keep-item.ts';
import { reseal } from '../../src/core/personal/reseal.ts';
import type { Services } from '../../src/core/services.ts';
import { keyIdOf } from '../../src/core/vault.ts';
import { createVault } from '../../src/vault/aes-gcm-vault.ts';
import { type Operator, operatorOf } from '../conformance/admin-operator.ts';
import { customerOf, payAtAlipay } from '../conformance/customer.ts';
import { newCustomer } from '../conformance/medical-companion-people.ts';
import { rowsAsText } from '../conformance/row-counts.ts';
import { checkBooks } from '../harness/check-books.ts';
import { type CompanionCustomer, companionCustomer, OPEN_ID, payAtWechat, ticketOf } from '../harness/companion.ts';
import { findTexts } from '../harness/find-texts.ts';
import { openShop, type Received, type Shop } from '../harness/shop.ts';

/** Everything that somebody says here, in words that stand nowhere else. */
const SAID = {
  userName: '欧阳春晓',
  userPhone: '13800007771',
  patientName: '司马秋寒🐤',
  patientPhone: '13800007772',
  address: '上海市静安区金丝雀路七号',
  date: '2031-07-17',
  time: '下午七点半整',
  requirements: '请带轮椅🐥走后门',
  form: '青霉素过敏，勿告家属',
  openId: 'oCanary7uMuAJO_M2pxb1Q9zNjWe',
  otherOpenId: 'oFinch77uMuAJO_M2pxb1Q9zNjWe',
  cancelReason: '我改约了李医生',
  operatorsCancelReason: '客人电话里说要住院',
  refundReason: '陪诊员迟到还发火🤬',
  rejectReason: '客人当时没有在医院门口',
  approveReason: '客人出示了住院证明',
  ownRefundReason: '代客人垫付的挂号费',
  remark: '已在住院部三楼接到客人',
} as const;
const ALL_SAID = Object.values(SAID);
/** What only ever comes in bodies that are refused. */
const REFUSED = '不该留下的话🐦13800007773';

const PERSON = { userId: 77_001, patientId: 77_002, addressId: 77_003 };
const UTF8 = new TextEncoder();
const found = (text: string, texts: readonly string[] = [...ALL_SAID, REFUSED]) => findTexts(UTF8.encode(text), texts);

const logged: string[] = [];
let shop: Shop;
let operator: Operator;

beforeAll(() => {
  for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) {
    vi.spyOn(console, method).mockImplementation((...line: unknown[]) => void logged.push(line.map(String).join(' ')));
  }
});

/** Lines of the log from here on. */
function logFrom(): () => string[] {
  const before = logged.length;
  return () => logged.slice(before);
}
const alertsIn = (lines: readonly string[]) => lines.map((line) => String(/"event":"(\w+)"/.exec(line)?.[1]));

async function must(answer: Promise<Received>, status = 200): Promise<Received> {
  const received = await answer;
  if (received.status !== status) throw new Error(`${received.status} ${received.text}`);
  return received;
}

const placedAnswer = z.object({ data: z.object({ orderId: z.int(), orderNo: z.string() }) });
const historyAnswer = z.object({
  refunds: z.array(z.object({ refundNo: z.string(), status: z.string(), reason: z.string().nullable() })),
  log: z.array(z.object({ type: z.string(), reason: z.string().nullable() })),
  details: z.record(z.string(), z.json()),
});
const history = async (orderNo: string) => historyAnswer.parse((await must(operator.get(`/orders/${orderNo}`))).json);
const shownAnswer = z.object({ data: z.record(z.string(), z.json()) });
const shown = async (customer: CompanionCustomer, orderId: number) =>
  shownAnswer.parse((await must(customer.detail(orderId))).json).data;

type Placed = z.output<typeof placedAnswer>['data'];

/** An order with all that a customer says when they place one. */
async function placeSaying(customer: CompanionCustomer): Promise<Placed> {
  const fields = {
    appointmentDate: SAID.date,
    appointmentTime: SAID.time,
    specialRequirements: SAID.requirements,
    formData: { patientName: SAID.patientName, patientPhone: SAID.patientPhone, notes: [{ history: SAID.form }] },
  };
  return placedAnswer.parse((await must(customer.submit(fields))).json).data;
}

async function payFor(customer: CompanionCustomer, { orderId }: Placed, openId: string): Promise<void> {
  payAtWechat(shop, await customer.newTicket(orderId, openId));
  await shop.deliverNotifications();
}

/** What the provider takes its time for is over, and has been heard of. */
async function letRefundsEnd(one: Shop): Promise<void> {
  for (let run = 0; run < 3; run++) {
    one.pass(60_000);
    await one.deliverNotifications();
    await one.cron();
  }
}

/** The number of the refund that waits for an operator's word. */
async function waitingRefund(orderNo: string): Promise<string> {
  const { refunds } = await history(orderNo);
  return refunds.find(({ status }) => status === 'requested')?.refundNo ?? 'none waits';
}

/** The sealed rows by name, as they are in the table. */
async function sealedRows(): Promise<{ row: string; keyId: string; sealed: string }[]> {
  const { results } = await env.DB.prepare('SELECT row_name AS row, key_id AS keyId, sealed FROM personal_data').all();
  return z.array(z.object({ row: z.string(), keyId: z.string(), sealed: z.string() })).parse(results);
}

const setSealed = (row: string, sealed: string) =>
  env.DB.prepare('UPDATE personal_data SET sealed = ?2, key_id = ?3 WHERE row_name = ?1')
    .bind(row, sealed, keyIdOf(sealed))
    .run();

async function sealedOf(row: string): Promise<string> {
  const text = (await sealedRows()).find((one) => one.row === row);
  if (!text) throw new Error(`${row} is not sealed`);
  return text.sealed;
}

/** The rows of the catalogue that are about the person. */
async function keepRows(): Promise<void> {
  const rows = {
    [`users/${PERSON.userId}`]: { name: SAID.userName, phone: SAID.userPhone, referrerId: '2' },
    [`patients/${PERSON.patientId}`]: {
      userId: String(PERSON.userId),
      name: SAID.patientName,
      phone: SAID.patientPhone,
    },
    [`addresses/${PERSON.addressId}`]: { userId: String(PERSON.userId), address: SAID.address },
  };
  for (const [path, body] of Object.entries(rows)) await must(operator.put(`/catalog/${path}`, body));
}

describe('everything that people say and write', () => {
  let paid: Placed;
  let cancelled: Placed;
  const answers: string[] = [];
  const webhooks: string[] = [];

  /** An order that is paid, worked on, and given back in parts, with words at every step. */
  async function liveThrough(customer: CompanionCustomer): Promise<void> {
    paid = await placeSaying(customer);
    shop.wechatPay.faults.plan({ method: 'wechat.prepay', when: 'after', kind: 'timeout' });
    await must(customer.pay(paid.orderId, { openId: SAID.otherOpenId }), 502);
    await payFor(customer, paid, SAID.openId);
    const { orderNo } = paid;
    await must(operator.post(`/orders/${orderNo}/fulfilment`, { to: 'in_progress', remark: SAID.remark }));
    await must(customer.refund(paid.orderId, 1, SAID.refundReason));
    const reject = { reason: SAID.rejectReason };
    await must(operator.post(`/refunds/${await waitingRefund(orderNo)}/reject`, reject));
    await must(customer.refund(paid.orderId, 2, SAID.refundReason));
    const approve = { reason: SAID.approveReason };
    await must(operator.post(`/refunds/${await waitingRefund(orderNo)}/approve`, approve));
    await letRefundsEnd(shop);
    await must(operator.post(`/orders/${orderNo}/refunds`, { amountFen: 300, reason: SAID.ownRefundReason }));
  }

  /** Orders that come to nothing, and one of the other dialect. */
  async function giveUp(customer: CompanionCustomer): Promise<void> {
    cancelled = await placeSaying(customer);
    await must(customer.cancel(cancelled.orderId, { reason: SAID.cancelReason }));
    const { orderNo } = await placeSaying(customer);
    await must(operator.post(`/orders/${orderNo}/cancel`, { reason: SAID.operatorsCancelReason }));
    const booking = customerOf(shop);
    const orderId = await booking.newOrder();
    payAtAlipay(shop, await booking.newSlip(orderId));
    await shop.deliverNotifications();
    await must(operator.post(`/orders/${orderId}/refunds`, { amountFen: 1, reason: SAID.ownRefundReason }));
  }

  /** Bodies that are wrong in every way. */
  async function getItWrong(customer: CompanionCustomer, orderId: number): Promise<void> {
    const wrong = [
      ...['serviceId', 'appointmentDate', 'formData', 'userId'].map((field) => customer.submit({ [field]: REFUSED })),
      customer.submit({ specialRequirements: [REFUSED] }),
      customer.submit({ appointmentTime: REFUSED.repeat(9) }),
      customer.submit({ more: REFUSED }),
      customer.send('/submit', { body: `{"userId": 1, "formData": {"a": "${REFUSED}`, headers: JSON_TYPE }),
      customer.send('/submit', { body: `["${REFUSED}"]`, headers: JSON_TYPE }),
      customer.send('/submit', { body: REFUSED }),
      customer.send('/submit', { body: `name=${encodeURIComponent(REFUSED)}`, headers: FORM_TYPE }),
      customer.send('/submit', { body: { a: REFUSED.repeat(5000) } }),
      customer.pay(orderId, { openId: `${REFUSED} ${REFUSED}` }),
      customer.pay(orderId, { paymentMethod: REFUSED }),
      customer.pay(encodeURIComponent(REFUSED)),
      customer.cancel(orderId, { reason: { said: REFUSED } }),
      customer.refund(orderId, 1, REFUSED),
      customer.refund(orderId, REFUSED, REFUSED),
      customer.send(`/list?userId=${encodeURIComponent(REFUSED)}`),
      operator.put(`/catalog/users/${PERSON.userId}`, { name: REFUSED, phone: 1 }),
      operator.put(`/catalog/patients/${PERSON.patientId}`, { name: REFUSED }),
      operator.put('/catalog/nothing/1', { name: REFUSED }),
      operator.post('/orders/2024/cancel', { reason: REFUSED }),
      operator.post('/refunds/2024/reject', { reason: REFUSED }),
      operator.post(`/orders/${paid.orderNo}/fulfilment`, { to: REFUSED, remark: REFUSED }),
      shop.send('/callback/wechat', { body: { said: REFUSED }, token: null }),
      shop.send('/callback/alipay', { body: `said=${encodeURIComponent(REFUSED)}`, headers: FORM_TYPE, token: null }),
    ];
    for (const { status, text, headers } of await Promise.all(wrong)) {
      answers.push(`${status} ${text} ${JSON.stringify([...headers])}`);
    }
    // A name that no call knows is told back to whoever sent it, and to nobody else.
    await must(customer.submit({ [REFUSED]: 1 }), 400);
    await must(customer.list(`&status=${encodeURIComponent(REFUSED)}`));
  }

  /** What is right, while the database is not. */
  async function findItBroken(customer: CompanionCustomer, orderId: number): Promise<void> {
    for (const words of ['D1_ERROR: no such table: orders', 'D1_ERROR: Network connection lost.']) {
      const spy = failBatches(words);
      const row = `/catalog/users/${PERSON.userId}`;
      for (const ask of [
        () => customer.submit({ specialRequirements: REFUSED, formData: { said: REFUSED } }),
        () => customer.cancel(orderId, { reason: REFUSED }),
        () => operator.put(row, { name: '甲', phone: REFUSED }),
      ]) {
        const { status, text } = await ask();
        answers.push(`${status} ${text}`);
      }
      spy.mockRestore();
    }
  }

  beforeAll(async () => {
    shop = await openShop({ limits: 'off' });
    operator = operatorOf(shop);
    const customer = companionCustomer(shop, PERSON);
    await keepRows();
    await liveThrough(customer);
    await giveUp(customer);
    const { orderId } = await placeSaying(customer);
    await getItWrong(customer, orderId);
    await findItBroken(customer, orderId);
    shop.pass(60_000);
    await shop.cron();
    for (const { body, headers } of shop.webhooks) webhooks.push(`${body} ${JSON.stringify([...headers])}`);
  });

  test('is in no table: not in its own words, and not in another spelling of them', async () => {
    const rows = await rowsAsText();
    expect(rows.length).toBeGreaterThan(100);
    expect(found(rows.join('\n'))).toEqual([]);
  });

  test('is found by the same eyes where it does stand', async () => {
    const service = { title: `陪诊 ${SAID.userName}`, description: encodeURIComponent(SAID.form), priceFen: 1 };
    await must(operator.put('/catalog/medical-services/77004', service));
    expect(found((await rowsAsText()).join('\n'))).toEqual([`${SAID.userName} (UTF-8)`, `${SAID.form} (percent)`]);
    await env.DB.prepare("DELETE FROM catalog_items WHERE id = '77004'").run();
  });

  test('is all there, sealed with the key in use, each text under the name that it opens for', async () => {
    const vault = createVault({ current: env.PII_KEY, previous: null });
    const rows = await sealedRows();
    const opened = await Promise.all(rows.map(({ row, sealed }) => vault.open(sealed, row)));
    expect(found(opened.join('\n'), ALL_SAID).length).toBe(ALL_SAID.length);
    expect(found(opened.join('\n'), [REFUSED])).toEqual([]);
    const ids = rows.map(({ keyId, sealed }) => [keyId, keyIdOf(sealed)]).flat();
    expect(new Set(ids)).toEqual(new Set([keyIdOf(await vault.seal('', 'x'))]));
  });

  test('is in no line of the log', () => {
    expect(alertsIn(logged)).toEqual(expect.arrayContaining(['prepay_unanswered', 'storage_unanswered']));
    expect(found(logged.join('\n'))).toEqual([]);
  });

  test('is told to nobody: no webhook holds it', () => {
    expect(webhooks.length).toBeGreaterThan(20);
    expect(found(webhooks.join('\n'))).toEqual([]);
  });

  test('is in no answer that says no', () => {
    expect(answers.filter((answer) => !/^(?:4\d\d|503) /.test(answer))).toEqual([]);
    expect(answers.length).toBe(33);
    expect(found(answers.join('\n'))).toEqual([]);
  });

  test('is shown to its customer again', async () => {
    const customer = companionCustomer(shop, PERSON);
    const detail = await shown(customer, paid.orderId);
    expect(detail).toMatchObject({
      appointmentDate: SAID.date,
      appointmentTime: SAID.time,
      specialRequirements: SAID.requirements,
      formData: { patientName: SAID.patientName, patientPhone: SAID.patientPhone, notes: [{ history: SAID.form }] },
      refundInfo: { refundReason: SAID.ownRefundReason },
    });
    expect((await must(customer.list())).text).toContain(SAID.date);
  });

  test('is shown to operators: the order, its log, and its refunds', async () => {
    const { details, log, refunds } = await history(paid.orderNo);
    expect(details).toMatchObject({
      patientId: PERSON.patientId,
      appointmentDate: SAID.date,
      specialRequirements: SAID.requirements,
      formData: { notes: [{ history: SAID.form }] },
    });
    const reasons = log.map(({ type, reason }) => `${type}: ${reason}`);
    for (const expected of [
      `fulfilment_advanced: ${SAID.remark}`,
      `refund_requested: ${SAID.refundReason}`,
      `refund_rejected: ${SAID.rejectReason}`,
      `refund_approved: ${SAID.approveReason}`,
      `refund_requested: ${SAID.ownRefundReason}`,
    ]) {
      expect(reasons).toContain(expected);
    }
    expect(reasons.filter((reason) => reason.includes('/words/'))).toEqual([]);
    const given = [SAID.refundReason, SAID.refundReason, SAID.ownRefundReason];
    expect(refunds.map(({ reason }) => reason)).toEqual(given);
    const desk = z.object({ items: z.array(z.object({ orderNo: z.string(), reason: z.string().nullable() })) });
    const { items } = desk.parse((await must(operator.get('/refunds?limit=100'))).json);
    const ofOrder = items.filter(({ orderNo }) => orderNo === paid.orderNo).map(({ reason }) => reason);
    expect(ofOrder).toEqual(given.toReversed());
    expect((await history(cancelled.orderNo)).log.at(-1)).toEqual({
      type: 'order_cancelled',
      reason: SAID.cancelReason,
    });
  });

  test('is shown to operators: the rows of the catalogue, one by one and in lists', async () => {
    const rows = {
      [`users/${PERSON.userId}`]: { name: SAID.userName, phone: SAID.userPhone, referrerId: '2' },
      [`patients/${PERSON.patientId}`]: { name: SAID.patientName, phone: SAID.patientPhone },
      [`addresses/${PERSON.addressId}`]: { address: SAID.address },
    };
    for (const [path, expected] of Object.entries(rows)) {
      const [kind = '', id = ''] = path.split('/');
      expect((await must(operator.get(`/catalog/${path}`))).json).toMatchObject({ id, ...expected });
      const listed = z.object({ items: z.array(z.looseObject({ id: z.string() })) });
      const { items } = listed.parse((await must(operator.get(`/catalog/${kind}?limit=100`))).json);
      expect(items.find((item) => item.id === id)).toMatchObject(expected);
    }
  });

  test('is given back to the fen all the same', async () => {
    shop.pass(3_600_000);
    await letRefundsEnd(shop);
    expect(await checkBooks(shop, 'at_rest')).toEqual([]);
  });
});

const JSON_TYPE = { 'content-type': 'application/json' };
const FORM_TYPE = { 'content-type': 'application/x-www-form-urlencoded' };

/** Every batch fails from here on with these words. */
function failBatches(words: string) {
  const openSession = env.DB.withSession.bind(env.DB);
  return vi.spyOn(env.DB, 'withSession').mockImplementation((from) => {
    const session = openSession(from);
    session.batch = () => Promise.reject(new Error(words));
    return session;
  });
}

/** Does something with the services of a shop's Worker, as a request does. */
async function work<T>(bindings: Cloudflare.Env, verb: (services: Services) => Promise<T>): Promise<T> {
  const prepared = await prepare(bindings);
  if (!prepared.ok) throw new Error(prepared.problems.join('; '));
  const context = createExecutionContext();
  const done = await verb(compose(bindings, prepared.isolate, context, 'first-primary').services);
  await waitOnExecutionContext(context);
  return done;
}

describe('a text that was put in another’s place', () => {
  let customer: CompanionCustomer;
  beforeEach(async () => {
    shop = await openShop({ limits: 'off', vars: { REFUND_APPROVAL: 'auto' } });
    operator = operatorOf(shop);
    customer = await newCustomer(shop);
  });
  afterEach(async () => {
    expect(await checkBooks(shop, 'any_time')).toEqual([]);
  });

  test('of an order: it is left out with an alert, and the order is paid and given back all the same', async () => {
    const [mine, other] = [await placeSaying(customer), await placeSaying(await newCustomer(shop))];
    await setSealed(`order/${mine.orderNo}`, await sealedOf(`order/${other.orderNo}`));
    const log = logFrom();
    const lost = { appointmentDate: '', appointmentTime: '', specialRequirements: '', formData: {} };
    expect(await shown(customer, mine.orderId)).toMatchObject({ ...lost, status: 'pending_pay' });
    expect((await must(customer.list())).json).toMatchObject({ data: { total: 1, list: [{ appointmentDate: '' }] } });
    expect((await history(mine.orderNo)).details).toEqual({
      serviceId: 1,
      patientId: customer.patientId,
      addressId: customer.addressId,
      serviceDescription: expect.any(String),
    });
    expect(log().map((line): unknown => JSON.parse(line))).toEqual(
      Array.from({ length: 3 }, () => ({
        level: 'alert',
        event: 'personal_data_unreadable',
        row: `order/${mine.orderNo}`,
        name: 'OperationError',
        at: expect.any(String),
      })),
    );
    await payFor(customer, mine, OPEN_ID);
    await must(customer.refund(mine.orderId, 299, SAID.refundReason));
    await letRefundsEnd(shop);
    expect(await shown(customer, mine.orderId)).toMatchObject({
      ...lost,
      status: 'refunded',
      refundInfo: { refundReason: SAID.refundReason },
    });
    expect(found(log().join('\n'))).toEqual([]);
  });

  test('of a reason: it is read as none, and what else was said is read', async () => {
    const order = await placeSaying(customer);
    await payFor(customer, order, OPEN_ID);
    await must(operator.post(`/orders/${order.orderNo}/fulfilment`, { to: 'in_progress', remark: SAID.remark }));
    await must(customer.refund(order.orderId, 1, SAID.refundReason));
    const words = (await sealedRows()).filter(({ row }) => row.startsWith(`order/${order.orderNo}/words/`));
    const remark = await env.DB.prepare("SELECT reason FROM order_events WHERE order_no = ? AND type LIKE 'fulfil%'")
      .bind(order.orderNo)
      .first('reason');
    const [moved, kept] = [words.find(({ row }) => row === remark), words.find(({ row }) => row !== remark)];
    if (!moved || !kept) throw new Error('the words are not there');
    await setSealed(moved.row, kept.sealed);
    const { log, refunds, details } = await history(order.orderNo);
    expect(log.find(({ type }) => type === 'fulfilment_advanced')).toEqual({
      type: 'fulfilment_advanced',
      reason: null,
    });
    expect(refunds).toMatchObject([{ reason: SAID.refundReason }]);
    expect(details).toMatchObject({ specialRequirements: SAID.requirements });
  });

  test('of a payment: the payer gets another one, and pays once', async () => {
    const [mine, other] = [await placeSaying(customer), await placeSaying(customer)];
    const first = await customer.newTicket(mine.orderId, SAID.openId);
    await customer.newTicket(other.orderId, SAID.openId);
    await setSealed(`attempt/${mine.orderNo}0001`, await sealedOf(`attempt/${other.orderNo}0001`));
    // Without the gate's memory, which still has what was there.
    const forgetful = await openShop({ gate: 'off', limits: 'off' });
    const log = logFrom();
    const token = await forgetful.token(String(customer.userId));
    const body = { paymentMethod: 'wechat_pay', openId: SAID.openId };
    const second = ticketOf(await must(forgetful.send(`/api/order/pay/${mine.orderId}`, { body, token })));
    expect(second.package).not.toBe(first.package);
    expect(alertsIn(log())).toEqual(['personal_data_unreadable']);
    expect(forgetful.wechatPay.pay(first).ok).toBe(false);
    payAtWechat(forgetful, second);
    await forgetful.deliverNotifications();
    expect(await customer.statusOf(mine.orderId)).toBe('paid');
  });

  test('of a catalogue row: its plain fields are shown, and orders are placed for it', async () => {
    const row = `patients/${customer.patientId}`;
    await setSealed(`catalog/${row}`, await sealedOf('catalog/patients/1'));
    const log = logFrom();
    const plain = { id: String(customer.patientId), userId: String(customer.userId) };
    expect((await must(operator.get(`/catalog/${row}`))).json).toEqual(plain);
    expect((await must(operator.get('/catalog/patients?limit=100'))).json).toMatchObject({
      items: expect.arrayContaining([plain, expect.objectContaining({ id: '1', name: '张三' })]),
    });
    expect(alertsIn(log())).toEqual(['personal_data_unreadable', 'personal_data_unreadable']);
    await placeSaying(customer);
    const body = { userId: plain.userId, name: SAID.patientName, phone: SAID.patientPhone };
    await must(operator.put(`/catalog/${row}`, body));
    expect((await must(operator.get(`/catalog/${row}`))).json).toEqual({ id: plain.id, ...body });
  });
});

/** The fields of a user's row, without the account that is shown beside them. */
function fieldsOf({ json }: Received): Record<string, unknown> {
  const { balanceFen: _balanceFen, ledger: _ledger, ...fields } = z.looseObject({}).parse(json);
  return fields;
}

describe('a catalogue row about a person', () => {
  let nth = 0;
  let ref: { kind: string; id: string };
  const path = () => `/catalog/${ref.kind}/${ref.id}`;
  const put = (body: object) => operator.put(path(), body);
  const get = async () => fieldsOf(await must(operator.get(path())));
  const isSealed = async () => (await sealedRows()).some(({ row }) => row === `catalog/${ref.kind}/${ref.id}`);

  beforeAll(async () => {
    shop = await openShop({ limits: 'off' });
    operator = operatorOf(shop);
  });
  beforeEach(() => {
    nth++;
    ref = { kind: 'users', id: `row-${nth}` };
  });

  test('keeps the fields that a change leaves out, the personal ones and the others', async () => {
    const whole = { name: SAID.userName, phone: SAID.userPhone, referrerId: '2' };
    expect(fieldsOf(await must(put(whole)))).toEqual({ id: ref.id, ...whole });
    for (const change of [{ phone: '13800007774' }, { referrerId: '3' }, { name: '甲' }, {}]) {
      Object.assign(whole, change);
      expect(fieldsOf(await must(put(change)))).toEqual({ id: ref.id, ...whole });
      expect(await get()).toEqual({ id: ref.id, ...whole });
    }
    expect(found((await rowsAsText()).join('\n'), [SAID.userPhone, '13800007774'])).toEqual([]);
  });

  test('without a word about a person keeps nothing sealed', async () => {
    await must(put({ referrerId: '2' }));
    expect([await get(), await isSealed()]).toEqual([{ id: ref.id, referrerId: '2' }, false]);
  });

  test('takes what is personal along when it is deleted; a new one under its name begins without', async () => {
    await must(put({ name: SAID.userName, phone: SAID.userPhone, referrerId: '2' }));
    expect(await isSealed()).toBe(true);
    await must(operator.remove(path()), 204);
    expect(await isSealed()).toBe(false);
    await must(put({ phone: SAID.userPhone }));
    expect(await get()).toEqual({ id: ref.id, phone: SAID.userPhone, referrerId: '2' });
  });

  test('changed by two operators at once loses neither’s field', async () => {
    await must(put({ name: 'none', phone: 'none' }));
    for (let round = 0; round < 20; round++) {
      const answers = await Promise.all([put({ name: `name ${round}` }), put({ phone: `phone ${round}` })]);
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      expect(await get()).toEqual({ id: ref.id, name: `name ${round}`, phone: `phone ${round}` });
    }
  });

  test('changed by eight at once holds what two of them wrote; who is told to come back has written nothing', async () => {
    await must(put({ name: 'name of nobody', phone: 'phone of nobody' }));
    const fields = Array.from({ length: 8 }, (_, who) =>
      who % 2 === 0 ? { name: `name ${who}` } : { phone: `phone ${who}` },
    );
    const answers = await Promise.all(fields.map(put));
    expect(answers.filter(({ status }) => status !== 200 && status !== 503)).toEqual([]);
    expect(answers.map(({ status }) => status)).toContain(200);
    const written = fields.filter((_, who) => answers[who]?.status === 200).flatMap((field) => Object.values(field));
    const now = z.object({ name: z.string(), phone: z.string() }).parse(await get());
    for (const field of ['name', 'phone'] as const) {
      const some = written.filter((text) => text.startsWith(field));
      expect(some.length === 0 ? [`${field} of nobody`] : some).toContain(now[field]);
    }
  });

  /** Writes a field, while somebody else does something between the reading and the writing, so many times. */
  const writeBetween = (interfere: () => Promise<unknown>, times: number) =>
    work(shop.bindings, (services) => {
      let left = times;
      const read: Services['personal']['read'] = async (rows) => {
        const texts = await services.personal.read(rows);
        if (left-- > 0) await interfere();
        return texts;
      };
      const slow = { ...services, personal: { ...services.personal, read } };
      return keepItem(slow, ref, { name: 'mine', referrerId: '7' }, ['name', 'phone']);
    });

  test.each([1, 2])('that changes %d times while it is written is written anew', async (times) => {
    await must(put({ name: 'theirs', phone: 'before' }));
    let changes = 0;
    const kept = await writeBetween(() => put({ phone: `theirs ${++changes}` }), times);
    expect(kept).toMatchObject({ ok: true, value: { body: { name: 'mine', phone: `theirs ${times}` } } });
    expect(await get()).toEqual({ id: ref.id, name: 'mine', phone: `theirs ${times}`, referrerId: '7' });
  });

  test('that was new to both of two operators is written by both', async () => {
    const kept = await writeBetween(() => put({ phone: 'theirs' }), 1);
    expect(kept.ok).toBe(true);
    expect(await get()).toEqual({ id: ref.id, name: 'mine', phone: 'theirs', referrerId: '7' });
  });

  test('that is deleted while it is written comes back without what was deleted', async () => {
    await must(put({ name: 'theirs', phone: 'before' }));
    const kept = await writeBetween(() => operator.remove(path()), 1);
    expect(kept.ok).toBe(true);
    expect(await get()).toEqual({ id: ref.id, name: 'mine', referrerId: '7' });
  });

  test('that never stands still is left as it is, and whoever asked is told to come back', async () => {
    await must(put({ name: 'theirs', phone: 'before', referrerId: '2' }));
    let changes = 0;
    const kept = await writeBetween(() => put({ phone: `theirs ${++changes}` }), 99);
    expect(kept).toEqual({ ok: false, refusal: { reason: 'busy', retryAfterSeconds: 1 } });
    expect(await get()).toEqual({ id: ref.id, name: 'theirs', phone: `theirs ${changes}`, referrerId: '2' });
  });
});

const aKey = () => btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))));
const idOfKey = async (key: string) => keyIdOf(await createVault({ current: key, previous: null }).seal('', 'x'));

/** The keys in use, and how many texts one of them has sealed. */
const keyIds = async () => new Set((await sealedRows()).map(({ keyId }) => keyId));
const countOf = async (keyId: string) => (await sealedRows()).filter((one) => one.keyId === keyId).length;

describe('a change of the key', () => {
  const newKey = aKey();
  let oldId: string;
  let newId: string;
  let before: Shop;
  let during: Shop;
  let after: Shop;
  let customer: CompanionCustomer;
  let order: Placed;

  /** One after the other, because opening a shop seals the demo rows with the old key. */
  beforeEach(async () => {
    await env.DB.prepare('DELETE FROM personal_data').run();
    const limits = 'off';
    after = await openShop({ limits, vars: { PII_KEY: newKey } });
    during = await openShop({ limits, vars: { PII_KEY: newKey, PII_KEY_PREVIOUS: env.PII_KEY } });
    before = await openShop({ limits });
    shop = before;
    operator = operatorOf(before);
    [oldId, newId] = [await idOfKey(env.PII_KEY), await idOfKey(newKey)];
    customer = await newCustomer(before);
    order = await placeSaying(customer);
    await payFor(customer, order, SAID.openId);
    await must(customer.refund(order.orderId, 1, SAID.refundReason));
    await must(operator.post(`/orders/${order.orderNo}/fulfilment`, { to: 'in_progress', remark: SAID.remark }));
  });

  /** Everything that is personal of the order and of a row, as it is read with some keys. */
  async function readWith(one: Shop): Promise<unknown[]> {
    const desk = operatorOf(one);
    const texts = [
      await companionCustomer(one, customer).detail(order.orderId),
      await desk.get(`/orders/${order.orderNo}`),
      await desk.get(`/catalog/patients/${customer.patientId}`),
      await desk.get(`/catalog/users/${customer.userId}`),
    ];
    return texts.map(({ status, json }) => [status, json]);
  }

  /** Adds texts that the old key has sealed. */
  async function addSealed(count: number, row = (nth: number) => `order/${String(nth).padStart(5, '0')}`) {
    const vault = createVault({ current: env.PII_KEY, previous: null });
    const rows = await Promise.all(
      Array.from({ length: count }, async (_, nth) => [row(nth), await vault.seal(`text ${nth}`, row(nth))] as const),
    );
    const insert = env.DB.prepare('INSERT INTO personal_data (row_name, key_id, sealed) VALUES (?, ?, ?)');
    await env.DB.batch(rows.map(([name, sealed]) => insert.bind(name, oldId, sealed)));
    return rows.map(([name]) => name);
  }

  test('everything is readable before, during and after, and then with the new key alone', async () => {
    const whole = await readWith(before);
    expect(found(JSON.stringify(whole), ALL_SAID).length).toBeGreaterThan(7);
    expect(await readWith(during)).toEqual(whole);
    expect(await keyIds()).toEqual(new Set([oldId]));
    await during.cron();
    expect(await keyIds()).toEqual(new Set([newId]));
    expect(await readWith(during)).toEqual(whole);
    expect(await readWith(after)).toEqual(whole);
    // The old key alone reads nothing of it any more.
    expect(found(JSON.stringify(await readWith(before)), ALL_SAID)).toEqual([]);
    expect(await checkBooks(shop, 'any_time')).toEqual([]);
  });

  test('what is written meanwhile is sealed with the new key from the start', async () => {
    const customerDuring = companionCustomer(during, customer);
    const placed = await placeSaying(customerDuring);
    await must(customerDuring.cancel(placed.orderId, { reason: SAID.cancelReason }));
    await must(operatorOf(during).put(`/catalog/users/${customer.userId}`, { phone: SAID.userPhone }));
    const rows = await sealedRows();
    const own = rows.filter(({ row }) => row.includes(placed.orderNo) || row === `catalog/users/${customer.userId}`);
    expect(own.map(({ keyId }) => keyId)).toEqual([newId, newId, newId]);
    expect(await countOf(oldId)).toBeGreaterThan(5);
  });

  test('as many runs as it takes leave no row of the old key, and the log says how many each did', async () => {
    const many = await addSealed(700);
    const total = await countOf(oldId);
    const log = logFrom();
    let runs = 0;
    for (; (await countOf(oldId)) > 0 && runs < 10; runs++) {
      during.pass(60_000);
      await during.cron();
    }
    const lines = log().filter((line) => line.includes('personal_data_resealed'));
    const read = z.strictObject({ level: z.string(), event: z.string(), keyId: z.string(), resealed: z.int() });
    const told = lines.map((line) => read.parse(JSON.parse(line)));
    expect(new Set(told.map(({ level, keyId }) => `${level} ${keyId}`))).toEqual(new Set([`info ${oldId}`]));
    expect(told.reduce((sum, { resealed }) => sum + resealed, 0)).toBe(total);
    expect(told).toHaveLength(runs);
    expect(runs).toBeGreaterThan(1);
    const vault = createVault({ current: newKey, previous: null });
    const rows = await sealedRows();
    for (const [nth, row] of many.entries()) {
      expect(await vault.open(rows.find((one) => one.row === row)?.sealed ?? '', row)).toBe(`text ${nth}`);
    }
    const quiet = logFrom();
    await during.cron();
    expect(alertsIn(quiet())).not.toContain('personal_data_resealed');
  });

  test('nothing is touched while there is no other key', async () => {
    const were = await sealedRows();
    const log = logFrom();
    await before.cron();
    await after.cron();
    expect(await sealedRows()).toEqual(were);
    expect(alertsIn(log())).not.toContain('personal_data_resealed');
  });

  test('a text that was changed meanwhile is not written over', async () => {
    const [row = ''] = await addSealed(1);
    const newest = await createVault({ current: newKey, previous: null }).seal('newest', row);
    await work(during.bindings, async (services) => {
      // Between reading it and writing it.
      const open: Services['vault']['open'] = async (sealed, of) => {
        const text = await services.vault.open(sealed, of);
        if (of === row) await setSealed(row, newest);
        return text;
      };
      await reseal({ ...services, vault: { ...services.vault, open } });
    });
    expect(await sealedOf(row)).toBe(newest);
    expect(await keyIds()).toEqual(new Set([newId]));
  });

  test('a text that was taken away meanwhile does not come back', async () => {
    const [row = ''] = await addSealed(1);
    await work(during.bindings, async (services) => {
      const open: Services['vault']['open'] = async (sealed, of) => {
        const text = await services.vault.open(sealed, of);
        if (of === row) await env.DB.prepare('DELETE FROM personal_data WHERE row_name = ?').bind(row).run();
        return text;
      };
      await reseal({ ...services, vault: { ...services.vault, open } });
    });
    expect((await sealedRows()).some((one) => one.row === row)).toBe(false);
  });

  test('texts that cannot be opened stop no other, and stay for whoever can mend them', async () => {
    // More than are read at once, and all of them in front.
    const [broken, whole] = [await addSealed(70), await addSealed(3, (nth) => `order/9000${nth}`)];
    const vault = createVault({ current: env.PII_KEY, previous: null });
    const foreign = await vault.seal('of another row', 'order/other');
    for (const row of broken) await setSealed(row, foreign);
    const log = logFrom();
    await during.cron();
    const left = (await sealedRows())
      .filter(({ keyId }) => keyId !== newId)
      .toSorted((a, b) => (a.row < b.row ? -1 : 1));
    expect(left).toEqual(broken.map((row) => ({ row, keyId: oldId, sealed: foreign })));
    const opening = createVault({ current: newKey, previous: null });
    for (const row of whole) expect(await opening.open(await sealedOf(row), row)).toMatch(/^text [012]$/);
    const alerts = alertsIn(log());
    expect(alerts.filter((event) => event === 'job_row_failed')).toHaveLength(broken.length);
    expect(alerts).toContain('personal_data_resealed');
    // The next run tries again, and has nothing to say of success.
    const quiet = logFrom();
    await during.cron();
    expect(new Set(alertsIn(quiet()))).toEqual(new Set(['job_row_failed']));
    expect(found(log().join('\n'))).toEqual([]);
  });

  test('a text of a key that nobody has any more is left alone', async () => {
    const lost = await createVault({ current: aKey(), previous: null }).seal('lost', 'order/lost');
    await addSealed(1, () => 'order/lost');
    await setSealed('order/lost', lost);
    const log = logFrom();
    await during.cron();
    expect(await sealedOf('order/lost')).toBe(lost);
    expect(await countOf(oldId)).toBe(0);
    expect(alertsIn(log())).not.toContain('job_row_failed');
  });

  test('two runs at once do no harm', async () => {
    const many = await addSealed(150);
    await Promise.all([during.cron(), during.cron()]);
    expect(await keyIds()).toEqual(new Set([newId]));
    const vault = createVault({ current: newKey, previous: null });
    const rows = await sealedRows();
    for (const [nth, row] of many.entries()) {
      expect(await vault.open(rows.find((one) => one.row === row)?.sealed ?? '', row)).toBe(`text ${nth}`);
    }
  });

  test('money moves in the middle of it: an order placed before is paid and given back after', async () => {
    const placed = await placeSaying(customer);
    const first = await customer.newTicket(placed.orderId, SAID.openId);
    await during.cron();
    const later = companionCustomer(after, customer);
    payAtWechat(before, first);
    await after.deliverNotifications();
    expect(await later.statusOf(placed.orderId)).toBe('paid');
    await must(later.refund(placed.orderId, 299, SAID.refundReason));
    await must(operatorOf(after).post(`/refunds/${placed.orderNo}000101/approve`, { reason: SAID.approveReason }));
    await letRefundsEnd(after);
    expect(await later.statusOf(placed.orderId)).toBe('refunded');
    expect(await checkBooks(shop, 'any_time')).toEqual([]);
  });
});
