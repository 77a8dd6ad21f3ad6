/** What an authentic notification of our own tells, and how it is acknowledged. */
import { expect, test } from 'vitest';
import {
  CERTIFICATE_SERIAL,
  CERTIFIED,
  NOW_MS,
  OUT_TRADE_NO,
  PAID,
  providerWith,
  signedHeaders,
  TRANSACTION_ID,
} from './signed-gateway.ts';
import { envelope, EVENT_ID, paidMessage, read, REFUND_NOTICE, signed } from './signed-notification.ts';

const PAYMENT = {
  kind: 'payment',
  notificationId: EVENT_ID,
  payment: {
    outTradeNo: OUT_TRADE_NO,
    transactionId: TRANSACTION_ID,
    amountFen: 29_900,
    paidAtMs: Date.UTC(2022, 10, 22, 8, 38, 1),
  },
};

test('a payment is read to the fen and to the second', async () => {
  expect(await read(paidMessage())).toEqual(PAYMENT);
});

test.each([
  ['a payment of which some went back meanwhile', { trade_state: 'REFUND' }],
  ['an attachment in another script', { attach: '茶 😀 \u2028' }],
  ['no currency', { amount: { total: 29_900 } }],
  ['a field that is new', { zz_new_field: {} }],
])('%s is still that payment', async (_name, change) => {
  expect(await read(paidMessage(change))).toEqual(PAYMENT);
});

test.each([
  ['no associated data', ''],
  ['associated data in another script', '附加数据'],
])('a payment sealed with %s is read', async (_name, associatedData) => {
  expect(await read(signed(envelope(PAID, 'TRANSACTION.SUCCESS', { associatedData })))).toEqual(PAYMENT);
});

test.each([
  ['missing', undefined],
  ['null', null],
])('associated data that is %s counts as empty', async (_name, given) => {
  const whole = envelope(PAID, 'TRANSACTION.SUCCESS', { associatedData: '' });
  const message = signed({ ...whole, resource: { ...whole.resource, associated_data: given } });
  expect(await read(message)).toEqual(PAYMENT);
});

test.each(['fdasflkja484', '0123456789abcdef'])('a nonce like %j is taken by its bytes', async (nonce) => {
  expect(await read(signed(envelope(PAID, 'TRANSACTION.SUCCESS', { nonce })))).toEqual(PAYMENT);
});

test('a platform certificate signs as well as the public key', async () => {
  const certified = { privateKey: CERTIFIED.privateKey, serial: CERTIFICATE_SERIAL };
  expect(await read(signed(envelope(PAID), certified))).toEqual(PAYMENT);
});

test('the case of a serial is of no matter', async () => {
  const certified = { privateKey: CERTIFIED.privateKey, serial: CERTIFICATE_SERIAL.toLowerCase() };
  expect(await read(signed(envelope(PAID), certified))).toEqual(PAYMENT);
});

test('the text is verified as it was written, blanks and escapes and all', async () => {
  const text = JSON.stringify(envelope(PAID), null, '\t').replace('支付成功', '\\u652f\\u4ed8\\u6210\\u529f');
  expect(await read(signed(text))).toEqual(PAYMENT);
});

test.each([-300, 300])('a notification that was signed %d seconds from now is believed', async (seconds) => {
  expect(await read(signed(envelope(PAID), { timestamp: String(NOW_MS / 1000 + seconds) }))).toEqual(PAYMENT);
});

test.each([undefined, '', '2022-13-01T00:00:00+08:00', 'yesterday'])(
  'a payment that says %j for its time counts as paid now',
  async (success_time) => {
    expect(await read(paidMessage({ success_time }))).toMatchObject({ payment: { paidAtMs: NOW_MS } });
  },
);

test('the turn of a year is the one in Beijing', async () => {
  const message = paidMessage({ success_time: '2023-01-01T00:00:00+08:00' });
  expect(await read(message)).toMatchObject({ payment: { paidAtMs: Date.UTC(2022, 11, 31, 16) } });
});

test.each(['REFUND.SUCCESS', 'REFUND.ABNORMAL', 'REFUND.CLOSED', 'REFUND.SOMETHING_NEW'])(
  '%s is news of a refund, and names the payment',
  async (eventType) => {
    expect(await read(signed(envelope(REFUND_NOTICE, eventType)))).toEqual({
      kind: 'refund',
      notificationId: EVENT_ID,
      outTradeNo: OUT_TRADE_NO,
    });
  },
);

test.each(['NOTPAY', 'USERPAYING', 'CLOSED', 'success', '', undefined])(
  'a payment that is %j has nothing to apply',
  async (trade_state) => {
    expect(await read(paidMessage({ trade_state }))).toEqual({
      kind: 'other',
      notificationId: EVENT_ID,
      outTradeNo: OUT_TRADE_NO,
      cause: expect.any(String),
    });
  },
);

test.each(['TRANSACTION.PAY_BACK', 'COUPON.USE', 'transaction.success', ''])(
  'the event %j has nothing to apply',
  async (eventType) => {
    expect(await read(signed(envelope(PAID, eventType)))).toMatchObject({ kind: 'other', outTradeNo: OUT_TRADE_NO });
  },
);

test('an event about something else has nothing to apply, and names no payment', async () => {
  const message = signed(envelope({ stock_id: '9836588', mchid: '1900000109' }, 'COUPON.USE'));
  expect(await read(message)).toMatchObject({ kind: 'other', notificationId: EVENT_ID, outTradeNo: '' });
});

test.each([
  ['a payment', envelope(PAID), 'TRANSACTION.SUCCESS'],
  ['a refund', envelope(REFUND_NOTICE, 'REFUND.SUCCESS'), 'REFUND.SUCCESS'],
])('without an id, %s is named by its number and its event', async (_name, whole, eventType) => {
  const expected = { notificationId: `${OUT_TRADE_NO}:${eventType}` };
  expect(await read(signed({ ...whole, id: undefined }))).toMatchObject(expected);
  expect(await read(signed({ ...whole, id: '' }))).toMatchObject(expected);
});

test('every repeat of one event has one name, though each is signed anew', async () => {
  const first = await read(signed(envelope(PAID)));
  const again = await read(signed(envelope(PAID), { timestamp: String(NOW_MS / 1000 + 15), nonce: 'another' }));
  expect(again).toEqual(first);
});

test('headers that are not of the signature do not matter', async () => {
  const { body } = paidMessage();
  const headers = signedHeaders(body);
  headers.set('content-type', 'text/plain');
  headers.delete('wechatpay-signature-type');
  headers.set('user-agent', 'Mozilla/4.0');
  expect(await read({ headers, body })).toEqual(PAYMENT);
});

test('accepting is an empty body with status 200', () => {
  expect(providerWith({}).provider.acknowledge('accepted')).toMatchObject({ status: 200, body: '' });
});

test.each([
  ['refused', 400],
  ['failed', 500],
] as const)('what was %s is repeated: FAIL with status %d', (outcome, status) => {
  const acknowledgement = providerWith({}).provider.acknowledge(outcome);
  expect(acknowledgement).toMatchObject({ status, contentType: 'application/json' });
  expect(JSON.parse(acknowledgement.body)).toEqual({ code: 'FAIL', message: expect.stringMatching(/\S/) });
});
