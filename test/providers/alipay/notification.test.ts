/** What an authentic notification of our own tells, and how it is acknowledged. */
import { expect, test } from 'vitest';
import { NOW_MS, OUT_TRADE_NO, providerWith, signAsAlipay, TRADE_NO } from './signed-gateway.ts';
import { changed, form, PAID, read, signed, signedText } from './signed-notification.ts';

const PAYMENT = {
  kind: 'payment',
  notificationId: PAID['notify_id'],
  payment: {
    outTradeNo: OUT_TRADE_NO,
    transactionId: TRADE_NO,
    amountFen: 19_600,
    paidAtMs: Date.UTC(2022, 10, 22, 8, 38, 1),
  },
};

/** The markers of a refund, as they come with a notification about one. */
const REFUNDED = { gmt_refund: '2022-11-23 10:00:00.123', refund_fee: '50.00', out_biz_no: 'R1' };

test('a payment is read to the fen and to the second', async () => {
  expect(await read(form(signed(PAID)))).toEqual(PAYMENT);
});

test('TRADE_FINISHED is a payment too', async () => {
  expect(await read(form(signed({ ...PAID, trade_status: 'TRADE_FINISHED' })))).toEqual(PAYMENT);
});

test.each([
  ['no refund_fee', { refund_fee: undefined }],
  ['an empty refund_fee', { refund_fee: '' }],
  ['empty markers of a refund', { gmt_refund: '', out_biz_no: '' }],
  ['no seller', { seller_id: undefined }],
  ['no auth_app_id', { auth_app_id: undefined }],
  ['an amount without decimals', { total_amount: '196' }],
  ['trailing blanks in the subject', { subject: ' tea  ' }],
  ['plus and percent in the subject', { subject: 'tea + 50% off %2B %25' }],
  ['markup in the subject', { subject: '<b>"tea"</b> &amp; a=b&c=d' }],
  ['other scripts in the subject', { subject: '绿茶 😀 é\u0301' }],
  ['a line break in the body', { body: 'a\r\nb' }],
  ['a field that is new', { zz_new_field: 'x' }],
])('a payment with %s is still that payment', async (_name, change) => {
  expect(await read(form(signed(changed(PAID, change))))).toEqual(PAYMENT);
});

test.each([
  ['with them', signedText(PAID)],
  ['without them', signedText(changed(PAID, { body: undefined }))],
])('empty values may be signed %s', async (_name, text) => {
  expect(await read(form({ ...PAID, sign_type: 'RSA2', sign: signAsAlipay(text) }))).toEqual(PAYMENT);
});

test('blanks in the signature are pluses that were not encoded', async () => {
  const bodies = Array.from({ length: 5 }, (_, index) => form(signed({ ...PAID, subject: `tea ${index}` })));
  const raw = bodies.map((body) => body.replaceAll('%2B', '+'));
  expect(raw).not.toEqual(bodies);
  for (const body of raw) expect(await read(body)).toEqual(PAYMENT);
});

test('blanks may be + or %20', async () => {
  const body = form(signed({ ...PAID, subject: 'green tea' }));
  expect(await read(body.replaceAll('+', '%20'))).toEqual(PAYMENT);
});

test('a signature without sign_type is RSA2', async () => {
  expect(await read(form(changed(signed(PAID), { sign_type: undefined })))).toEqual(PAYMENT);
});

test('the order of the fields does not matter', async () => {
  const backwards = Object.fromEntries(Object.entries(signed(PAID)).toReversed());
  expect(await read(form(backwards))).toEqual(PAYMENT);
});

test.each([
  ['gmt_payment', {}, PAYMENT.payment.paidAtMs],
  ['notify_time', { gmt_payment: undefined }, Date.UTC(2022, 10, 22, 8, 38, 2)],
  ['notify_time', { gmt_payment: '2022-13-01 00:00:00' }, Date.UTC(2022, 10, 22, 8, 38, 2)],
  ['our clock', { gmt_payment: '', notify_time: 'yesterday' }, NOW_MS],
  ['the turn of a year in Beijing', { gmt_payment: '2023-01-01 00:00:00' }, Date.UTC(2022, 11, 31, 16)],
])('the moment of payment is that of %s', async (_name, change, paidAtMs) => {
  expect(await read(form(signed(changed(PAID, change))))).toMatchObject({ payment: { paidAtMs } });
});

test.each(['TRADE_SUCCESS', 'TRADE_CLOSED'])('%s with the marks of a refund is a refund', async (trade_status) => {
  for (const [name, value] of Object.entries(REFUNDED)) {
    const notification = await read(form(signed({ ...PAID, trade_status, [name]: value })));
    expect(notification).toEqual({ kind: 'refund', notificationId: PAID['notify_id'], outTradeNo: OUT_TRADE_NO });
  }
});

test('a refund of an unreadable sum is no payment', async () => {
  expect(await read(form(signed({ ...PAID, refund_fee: 'all' })))).toMatchObject({ kind: 'refund' });
});

test.each([
  ['WAIT_BUYER_PAY', {}],
  ['TRADE_CLOSED', {}],
  ['TRADE_PENDING', {}],
  ['trade_success', {}],
  ['', {}],
  ['TRADE_FINISHED', REFUNDED],
  ['WAIT_BUYER_PAY', REFUNDED],
])('%s with %j has nothing to apply', async (trade_status, change) => {
  expect(await read(form(signed({ ...PAID, trade_status, ...change })))).toEqual({
    kind: 'other',
    notificationId: PAID['notify_id'],
    outTradeNo: OUT_TRADE_NO,
    cause: expect.any(String),
  });
});

test('a message without a status has nothing to apply', async () => {
  expect((await read(form(signed(changed(PAID, { trade_status: undefined }))))).kind).toBe('other');
});

test.each([undefined, '', 'n'.repeat(129)])(
  'with %j for its name, an event is named by number and status',
  async (id) => {
    expect(await read(form(signed(changed(PAID, { notify_id: id }))))).toMatchObject({
      notificationId: `${OUT_TRADE_NO}:TRADE_SUCCESS`,
    });
  },
);

test.each([
  ['success', 'accepted', 200],
  ['fail', 'refused', 400],
  ['fail', 'failed', 500],
] as const)('the acknowledgement is exactly %s when it was %s', (body, outcome, status) => {
  expect(providerWith({}).provider.acknowledge(outcome)).toEqual({ status, contentType: 'text/plain', body });
});
