/** A payment by QR code: what is asked, every word with which Alipay answers, and handing the code out again. */
import { expect, test } from 'vitest';
import type { PrepayRequest } from '../../../src/core/payment/provider.ts';
import { createAlipay } from '../../../src/providers/alipay/index.ts';
import { CODE_URL, CONFIG, NOW_MS, ORDER, OUT_TRADE_NO, PRECREATE, providerWith } from './signed-gateway.ts';

const REQUEST: PrepayRequest = { ...ORDER, kind: 'qr_code' };
const CODE = { code: '10000', msg: 'Success', out_trade_no: OUT_TRADE_NO, qr_code: CODE_URL };

async function prepareWith(inner: object) {
  return providerWith({ [PRECREATE]: inner }).provider.prepay(REQUEST);
}

/** What stands in the content of the call. */
async function sentContent(change: Partial<PrepayRequest> = {}): Promise<unknown> {
  const { provider, calls } = providerWith({ [PRECREATE]: CODE });
  await provider.prepay({ ...REQUEST, ...change });
  return calls[0]?.bizContent;
}

test('the code is asked for once, and is all that has to be kept', async () => {
  const { provider, calls } = providerWith({ [PRECREATE]: CODE });
  const prepay = { kind: 'qr_code', codeUrl: CODE_URL };
  expect(await provider.prepay(REQUEST)).toEqual({ status: 'ready', prepay, handle: CODE_URL });
  expect(calls).toHaveLength(1);
});

test('a call says what is to be paid, until when, and where to tell of it', async () => {
  const { provider, calls } = providerWith({ [PRECREATE]: CODE });
  await provider.prepay(REQUEST);
  const [call] = calls;
  expect(call?.bizContent).toEqual({
    subject: '1号技师的项目二',
    out_trade_no: OUT_TRADE_NO,
    total_amount: '196.00',
    product_code: 'QR_CODE_OFFLINE',
    time_expire: '2022-11-22 16:39:20',
  });
  const { sign: _sign, biz_content: _content, ...rest } = Object.fromEntries(call?.parameters ?? []);
  expect(rest).toEqual({
    method: PRECREATE,
    app_id: CONFIG.appId,
    charset: 'utf-8',
    version: '1.0',
    sign_type: 'RSA2',
    timestamp: '2022-11-22 16:37:20',
    format: 'JSON',
    notify_url: CONFIG.notifyUrl,
  });
  expect(call?.body).toMatch(/^biz_content=[^&]+$/);
});

test('the same payment is asked for again in the same words', async () => {
  const { provider, calls } = providerWith({ [PRECREATE]: CODE });
  await provider.prepay(REQUEST);
  await provider.prepay({ ...REQUEST });
  expect(calls[1]?.body).toBe(calls[0]?.body);
});

test.each([
  ['a/b=c&d', 'abcd'],
  ['/=&', OUT_TRADE_NO],
  ['字'.repeat(257), '字'.repeat(256)],
])('the subject %j becomes %j', async (subject, shown) => {
  expect(await sentContent({ subject })).toMatchObject({ subject: shown });
});

test('what was kept is handed out again as it is, without a call', async () => {
  const { provider, calls } = providerWith({});
  const prepay = { kind: 'qr_code', codeUrl: CODE_URL };
  const again = await provider.prepay({ ...REQUEST, handle: CODE_URL });
  expect(again).toEqual({ status: 'ready', prepay, handle: CODE_URL });
  expect(calls).toEqual([]);
});

test.each([
  ['another payment', { out_trade_no: `${OUT_TRADE_NO}1` }],
  ['no payment', { out_trade_no: undefined }],
  ['an empty payment number', { out_trade_no: '' }],
])('a code of %s is unknown', async (_name, change) => {
  expect((await prepareWith({ ...CODE, ...change })).status).toBe('unknown');
});

test('a refusal of another payment is unknown', async () => {
  const refusal = { code: '40004', sub_code: 'ACQ.TRADE_HAS_CLOSE', out_trade_no: 'another' };
  expect((await prepareWith(refusal)).status).toBe('unknown');
});

test.each([
  undefined,
  '',
  'bax03431ljhokirwl38f00a7',
  'http://qr.alipay.com/bax03431ljhokirwl38f00a7',
  'alipays://platformapi/startapp?saId=10000007',
  'javascript:alert(1)//https://qr.alipay.com/',
  'https:',
  'https://',
  'https:qr.alipay.com/bax03431ljhokirwl38f00a7',
  'https://[qr.alipay.com]/bax03431ljhokirwl38f00a7',
  ` ${CODE_URL}`,
  `${CODE_URL}\n`,
  `${CODE_URL}\u0000`,
  'https://qr.alipay.com/码',
  `https://qr.alipay.com/${'x'.repeat(1003)}`,
])('the code %j is unknown', async (qr_code) => {
  expect((await prepareWith({ ...CODE, qr_code })).status).toBe('unknown');
});

test('a code that is a number is unknown', async () => {
  expect((await prepareWith({ ...CODE, qr_code: 1 })).status).toBe('unknown');
});

test('a code may have 1024 characters', async () => {
  const codeUrl = `https://qr.alipay.com/${'x'.repeat(1002)}`;
  expect(await prepareWith({ ...CODE, qr_code: codeUrl })).toMatchObject({ status: 'ready', handle: codeUrl });
});

test.each([
  ['ACQ.INVALID_PARAMETER', '40004', 'refused'],
  ['ACQ.EXIST_FORBIDDEN_WORD', '40004', 'refused'],
  ['ACQ.TOTAL_FEE_EXCEED', '40004', 'refused'],
  ['ACQ.NOW_TIME_AFTER_EXPIRE_TIME_ERROR', '40004', 'refused'],
  ['ACQ.ACCESS_FORBIDDEN', '40004', 'refused'],
  ['ACQ.PARTNER_ERROR', '40004', 'refused'],
  ['ACQ.SELLER_NOT_EXIST', '40004', 'refused'],
  ['ACQ.SELLER_BEEN_BLOCKED', '40004', 'refused'],
  ['ACQ.INVALID_RECEIVE_ACCOUNT', '40004', 'refused'],
  ['ACQ.BEYOND_PAY_RESTRICTION', '40004', 'refused'],
  ['ACQ.BEYOND_PER_RECEIPT_RESTRICTION', '40004', 'refused'],
  ['ACQ.BEYOND_PER_RECEIPT_DAY_RESTRICTION', '40004', 'refused'],
  ['ACQ.BEYOND_PER_RECEIPT_SINGLE_RESTRICTION', '40004', 'refused'],
  ['ACQ.MERCHANT_PERM_RECEIPT_SUSPEND_LIMIT', '40004', 'refused'],
  ['ACQ.MERCHANT_PERM_RECEIPT_SINGLE_LIMIT', '40004', 'refused'],
  ['ACQ.MERCHANT_PERM_RECEIPT_DAY_LIMIT', '40004', 'refused'],
  ['ACQ.CONTEXT_INCONSISTENT', '40004', 'refused'],
  ['ACQ.TRADE_HAS_CLOSE', '40004', 'refused'],
  ['ACQ.CONTEXT_INCONSISTENT', '20000', 'unknown'],
  ['ACQ.INVALID_PARAMETER', '40006', 'unknown'],
  ['ACQ.TRADE_HAS_SUCCESS', '40004', 'unknown'],
  ['ACQ.TRADE_HAS_FINISHED', '40004', 'unknown'],
  ['ACQ.APPLY_PC_MERCHANT_CODE_ERROR', '40004', 'unknown'],
  ['ACQ.TRADE_BUYER_NOT_MATCH', '40004', 'unknown'],
  ['ACQ.BUYER_ENABLE_STATUS_FORBID', '40004', 'unknown'],
  ['ACQ.BUYER_SELLER_EQUAL', '40004', 'unknown'],
  ['ACQ.TRADE_NOT_EXIST', '40004', 'unknown'],
  ['ACQ.SYSTEM_ERROR', '40004', 'unknown'],
  ['ACQ.SYSTEM_ERROR', '20000', 'unknown'],
  ['AQC.SYSTEM_ERROR', '40004', 'unknown'],
  ['isp.unknow-error', '20000', 'unknown'],
  ['aop.unknow-error', '20000', 'unknown'],
  ['aop.invalid-auth-token', '20001', 'unknown'],
  ['isv.missing-method', '40001', 'unknown'],
  ['isv.invalid-signature', '40002', 'unknown'],
  ['isv.app-call-limited', '40005', 'unknown'],
  ['isv.insufficient-isv-permissions', '40006', 'unknown'],
  ['ACQ.SOMETHING_NEW', '40004', 'unknown'],
  ['', '40004', 'unknown'],
])('%s under %s is %s', async (sub_code, code, status) => {
  expect(await prepareWith({ code, msg: 'Business Failed', sub_code, sub_msg: '下单失败' })).toEqual({
    status,
    cause: expect.stringContaining(code),
  });
});

test.each(['10003', '20000', '40004'])('a code under %s is unknown', async (code) => {
  expect((await prepareWith({ ...CODE, code })).status).toBe('unknown');
});

test('a cause names the codes', async () => {
  const refusal = { code: '40004', msg: 'Business Failed', sub_code: 'ACQ.CONTEXT_INCONSISTENT', sub_msg: '被篡改' };
  expect(await prepareWith(refusal)).toEqual({ status: 'refused', cause: '40004 ACQ.CONTEXT_INCONSISTENT' });
});

test.each([
  ['the amount 0', { amountFen: 0 }],
  ['half a fen', { amountFen: 1.5 }],
  ['more than anything may cost', { amountFen: 10_000_000_001 }],
  ['an empty payment number', { outTradeNo: '' }],
  ['a payment number with a blank', { outTradeNo: '2022 1122' }],
])('%s is refused before anything is sent', async (_name, change) => {
  const { provider, calls } = providerWith({ [PRECREATE]: CODE });
  expect((await provider.prepay({ ...REQUEST, ...change })).status).toBe('refused');
  expect(calls).toEqual([]);
});

test('a key that cannot sign leaves it open whether there is a payment, in words that hold nothing of it', async () => {
  const broken = createAlipay({ ...CONFIG, privateKey: 'c2VjcmV0' }, { fetch, now: () => NOW_MS });
  expect(await broken.prepay(REQUEST)).toEqual({ status: 'unknown', cause: 'alipay.trade.precreate: TypeError' });
});
