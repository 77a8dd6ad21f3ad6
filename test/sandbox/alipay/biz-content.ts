/** What a method may be told in `biz_content`. Everything that Alipay might refuse is refused here. */
import * as z from 'zod';
import { parseBeijingTime } from './beijing-time.ts';
import { parseYuan } from './yuan.ts';

const OUT_TRADE_NO = z.string().regex(/^\w{1,64}$/, '须为 1 至 64 位字母、数字或下划线');
const TRADE_NO = z.string().regex(/^\d{16,64}$/, '须为支付宝交易号');
const AMOUNT_FEN = z.string().transform((text, context) => {
  const fen = parseYuan(text);
  if (fen !== null) return fen;
  context.addIssue('须为 0.01 至 100000000 的元金额文本，最多两位小数');
  return z.NEVER;
});
const BEIJING_TIME_MS = z.string().transform((text, context) => {
  const ms = parseBeijingTime(text);
  if (ms !== null) return ms;
  context.addIssue('须为 yyyy-MM-dd HH:mm:ss');
  return z.NEVER;
});
const SUBJECT = z
  .string()
  .min(1)
  .refine((text) => Array.from(text).length <= 256, '不得超过 256 个字符')
  .refine((text) => !/[/=&]/.test(text), '不得含有 / = &');
const WHICH_TRADE = { out_trade_no: OUT_TRADE_NO.optional(), trade_no: TRADE_NO.optional() };

/**
 * `alipay.trade.app.pay`. Alipay lets a merchant leave `time_expire` out; here it is required, because an order string
 * without an end can be paid long after the merchant has forgotten it.
 *
 * @see https://opendocs.alipay.com/open/cd12c885_alipay.trade.app.pay
 */
export const APP_PAY = order('QUICK_MSECURITY_PAY');

/**
 * `alipay.trade.precreate`, of which the same is true.
 *
 * @see https://opendocs.alipay.com/open/02ekfg
 */
export const PRECREATE = order('QR_CODE_OFFLINE');

/**
 * `alipay.trade.page.pay`, of which the same is true.
 *
 * @see https://opendocs.alipay.com/open/59da99d0_alipay.trade.page.pay
 */
export const PAGE_PAY = order('FAST_INSTANT_TRADE_PAY');

/** `alipay.trade.query` */
export const QUERY = withTrade(z.strictObject({ ...WHICH_TRADE, query_options: z.array(z.string()).optional() }));

/** `alipay.trade.close` */
export const CLOSE = withTrade(z.strictObject({ ...WHICH_TRADE, operator_id: z.string().max(28).optional() }));

/** `alipay.trade.refund` */
export const REFUND = withTrade(
  z.strictObject({
    ...WHICH_TRADE,
    refund_amount: AMOUNT_FEN,
    out_request_no: OUT_TRADE_NO.optional(),
    refund_reason: z.string().max(256).optional(),
  }),
);

/** `alipay.trade.fastpay.refund.query` */
export const REFUND_QUERY = withTrade(
  z.strictObject({ ...WHICH_TRADE, out_request_no: OUT_TRADE_NO, query_options: z.array(z.string()).optional() }),
);

function order(productCode: string) {
  return z.strictObject({
    out_trade_no: OUT_TRADE_NO,
    total_amount: AMOUNT_FEN,
    subject: SUBJECT,
    product_code: z.literal(productCode),
    time_expire: BEIJING_TIME_MS,
  });
}

function withTrade<T extends z.ZodType<{ out_trade_no?: string | undefined; trade_no?: string | undefined }>>(
  schema: T,
) {
  return schema.refine(
    ({ out_trade_no, trade_no }) => out_trade_no !== undefined || trade_no !== undefined,
    'out_trade_no 与 trade_no 不能同时为空',
  );
}

/** Biz content as its method wants it, or the first rule that it breaks, in words. */
export function readBizContent<T>(
  schema: z.ZodType<T>,
  text: string | undefined,
): { ok: true; value: T } | { ok: false; cause: string } {
  const parsed = schema.safeParse(parseJson(text ?? ''));
  if (parsed.success) return { ok: true, value: parsed.data };
  const issue = parsed.error.issues[0];
  return { ok: false, cause: `参数无效：biz_content.${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}` };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
