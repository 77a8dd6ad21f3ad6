/** What a client opens the cashier with: signed by us each time, so it may be handed out as often as it is asked for. */

import type { Prepay } from '../../core/payment/provider.ts';
import type { WechatPayConfig } from './schema.ts';
import { type Keys, newNonce, signedText } from './signature.ts';
import type { WechatPayKind } from './transform.ts';

/**
 * Makes it out of what preparing gave. The names differ between the kinds, and so does what is signed: web pages and
 * mini programs sign `prepay_id=…`, apps the bare number; the type of the signature is never signed. A QR code needs no
 * signature. Rejects when our key cannot be read.
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012365339
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012365340
 */
export async function toPrepay(
  kind: WechatPayKind,
  handle: string,
  config: Pick<WechatPayConfig, 'appId' | 'mchId'>,
  keys: Pick<Keys, 'sign'>,
  nowMs: number,
): Promise<Prepay> {
  if (kind === 'qr_code') return { kind, codeUrl: handle };
  const { appId, mchId } = config;
  // Text, not a number: the client refuses a number.
  const timestamp = String(Math.floor(nowMs / 1000));
  const nonce = newNonce();
  if (kind === 'app_params') {
    const sign = await keys.sign(signedText(appId, timestamp, nonce, handle));
    const fixed = { appid: appId, partnerid: mchId, prepayid: handle, package: 'Sign=WXPay' };
    return { kind, params: { ...fixed, noncestr: nonce, timestamp, sign } };
  }
  const chosen = `prepay_id=${handle}`;
  const paySign = await keys.sign(signedText(appId, timestamp, nonce, chosen));
  const params = { appId, timeStamp: timestamp, nonceStr: nonce, package: chosen, signType: 'RSA', paySign };
  return { kind, params };
}
