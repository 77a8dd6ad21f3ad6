/** Every word with which Alipay answers a query or a close, and what this service makes of it. */
import { expect, test } from 'vitest';
import { CLOSE, CONFIG, NOW_MS, OUT_TRADE_NO, providerWith, QUERY, TRADE_NO } from './signed-gateway.ts';

const PAID = {
  code: '10000',
  msg: 'Success',
  out_trade_no: OUT_TRADE_NO,
  trade_no: TRADE_NO,
  trade_status: 'TRADE_SUCCESS',
  total_amount: '196.00',
  send_pay_date: '2022-11-22 16:38:01',
};

function refusal(subCode: string, code = '40004') {
  return { code, msg: 'Business Failed', sub_code: subCode, sub_msg: '交易失败', out_trade_no: OUT_TRADE_NO };
}

async function queryWith(inner: object) {
  return providerWith({ [QUERY]: inner }).provider.query(OUT_TRADE_NO);
}

async function closeWith(inner: object) {
  return providerWith({ [CLOSE]: inner }).provider.close(OUT_TRADE_NO);
}

test('a query carries the signed parameters in its address and the content in its body', async () => {
  const { provider, calls } = providerWith({ [QUERY]: PAID });
  await provider.query(OUT_TRADE_NO);
  expect(calls).toHaveLength(1);
  const [call] = calls;
  expect(call?.bizContent).toEqual({ out_trade_no: OUT_TRADE_NO });
  expect(Object.fromEntries(call?.parameters ?? [])).toMatchObject({
    app_id: CONFIG.appId,
    method: QUERY,
    format: 'JSON',
    charset: 'utf-8',
    sign_type: 'RSA2',
    timestamp: '2022-11-22 16:37:20',
    version: '1.0',
  });
  expect(call?.init).toMatchObject({
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded;charset=utf-8' },
    redirect: 'manual',
  });
  expect(call?.body).toMatch(/^biz_content=[^&]+$/);
  expect(call?.init.signal).toBeInstanceOf(AbortSignal);
});

test.each(['TRADE_SUCCESS', 'TRADE_FINISHED'])('%s is paid', async (trade_status) => {
  expect(await queryWith({ ...PAID, trade_status })).toEqual({
    status: 'paid',
    outTradeNo: OUT_TRADE_NO,
    transactionId: TRADE_NO,
    amountFen: 19_600,
    paidAtMs: Date.UTC(2022, 10, 22, 8, 38, 1),
  });
});

test.each([undefined, '', '2022-02-30 10:00:00', '2022-11-22T16:38:01'])(
  'paid at %j counts as paid now',
  async (send_pay_date) => {
    expect(await queryWith({ ...PAID, send_pay_date })).toMatchObject({ status: 'paid', paidAtMs: NOW_MS });
  },
);

test.each([
  ['WAIT_BUYER_PAY', 'unpaid'],
  ['TRADE_CLOSED', 'closed'],
  ['TRADE_PENDING', 'unknown'],
  ['trade_success', 'unknown'],
  ['', 'unknown'],
])('the trade status %j is %s', async (trade_status, status) => {
  expect((await queryWith({ ...PAID, trade_status })).status).toBe(status);
});

test.each([
  ['an amount with three decimals', { total_amount: '196.000' }],
  ['an amount in words', { total_amount: 'NaN' }],
  ['no amount', { total_amount: undefined }],
  ['nothing', { total_amount: '0.00' }],
  ['a negative amount', { total_amount: '-196.00' }],
  ['an amount that is a number', { total_amount: 196 }],
  ['more than anything may cost', { total_amount: '100000000.01' }],
  ['no number of the trade', { trade_no: undefined }],
  ['an empty number of the trade', { trade_no: '' }],
  ['no status', { trade_status: undefined }],
  ['the number of another payment', { out_trade_no: `${OUT_TRADE_NO}1` }],
])('paid with %s is unknown', async (_name, change) => {
  expect((await queryWith({ ...PAID, ...change })).status).toBe('unknown');
});

test('an answer that repeats no payment number is about the one that was asked for', async () => {
  expect((await queryWith({ ...PAID, out_trade_no: undefined })).status).toBe('paid');
});

test.each([
  ['ACQ.TRADE_NOT_EXIST', '40004', 'absent'],
  ['ACQ.TRADE_NOT_EXIST', '20000', 'unknown'],
  ['ACQ.SYSTEM_ERROR', '40004', 'unknown'],
  ['AQC.SYSTEM_ERROR', '40004', 'unknown'],
  ['ACQ.INVALID_PARAMETER', '40004', 'unknown'],
  ['isp.unknow-error', '20000', 'unknown'],
  ['aop.unknow-error', '20000', 'unknown'],
  ['aop.invalid-auth-token', '20001', 'unknown'],
  ['isv.missing-method', '40001', 'unknown'],
  ['isv.invalid-signature', '40002', 'unknown'],
  ['isv.invalid-timestamp', '40002', 'unknown'],
  ['isv.app-call-limited', '40005', 'unknown'],
  ['isv.insufficient-isv-permissions', '40006', 'unknown'],
  ['ACQ.SOMETHING_NEW', '40004', 'unknown'],
])('a query that says %s under %s is %s', async (subCode, code, status) => {
  expect((await queryWith(refusal(subCode, code))).status).toBe(status);
});

test.each(['10003', '20000', '40004'])('a paid trade under code %s is unknown', async (code) => {
  expect((await queryWith({ ...PAID, code })).status).toBe('unknown');
});

test('an empty sub_code is none', async () => {
  expect((await queryWith({ ...PAID, sub_code: '' })).status).toBe('paid');
});

test('what an unknown answer is caused by names the codes', async () => {
  expect(await queryWith(refusal('ACQ.SYSTEM_ERROR'))).toEqual({
    status: 'unknown',
    cause: "Alipay's answer: 40004 ACQ.SYSTEM_ERROR",
  });
});

test.each([
  ['ACQ.TRADE_NOT_EXIST', '40004', 'absent'],
  ['ACQ.TRADE_STATUS_ERROR', '40004', 'not_open'],
  ['ACQ.REASON_TRADE_STATUS_INVALID', '40004', 'not_open'],
  ['ACQ.REASON_ILLEGAL_STATUS', '40004', 'not_open'],
  ['ACQ.TRADE_STATUS_ERROR', '20000', 'unknown'],
  ['ACQ.SYSTEM_ERROR', '40004', 'unknown'],
  ['AQC.SYSTEM_ERROR', '40004', 'unknown'],
  ['isp.unknow-error', '20000', 'unknown'],
  ['isv.invalid-signature', '40002', 'unknown'],
  ['ACQ.SOMETHING_NEW', '40004', 'unknown'],
])('a close that says %s under %s is %s', async (subCode, code, status) => {
  expect((await closeWith(refusal(subCode, code))).status).toBe(status);
});

test('a close that went through is closed, and names the payment by our number', async () => {
  const { provider, calls } = providerWith({
    [CLOSE]: { code: '10000', msg: 'Success', out_trade_no: OUT_TRADE_NO, trade_no: TRADE_NO },
  });
  expect(await provider.close(OUT_TRADE_NO)).toEqual({ status: 'closed' });
  expect(calls.map((call) => call.bizContent)).toEqual([{ out_trade_no: OUT_TRADE_NO }]);
});

test('a close of another payment is unknown', async () => {
  expect((await closeWith({ code: '10000', msg: 'Success', out_trade_no: 'another' })).status).toBe('unknown');
});
