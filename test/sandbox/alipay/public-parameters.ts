/** The parameters that every call to Alipay carries, checked one by one. */
import type { KeyObject } from 'node:crypto';
import { gatewayRefusal, type AnswerContent } from './answer.ts';
import { parseBeijingTime } from './beijing-time.ts';
import { isSignatureOf, requestText, type Parameters } from './signature.ts';

const TEN_MINUTES_MS = 600_000;

/** The merchant as Alipay knows it. */
export type Merchant = { appId: string; sellerId: string; publicKey: KeyObject };

/** What a call is held against. */
export type PublicRules = {
  merchant: Merchant;
  nowMs: number;
  /** An order string lives until its `time_expire`, so only the future is forbidden to its timestamp. */
  mayBeOld: boolean;
};

/** Form text decoded once, by name. `null` when a name comes twice, because then nobody knows what was signed. */
export function readParameters(...forms: string[]): Parameters | null {
  const pairs = forms.flatMap((form) => [...new URLSearchParams(form)]);
  const parameters = new Map(pairs);
  return parameters.size === pairs.length ? parameters : null;
}

/** How a method that is not offered is refused. */
export function unknownMethod(name: string): AnswerContent {
  return name === ''
    ? gatewayRefusal('40001', 'isv.missing-method', '缺少参数 method')
    : gatewayRefusal('40002', 'isv.invalid-method', '不存在的方法名');
}

/**
 * The first rule that a call breaks, as Alipay's gateway says it; `null` when it breaks none.
 *
 * @see https://opendocs.alipay.com/common/02km9f
 */
export function checkPublicParameters(parameters: Parameters, rules: PublicRules): AnswerContent | null {
  const value = (name: string): string => parameters.get(name) ?? '';
  const missing = REQUIRED.find(([name]) => value(name) === '');
  if (missing !== undefined) return gatewayRefusal('40001', missing[1], `缺少参数 ${missing[0]}`);
  if (value('app_id') !== rules.merchant.appId) return gatewayRefusal('40002', 'isv.invalid-app-id', '无效的AppID参数');
  if (value('charset').toLowerCase() !== 'utf-8')
    return gatewayRefusal('40002', 'isv.invalid-charset', '本沙箱只接受 utf-8');
  if (!['', 'JSON'].includes(value('format'))) return gatewayRefusal('40002', 'isv.invalid-format', '无效的数据格式');
  if (value('sign_type') !== 'RSA2')
    return gatewayRefusal('40002', 'isv.invalid-signature-type', '无效的签名类型，本沙箱只接受 RSA2');
  if (value('version') !== '1.0') return gatewayRefusal('40002', 'isv.invalid-parameter', '参数无效：version');
  if (!isSignatureOf(requestText(parameters), value('sign'), rules.merchant.publicKey))
    return gatewayRefusal('40002', 'isv.invalid-signature', '验签出错，请检查待签名内容、应用私钥与编码是否一致');
  return checkTimestamp(value('timestamp'), rules);
}

/** What an order must say beside the rest: where to tell of its payment. */
export function checkNotifyUrl(parameters: Parameters): AnswerContent | null {
  const notifyUrl = parameters.get('notify_url') ?? '';
  return notifyUrl.length <= 256 && URL.canParse(notifyUrl) && /^https?:/.test(notifyUrl)
    ? null
    : gatewayRefusal('40002', 'isv.invalid-parameter', 'notify_url 须为 http 或 https 地址');
}

/** Beside `method`. `format` is the one public parameter that Alipay lets a merchant leave out. */
const REQUIRED = [
  ['app_id', 'isv.missing-app-id'],
  ['charset', 'isv.missing-charset'],
  ['sign_type', 'isv.missing-signature-type'],
  ['sign', 'isv.missing-signature'],
  ['timestamp', 'isv.missing-timestamp'],
  ['version', 'isv.missing-version'],
] as const;

function checkTimestamp(timestamp: string, { nowMs, mayBeOld }: PublicRules): AnswerContent | null {
  const sentAtMs = parseBeijingTime(timestamp);
  const isTimely =
    sentAtMs !== null && sentAtMs - nowMs <= TEN_MINUTES_MS && (mayBeOld || nowMs - sentAtMs <= TEN_MINUTES_MS);
  return isTimely
    ? null
    : gatewayRefusal('40002', 'isv.invalid-timestamp', '非法的时间戳参数，须为前后十分钟内的北京时间');
}
