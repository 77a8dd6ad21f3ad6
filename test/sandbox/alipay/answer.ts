/** Alipay's synchronous answers: what is inside them, and how they look on the wire. */
import type { KeyObject } from 'node:crypto';
import { signText } from './signature.ts';

/** The inner object of an answer. Alipay sends every value as text. */
export type AnswerContent = Readonly<Record<string, string>>;

/** The call went through. That says nothing about the state of the trade. */
export function success(fields: AnswerContent): AnswerContent {
  return { code: '10000', msg: 'Success', ...fields };
}

/** The call was understood and refused by the trading system. Refusals are signed like successes. */
export function businessFailure(subCode: string, subMsg: string, fields: AnswerContent = {}): AnswerContent {
  return { code: '40004', msg: 'Business Failed', sub_code: subCode, sub_msg: subMsg, ...fields };
}

/** Biz content that breaks a rule of its method. */
export function invalidParameter(subMsg: string): AnswerContent {
  return businessFailure('ACQ.INVALID_PARAMETER', subMsg);
}

/** The gateway itself refuses, before any trading system sees the call. These answers carry no signature. */
export function gatewayRefusal(code: '40001' | '40002', subCode: string, subMsg: string): AnswerContent {
  const msg = code === '40001' ? 'Missing Required Arguments' : 'Invalid Arguments';
  return { code, msg, sub_code: subCode, sub_msg: subMsg };
}

/** `alipay.trade.query` answers under `alipay_trade_query_response`. */
export function responseName(method: string): string {
  return `${method.replaceAll('.', '_')}_response`;
}

/**
 * An answer on the wire; without a key it is unsigned. The signature covers the inner object as it is written here,
 * `\/` and all, so a merchant who parses and writes it anew gets another text.
 */
export function renderAnswer(name: string, content: AnswerContent, privateKey: KeyObject | null): string {
  const inner = JSON.stringify(content).replaceAll('/', String.raw`\/`);
  const signature = privateKey === null ? '' : `,"sign":"${signText(inner, privateKey)}"`;
  return `{"${name}":${inner}${signature}}`;
}

/** HTTP 200 and `text/html`, whatever the JSON inside says. */
export function answerResponse(body: string): Response {
  return new Response(body, { headers: { 'content-type': 'text/html;charset=utf-8' } });
}
