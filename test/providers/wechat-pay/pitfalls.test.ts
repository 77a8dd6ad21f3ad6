/** What goes wrong with WeChat Pay in production, one test for each of the known pitfalls. */
// Number 18, that the client's word is no proof, is not here: the port has no way to take the client's word.
import { expect, test } from 'vitest';
import { diagnoseWechatPayKeys } from '../../../src/providers/wechat-pay/diagnose-keys.ts';
import { certify } from './certificate.ts';
import {
  answer,
  CERTIFICATE_SERIAL,
  CERTIFIED,
  CLOSE,
  CONFIG,
  JSAPI,
  MERCHANT,
  MERCHANT_SERIAL,
  NOW_MS,
  ORDER,
  OUT_TRADE_NO,
  PAID,
  PREPAY_ID,
  providerWith,
  PUBLIC_KEY_ID,
  QUERY,
  REFUND,
  REFUND_CALL,
  REFUND_QUERY,
  REFUNDED,
  refusal,
  signedHeaders,
  UNPAID,
} from './signed-gateway.ts';
import { envelope, paidMessage, read, REFUND_NOTICE, signed } from './signed-notification.ts';

const TAKEN = () => answer(204, null);

test('1: of two attempts that were both paid, each is reported as its own payment', async () => {
  const first = await read(paidMessage());
  const second = await read(paidMessage({ out_trade_no: `${OUT_TRADE_NO}2`, transaction_id: '4200002' }));
  expect(first).toMatchObject({ kind: 'payment', payment: { outTradeNo: OUT_TRADE_NO } });
  expect(second).toMatchObject({
    kind: 'payment',
    payment: { outTradeNo: `${OUT_TRADE_NO}2`, transactionId: '4200002' },
  });
});

test('1: closing an older attempt that was paid meanwhile says that it is not open', async () => {
  const { provider } = providerWith({ [CLOSE]: TAKEN, [QUERY]: PAID });
  expect(await provider.close(OUT_TRADE_NO)).toEqual({ status: 'not_open' });
});

test('2: closing a number that does not exist is taken too, and is not reported as closed', async () => {
  const { provider } = providerWith({ [CLOSE]: TAKEN, [QUERY]: refusal(404, 'ORDER_NOT_EXIST') });
  expect(await provider.close(OUT_TRADE_NO)).toEqual({ status: 'absent' });
});

test('2: the deadline is told to WeChat Pay', async () => {
  const { provider, calls } = providerWith({ [JSAPI]: { prepay_id: PREPAY_ID } });
  await provider.prepay(ORDER);
  expect(calls[0]?.content).toMatchObject({ time_expire: '2022-11-22T16:39:20+08:00' });
});

test('3: a repeated notification is the same event, and another event about the same payment is another', async () => {
  const first = await read(signed(envelope(PAID)));
  const repeat = await read(signed(envelope(PAID), { timestamp: String(NOW_MS / 1000 + 15), nonce: 'n2' }));
  const other = await read(signed({ ...envelope(REFUND_NOTICE, 'REFUND.SUCCESS'), id: 'EV-2' }));
  expect(repeat).toEqual(first);
  expect(other).toMatchObject({ kind: 'refund', notificationId: 'EV-2' });
});

test('4: news of a refund is never read as a payment, whatever else it holds', async () => {
  const message = signed(envelope({ ...PAID, ...REFUND_NOTICE }, 'REFUND.SUCCESS'));
  expect((await read(message)).kind).toBe('refund');
});

test('5: a notification is read without anything that preparing has left behind', async () => {
  const { provider, calls } = providerWith({});
  expect((await provider.readNotification(paidMessage())).kind).toBe('payment');
  expect(calls).toEqual([]);
});

test('6: where no notification comes, the query says the same to the last field', async () => {
  const notified = await read(paidMessage());
  const { provider } = providerWith({ [QUERY]: PAID });
  const { status, ...asked } = await provider.query(OUT_TRADE_NO);
  expect(status).toBe('paid');
  expect(notified).toMatchObject({ payment: asked });
});

test.each([
  ['another merchant', { mchid: '1900000110' }],
  ['another app', { appid: 'wx0000000000000000' }],
])('7: a payment of %s is not ours, though it is signed', async (_name, change) => {
  expect((await read(paidMessage(change))).kind).toBe('foreign');
  const { provider } = providerWith({ [QUERY]: { ...PAID, ...change } });
  expect((await provider.query(OUT_TRADE_NO)).status).toBe('unknown');
});

test('7: the amount is what was charged, not the part that the payer paid after a coupon', async () => {
  const amount = { total: 29_900, payer_total: 1, currency: 'CNY', payer_currency: 'CNY' };
  expect(await read(paidMessage({ amount }))).toMatchObject({ payment: { amountFen: 29_900 } });
});

test('8: plus, percent and characters of four bytes arrive as they were signed', async () => {
  const text = JSON.stringify(envelope({ ...PAID, attach: '100% + %2B 茶 😀' })).replace('支付成功', '+%2B 😀');
  expect((await read(signed(text))).kind).toBe('payment');
  expect((await read({ ...signed(text), body: decodeURIComponent(text) })).kind).toBe('invalid');
});

test('9: nothing is handed through WeChat Pay to be found again: the number alone names the payment', async () => {
  const { provider, calls } = providerWith({ [JSAPI]: { prepay_id: PREPAY_ID } });
  await provider.prepay(ORDER);
  expect(calls[0]?.content).not.toHaveProperty('attach');
  expect(await read(paidMessage({ attach: `{"out_trade_no":"${OUT_TRADE_NO}2"}` }))).toMatchObject({
    payment: { outTradeNo: OUT_TRADE_NO },
  });
});

test.each([
  ['our public key', { [PUBLIC_KEY_ID]: MERCHANT.publicKey }],
  ['our merchant certificate', { [CERTIFICATE_SERIAL]: certify(MERCHANT, MERCHANT_SERIAL) }],
  ['our own serial', { [MERCHANT_SERIAL]: CERTIFIED.publicKey }],
])('10: %s in the place of theirs is told before anybody pays', async (_name, platformKeys) => {
  expect(await diagnoseWechatPayKeys({ ...CONFIG, platformKeys })).toEqual([
    expect.stringContaining('our own merchant'),
  ]);
});

test('11: while certificates give way to the public key, both are believed', async () => {
  const certified = { privateKey: CERTIFIED.privateKey, serial: CERTIFICATE_SERIAL };
  for (const signing of [{}, certified]) {
    expect((await read(signed(envelope(PAID), signing))).kind).toBe('payment');
    const { provider } = providerWith({ [QUERY]: () => answer(200, PAID, signing) });
    expect((await provider.query(OUT_TRADE_NO)).status).toBe('paid');
  }
});

test('11: a key that is not known is refused, so that it is repeated, and named, so that it is added', async () => {
  const serial = '5157F09EFDC096DE15EBE81A47057A7232F1B8E1';
  const notification = await read(signed(envelope(PAID), { serial }));
  expect(notification).toEqual({ kind: 'invalid', cause: expect.stringContaining(serial) });
  expect(providerWith({}).provider.acknowledge('refused').status).toBe(400);
});

test('12: an accepted refund is not money back', async () => {
  const { provider, calls } = providerWith({ [REFUND_CALL]: { ...REFUNDED, status: 'PROCESSING' } });
  expect(await provider.refund(REFUND)).toEqual({ status: 'processing' });
  expect(calls[0]?.content).toMatchObject({ notify_url: CONFIG.refundNotifyUrl, out_refund_no: REFUND.refundNo });
});

test('12: a refund that came back is neither over nor under way, and a closed one has failed', async () => {
  const abnormal = providerWith({ [REFUND_QUERY]: { ...REFUNDED, status: 'ABNORMAL' } });
  expect((await abnormal.provider.queryRefund(REFUND)).status).toBe('unknown');
  const closed = providerWith({ [REFUND_QUERY]: { ...REFUNDED, status: 'CLOSED' } });
  expect((await closed.provider.queryRefund(REFUND)).status).toBe('failed');
});

test('13: a payment of which some went back was paid', async () => {
  const { provider } = providerWith({ [QUERY]: { ...PAID, trade_state: 'REFUND' } });
  expect(await provider.query(OUT_TRADE_NO)).toMatchObject({ status: 'paid', amountFen: 29_900 });
});

test('14: the acknowledgement is empty, not the word of another provider or of an older interface', () => {
  expect(providerWith({}).provider.acknowledge('accepted')).toMatchObject({ status: 200, body: '' });
});

test('15: what was parsed and written again is another text', async () => {
  const { headers, body } = signed(JSON.stringify(envelope(PAID), null, 2));
  expect((await read({ headers, body })).kind).toBe('payment');
  expect((await read({ headers, body: JSON.stringify(JSON.parse(body)) })).kind).toBe('invalid');
});

test('16: the client gets seconds as text, and WeChat Pay gets Beijing time', async () => {
  const { provider, calls } = providerWith({ [JSAPI]: { prepay_id: PREPAY_ID } });
  const prepared = await provider.prepay({ ...ORDER, payableUntilMs: Date.UTC(2022, 11, 31, 16) });
  expect(prepared).toMatchObject({ prepay: { params: { timeStamp: String(NOW_MS / 1000) } } });
  expect(calls[0]?.content).toMatchObject({ time_expire: '2023-01-01T00:00:00+08:00' });
});

test('17: the same number in other words is refused for good, in the same words it is not even another request', async () => {
  const used = providerWith({ [JSAPI]: refusal(403, 'OUT_TRADE_NO_USED') });
  expect(await used.provider.prepay(ORDER)).toEqual({ status: 'refused', cause: '403 OUT_TRADE_NO_USED' });
  const { provider, calls } = providerWith({ [JSAPI]: { prepay_id: PREPAY_ID } }, CONFIG, ticking());
  for (let round = 0; round < 3; round += 1) await provider.prepay(ORDER);
  expect(new Set(calls.map((call) => call.body)).size).toBe(1);
});

/** A clock that moves on with every look: nothing of it may get into an order. */
function ticking(): () => number {
  let nowMs = NOW_MS;
  return () => (nowMs += 1_000);
}

test('19: a ciphertext that decrypts but whose tag does not hold is not read, and neither is an old one', async () => {
  const whole = envelope(PAID);
  const bytes = Buffer.from(whole.resource.ciphertext, 'base64');
  bytes.fill(0, bytes.length - 16);
  const untagged = { ...whole, resource: { ...whole.resource, ciphertext: bytes.toString('base64') } };
  expect((await read(signed(untagged))).kind).toBe('invalid');
  const old = signed(whole, { timestamp: String(NOW_MS / 1000 - 301) });
  expect((await read(old)).kind).toBe('invalid');
});

test('20: where a notification came from proves nothing, the signature does', async () => {
  const { body } = paidMessage();
  const headers = new Headers({ 'cf-connecting-ip': '101.226.103.1', 'user-agent': 'Mozilla/4.0' });
  expect((await read({ headers, body })).kind).toBe('invalid');
  const elsewhere = signedHeaders(body);
  elsewhere.set('cf-connecting-ip', '192.0.2.1');
  expect((await read({ headers: elsewhere, body })).kind).toBe('payment');
});

test('20: an unpaid payment is unpaid, whatever its description says', async () => {
  const { provider } = providerWith({ [QUERY]: { ...UNPAID, trade_state_desc: '支付成功' } });
  expect((await provider.query(OUT_TRADE_NO)).status).toBe('unpaid');
});
