/** Notifications as Alipay posts them: the shape of its own example, signed with its key. */
import { env } from 'cloudflare:workers';
import type { Notification } from '../../../src/core/payment/provider.ts';
import { CONFIG, OUT_TRADE_NO, providerWith, signAsAlipay, TRADE_NO } from './signed-gateway.ts';

export type Fields = Record<string, string>;

/** A payment of 196 yuan, as it comes. `refund_fee=0.00` on a plain payment is no slip: Alipay's example has it. */
export const PAID: Fields = {
  app_id: CONFIG.appId,
  auth_app_id: CONFIG.appId,
  body: '',
  buyer_id: '2088102116773037',
  charset: 'utf-8',
  fund_bill_list: '[{"amount":"196.00","fundChannel":"ALIPAYACCOUNT"}]',
  gmt_create: '2022-11-22 16:37:58',
  gmt_payment: '2022-11-22 16:38:01',
  notify_id: '2022112200222163802001404121',
  notify_time: '2022-11-22 16:38:02',
  notify_type: 'trade_status_sync',
  out_trade_no: OUT_TRADE_NO,
  refund_fee: '0.00',
  seller_id: CONFIG.sellerId,
  subject: '1号技师的项目二',
  total_amount: '196.00',
  trade_no: TRADE_NO,
  trade_status: 'TRADE_SUCCESS',
  version: '1.0',
};

/** The fields with some changed; one that is changed to `undefined` is left out. */
export function changed(fields: Fields, change: Record<string, string | undefined>): Fields {
  const entries = Object.entries({ ...fields, ...change });
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** What Alipay signs of a notification. */
export function signedText(fields: Fields): string {
  return Object.entries(fields)
    .filter(([name]) => name !== 'sign' && name !== 'sign_type')
    .map(([name, value]) => `${name}=${value}`)
    .toSorted()
    .join('&');
}

/** The fields with their signature. */
export function signed(fields: Fields, privateKey = env.SANDBOX_ALIPAY_PRIVATE_KEY): Fields {
  return { ...fields, sign_type: 'RSA2', sign: signAsAlipay(signedText(fields), privateKey) };
}

/** The fields as a posted body. */
export function form(fields: Fields): string {
  return new URLSearchParams(fields).toString();
}

/** Reads a body as the callback route would hand it over. */
export async function read(body: string): Promise<Notification> {
  const headers = new Headers({ 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' });
  return providerWith({}).provider.readNotification({ headers, body });
}
