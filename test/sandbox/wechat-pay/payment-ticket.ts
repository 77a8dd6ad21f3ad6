/** What a merchant's page, app or poster hands to WeChat, so that somebody pays: read and verified as WeChat would. */
import * as z from 'zod';
import type { Merchant } from './merchant.ts';
import type { TradeType } from './order-book.ts';
import { isSignatureOf, linesToSign } from './signature.ts';

/**
 * The parameters of `wx.requestPayment` or of the app's SDK, as an object, as JSON or as a query string; a code URL, by
 * itself or as `code_url`; or the merchant's number of an order that exists.
 */
export type PaymentTicket = string | Readonly<Record<string, string>>;

/** Why WeChat shows an error instead of a payment: its code and words. */
export type TicketRefusal = { ok: false; code: string; message: string };

/** What a ticket leads to: a handle of one kind of order, or an order by its number. */
export type ReadTicket =
  | { ok: true; handle: string; tradeType: TradeType; outTradeNo: null }
  | { ok: true; handle: null; outTradeNo: string }
  | TicketRefusal;

const CODE_URL = /^weixin:\/\/wxpay\/bizpayurl\?pr=\w+$/;
const AHEAD_S = 300;
const LIFE_S = 7200;

const SECONDS = z.string().regex(/^\d{10}$/, '须为 10 位的秒');
const NONCE = z.string().regex(/^[0-9A-Za-z]{1,32}$/, '须为 1 至 32 位字母或数字');
const JSAPI_PARAMS = z.strictObject({
  appId: z.string(),
  timeStamp: SECONDS,
  nonceStr: NONCE,
  package: z.string().regex(/^prepay_id=\w+$/, '须为 prepay_id=…'),
  signType: z.literal('RSA'),
  paySign: z.string(),
});
const APP_PARAMS = z.strictObject({
  appid: z.string(),
  partnerid: z.string(),
  prepayid: z.string().regex(/^\w+$/),
  package: z.literal('Sign=WXPay'),
  noncestr: NONCE,
  timestamp: SECONDS,
  sign: z.string(),
});

/** Reads a ticket of any kind. */
export function readTicket(ticket: PaymentTicket, merchant: Merchant, nowMs: number): ReadTicket {
  if (typeof ticket === 'string' && /^[\w|*-]{6,32}$/.test(ticket))
    return { ok: true, handle: null, outTradeNo: ticket };
  const fields = typeof ticket === 'string' ? fieldsOf(ticket.trim()) : { ...ticket };
  if (fields === null) return refuse('PARAM_ERROR', '不是微信支付的调起参数，也不是二维码链接');
  if ('code_url' in fields) return readCodeUrl(fields);
  return 'paySign' in fields ? readJsapi(fields, merchant, nowMs) : readApp(fields, merchant, nowMs);
}

/** A ticket of any kind as the query string of the cashier's address. */
export function ticketAsQuery(ticket: string): string {
  const fields = fieldsOf(ticket);
  return fields === null ? ticket : new URLSearchParams(fields).toString();
}

function readCodeUrl({ code_url: codeUrl = '', ...others }: Record<string, string>): ReadTicket {
  if (!CODE_URL.test(codeUrl) || Object.keys(others).length > 0)
    return refuse('PARAM_ERROR', 'code_url 须为 weixin://wxpay/bizpayurl?pr=…');
  return { ok: true, handle: codeUrl, tradeType: 'NATIVE', outTradeNo: null };
}

/** @see https://pay.weixin.qq.com/doc/v3/merchant/4012791898 */
function readJsapi(fields: Record<string, string>, merchant: Merchant, nowMs: number): ReadTicket {
  const read = JSAPI_PARAMS.safeParse(fields);
  if (!read.success) return malformed(read.error);
  const { appId, timeStamp, nonceStr, package: prepay, paySign } = read.data;
  if (appId !== merchant.appId) return refuse('APPID_MCHID_NOT_MATCH', 'appId 与商户号不匹配');
  if (!isSignatureOf(linesToSign(appId, timeStamp, nonceStr, prepay), paySign, merchant.publicKey))
    return refuse('SIGN_ERROR', '支付验证签名失败');
  if (!isTimely(timeStamp, nowMs)) return refuse('PARAM_ERROR', 'timeStamp 须为两小时以内的秒');
  return { ok: true, handle: prepay.slice('prepay_id='.length), tradeType: 'JSAPI', outTradeNo: null };
}

/** @see https://pay.weixin.qq.com/doc/v3/merchant/4013070351 */
function readApp(fields: Record<string, string>, merchant: Merchant, nowMs: number): ReadTicket {
  const read = APP_PARAMS.safeParse(fields);
  if (!read.success) return malformed(read.error);
  const { appid, partnerid, prepayid, noncestr, timestamp, sign } = read.data;
  if (appid !== merchant.appId || partnerid !== merchant.mchId)
    return refuse('APPID_MCHID_NOT_MATCH', 'appid 或 partnerid 与商户不匹配');
  if (!isSignatureOf(linesToSign(appid, timestamp, noncestr, prepayid), sign, merchant.publicKey))
    return refuse('SIGN_ERROR', '支付验证签名失败');
  if (!isTimely(timestamp, nowMs)) return refuse('PARAM_ERROR', 'timestamp 须为两小时以内的秒');
  return { ok: true, handle: prepayid, tradeType: 'APP', outTradeNo: null };
}

/** Parameters live as long as their prepay id; only the future is forbidden to them. */
function isTimely(seconds: string, nowMs: number): boolean {
  const ageS = nowMs / 1000 - Number(seconds);
  return ageS >= -AHEAD_S && ageS <= LIFE_S;
}

/** Text as fields; `null` when a name comes twice, a value is no text, or there is nothing that could be read. */
function fieldsOf(text: string): Record<string, string> | null {
  if (text.startsWith('weixin:')) return { code_url: text };
  if (text.startsWith('{')) return z.record(z.string(), z.string()).safeParse(parseJson(text)).data ?? null;
  const pairs = [...new URLSearchParams(text)];
  const fields = Object.fromEntries(pairs);
  return text.includes('=') && Object.keys(fields).length === pairs.length ? fields : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function malformed(error: z.ZodError): TicketRefusal {
  const issue = error.issues[0];
  return refuse('PARAM_ERROR', `调起参数错误：${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`);
}

function refuse(code: string, message: string): TicketRefusal {
  return { ok: false, code, message };
}
