/** How subscriptions say no: one shape, and one more for input, compared to the byte. */
import type { Received } from '../harness/shop.ts';
import { type Seen, seen } from './refusal.ts';

/** What a test looks at, beside {@link Seen}: in which language it is said. */
export type Said = Seen & { language: string | null };

/** The part of an answer that the refusals below describe. */
export function said(answer: Received): Said {
  return { ...seen(answer), language: answer.headers.get('content-language') };
}

export type Language = 'zh-CN' | 'en-US';

/** What a client sends who wants to read this language. */
export const IN_ENGLISH = { 'content-language': 'en-US' };

/** The refusal that is wanted: `{message}`. */
export function refusal(
  status: number,
  message: string,
  { language = 'zh-CN', retryAfterSeconds }: { language?: Language; retryAfterSeconds?: number } = {},
): Said {
  return saidAs(status, { message }, language, retryAfterSeconds);
}

/** The refusal of input that is wanted: 422 with all that is wrong, the first of it as the message. */
export function invalid(errors: Readonly<Record<string, readonly string[]>>, language: Language = 'zh-CN'): Said {
  const message = Object.values(errors)[0]?.[0] ?? '';
  return saidAs(422, { message, errors }, language);
}

function saidAs(status: number, body: object, language: Language, retryAfterSeconds?: number): Said {
  return {
    status,
    text: JSON.stringify(body),
    retryAfter: retryAfterSeconds === undefined ? null : String(retryAfterSeconds),
    contentType: 'application/json',
    language,
  };
}

/** 403: nobody knows who asks. Its clients go to the login. */
export const UNKNOWN_CALLER = refusal(403, '未登录或登陆已过期');

/** 400: no such order, or somebody else's. */
export const NO_ORDER = refusal(400, '订单不存在');

/** 400: nothing that could be paid. */
export const NOT_PAYABLE = refusal(400, '订单不存在或已支付');

/** 400: nothing that could be cancelled. */
export const NOT_PENDING = refusal(400, '只可以取消待支付订单');

/** 400: one order after the other. */
export const UNFINISHED = refusal(400, '您有未付款或开通中的订单，请稍后再试或将其取消');
