/** How recharge says no: one shape, compared to the byte. */
import type { Seen } from './refusal.ts';

/** The status of each code in the document's table. Permission has two. */
const STATUSES: Readonly<Record<number, number>> = { 1001: 400, 1002: 404, 1003: 409, 1005: 500 };

/** The refusal that is wanted: `{code, message, data: null}`, in this order. A code that is not in the table is its status. */
export function refusal(code: number, message: string, retryAfterSeconds?: number): Seen {
  return refusalOf(STATUSES[code] ?? code, code, message, retryAfterSeconds);
}

/** 1004: nobody knows who asks. */
export const UNKNOWN_CALLER = refusalOf(401, 1004, '未登录或登录已失效');

/** 1004: the caller may not. */
export const FORBIDDEN = refusalOf(403, 1004, '权限不足');

/** 1002: no such order, or somebody else's. */
export const NO_ORDER = refusal(1002, '订单不存在');

/** 1003: the order's state does not allow it. */
export const WRONG_STATE = refusal(1003, '订单状态错误');

function refusalOf(status: number, code: number, message: string, retryAfterSeconds?: number): Seen {
  return {
    status,
    text: JSON.stringify({ code, message, data: null }),
    retryAfter: retryAfterSeconds === undefined ? null : String(retryAfterSeconds),
    contentType: 'application/json',
  };
}

/** Most calls answer no more than that it is done. */
export const DONE: Seen = {
  status: 200,
  text: '{"code":0,"message":"success","data":null}',
  retryAfter: null,
  contentType: 'application/json',
};
