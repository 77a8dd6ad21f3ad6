/** What a call may be told in its body. Everything that WeChat Pay might refuse is refused here. */
import * as z from 'zod';
import { parseOffsetTime } from './beijing-time.ts';

const MCH_ID = z.string().regex(/^\d{8,12}$/, '须为 8 至 12 位数字');
const OUT_TRADE_NO = z.string().regex(/^[\w|*-]{6,32}$/, '须为 6 至 32 位数字、字母或 _-|*');
const AMOUNT_FEN = z.int('须为整数，单位为分').min(1, '须大于 0').max(10_000_000_000);
const CURRENCY = z.literal('CNY');

/** Text up to so many bytes, of which no letter takes four: WeChat Pay's UTF-8 ends there, and emoji begin. */
function wording(longestBytes: number) {
  return z
    .string()
    .min(1)
    .refine((value) => Buffer.byteLength(value) <= longestBytes, `不得超过 ${longestBytes} 字节`)
    .refine((value) => !/\p{Surrogate}|[\u{10000}-\u{10FFFF}]/u.test(value), '不得含有四字节字符');
}

/** Where notifications go. WeChat Pay asks for https; plain http is for development on one machine. */
function notifyUrl(longest: number) {
  return z
    .string()
    .max(longest)
    .regex(/^(https:\/\/|http:\/\/(localhost|127\.0\.0\.1)(:\d+)?\/)/, '须为 https 地址')
    .refine((url) => URL.canParse(url) && !/[?#]/.test(url), '须为不带参数的地址');
}

const TIME_EXPIRE_MS = z.string().transform((value, context) => {
  const ms = parseOffsetTime(value);
  if (ms !== null) return ms;
  context.addIssue('须为 yyyy-MM-DDTHH:mm:ss+08:00');
  return z.NEVER;
});

const ORDER = {
  appid: z.string().regex(/^wx[0-9A-Za-z]{16}$/, '须为微信应用号'),
  mchid: MCH_ID,
  description: wording(127),
  out_trade_no: OUT_TRADE_NO,
  time_expire: TIME_EXPIRE_MS,
  notify_url: notifyUrl(255),
  amount: z.strictObject({ total: AMOUNT_FEN, currency: CURRENCY }),
};

/**
 * `POST /v3/pay/transactions/jsapi`, for pages and mini programs. WeChat Pay lets a merchant leave `time_expire` out;
 * here it is required, because an order without an end can be paid long after the merchant has forgotten it.
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012791856
 */
export const JSAPI_PREPAY = z.strictObject({
  ...ORDER,
  payer: z.strictObject({ openid: z.string().regex(/^[^\p{C}\p{Z}]{1,128}$/u, '须为用户的 openid') }),
});

/**
 * `POST /v3/pay/transactions/app` and `…/native`: the payer is not known yet.
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012791877
 */
export const PREPAY = z.strictObject({ ...ORDER, payer: z.undefined().optional() });

/** `POST …/out-trade-no/{no}/close` */
export const CLOSE = z.strictObject({ mchid: MCH_ID });

/** A merchant's number, wherever a path names one. */
export const PATH_OUT_TRADE_NO = OUT_TRADE_NO;

/** WeChat Pay's own number of a payment. */
export const TRANSACTION_ID = z.string().regex(/^\d{28,32}$/, '须为微信支付订单号');

/** A merchant's refund number. */
export const OUT_REFUND_NO = z.string().regex(/^[\w|*@-]{1,64}$/, '须为 1 至 64 位数字、字母或 _-|*@');

/**
 * `POST /v3/refund/domestic/refunds`
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012791903
 */
export const REFUND = z
  .strictObject({
    transaction_id: TRANSACTION_ID.optional(),
    out_trade_no: OUT_TRADE_NO.optional(),
    out_refund_no: OUT_REFUND_NO,
    reason: wording(80).optional(),
    notify_url: notifyUrl(256).optional(),
    amount: z.strictObject({ refund: AMOUNT_FEN, total: AMOUNT_FEN, currency: CURRENCY }),
  })
  .refine(
    ({ transaction_id, out_trade_no }) => (transaction_id === undefined) !== (out_trade_no === undefined),
    'transaction_id 与 out_trade_no 须二选一',
  );

/** A value as its schema wants it, or the first rule that it breaks, in words. */
export type Read<T> = { ok: true; value: T } | { ok: false; cause: string };

/** A body as its call wants it. */
export function readBody<T>(schema: z.ZodType<T>, body: string | null): Read<T> {
  return readValue(schema, parseJson(body ?? ''), 'body');
}

/** Any value. `name` leads the words of a refusal. */
export function readValue<T>(schema: z.ZodType<T>, value: unknown, name: string): Read<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return { ok: true, value: parsed.data };
  const issue = parsed.error.issues[0];
  return { ok: false, cause: `参数错误：${[name, ...(issue?.path ?? [])].join('.')} ${issue?.message ?? ''}` };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
