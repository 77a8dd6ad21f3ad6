/** WeChat Pay's synchronous answers, before they are signed. */

/** What a call says: an HTTP status, and JSON unless the status is 204. */
export type Answer = { status: number; content: object | null };

/** The call went through. */
export function success(content: object): Answer {
  return { status: 200, content };
}

/** The call went through and there is nothing to say. */
export const NO_CONTENT: Answer = { status: 204, content: null };

/** How each code travels. Spelt as today's documents do, but for `ORDERPAID`, which they spell in both ways. */
const STATUSES: ReadonlyMap<string, number> = new Map([
  ['USER_PAYING', 202],
  ['PARAM_ERROR', 400],
  ['INVALID_REQUEST', 400],
  ['APPID_MCHID_NOT_MATCH', 400],
  ['MCH_NOT_EXISTS', 400],
  ['ORDERPAID', 400],
  ['ORDER_CLOSED', 400],
  ['SIGN_ERROR', 401],
  ['NO_AUTH', 403],
  ['OUT_TRADE_NO_USED', 403],
  ['RULE_LIMIT', 403],
  ['NOT_ENOUGH', 403],
  ['TRADE_ERROR', 403],
  ['ACCOUNT_ERROR', 403],
  ['USER_ACCOUNT_ABNORMAL', 403],
  ['ORDER_NOT_EXIST', 404],
  ['RESOURCE_NOT_EXISTS', 404],
  ['FREQUENCY_LIMITED', 429],
  ['SYSTEM_ERROR', 500],
]);

/** The call is refused. A code that is not known here travels with status 400. */
export function refusal(code: string, message: string): Answer {
  return { status: STATUSES.get(code) ?? 400, content: { code, message } };
}

/**
 * JSON on the wire. It has line feeds and blanks, so that a merchant who parses it and writes it anew gets another text
 * than the one that was signed.
 */
export function jsonText(content: object): string {
  return JSON.stringify(content, null, 1);
}
