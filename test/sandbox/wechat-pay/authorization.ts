/** Who calls: the `Authorization` header, checked one part after another. */
import type { ApiCall } from './api-call.ts';
import type { Merchant } from './merchant.ts';
import type { NonceMemory } from './nonce-memory.ts';
import { isSignatureOf, linesToSign } from './signature.ts';

/** How far a merchant's clock may be off, seconds. */
export const TOLERANCE_S = 300;

const SCHEME = 'WECHATPAY2-SHA256-RSA2048 ';
const NAMES = ['mchid', 'nonce_str', 'signature', 'timestamp', 'serial_no'] as const;
type Credentials = Record<(typeof NAMES)[number], string>;

/** What a call is held against. */
export type AuthorizationRules = { merchant: Merchant; nonces: NonceMemory; nowMs: number };

/**
 * Why a call is not the merchant's own, in words; `null` when it is. A call that passes has used up its nonce.
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012365342
 */
export function authorizationProblem(call: ApiCall, { merchant, nonces, nowMs }: AuthorizationRules): string | null {
  const credentials = readCredentials(call.headers.get('authorization') ?? '');
  if (credentials === null) return 'Http头Authorization值格式错误，请参考《微信支付商户REST API签名规则》';
  const { mchid, nonce_str: nonce, signature, timestamp, serial_no: serialNo } = credentials;
  if (mchid !== merchant.mchId) return '商户号与Authorization中的mchid不一致';
  if (serialNo !== merchant.serialNo) return '商户证书序列号有误';
  if (!/^[0-9A-Za-z]{1,32}$/.test(nonce)) return 'nonce_str须为 1 至 32 位字母或数字';
  if (!/^\d{10}$/.test(timestamp)) return 'timestamp须为 10 位的秒';
  if (Math.abs(nowMs / 1000 - Number(timestamp)) > TOLERANCE_S)
    return 'Http头Authorization中的timestamp与发起请求的时间不得超过5分钟';
  const text = linesToSign(call.verb, call.target, timestamp, nonce, call.body ?? '');
  if (!isSignatureOf(text, signature, merchant.publicKey)) return '签名错误，请检查后再试';
  return nonces.use(nonce, Number(timestamp)) ? null : '请求重放：nonce_str已经用过';
}

/** The five values, each exactly once, in any order, without blanks between them. */
function readCredentials(header: string): Credentials | null {
  if (!header.startsWith(SCHEME)) return null;
  const pairs = header
    .slice(SCHEME.length)
    .split(',')
    .map((part) => /^([a-z_]+)="([^"]*)"$/.exec(part));
  const values = new Map(pairs.map((pair) => [pair?.[1] ?? '', pair?.[2] ?? '']));
  if (pairs.length !== NAMES.length) return null;
  const value = (name: (typeof NAMES)[number]): string => values.get(name) ?? '';
  return {
    mchid: value('mchid'),
    nonce_str: value('nonce_str'),
    signature: value('signature'),
    timestamp: value('timestamp'),
    serial_no: value('serial_no'),
  };
}
