/** What every call has to carry beside its signature. */
import type { ApiCall } from './api-call.ts';

/**
 * The first rule that a call breaks, in words; `null` when it breaks none. A `Wechatpay-Serial` may be missing, but not
 * name a key that WeChat Pay does not have.
 */
export function httpProblem(call: ApiCall, knownSerials: readonly string[]): string | null {
  const header = (name: string): string => call.headers.get(name) ?? '';
  const acceptsJson = header('accept')
    .split(/\s*,\s*/)
    .some((type) => /^application\/json(;|$)/.test(type));
  if (!acceptsJson || header('user-agent').trim() === '') return 'Http头缺少Accept或User-Agent';
  if (call.body === null) return '请求包体须为 UTF-8';
  if (call.verb === 'GET' && call.body !== '') return 'GET 请求不能有包体';
  if (call.verb === 'POST' && !/^application\/json(;\s*charset=utf-8)?$/i.test(header('content-type')))
    return 'Http头Content-Type须为application/json';
  const serial = call.headers.get('wechatpay-serial');
  if (serial !== null && !knownSerials.includes(serial)) return 'Http头Wechatpay-Serial不是有效的微信支付公钥ID';
  return null;
}
