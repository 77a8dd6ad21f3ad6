/** Whether a call speaks of the merchant that has signed it. */
import { refusal, type Answer } from './answer.ts';
import type { Merchant } from './merchant.ts';

/** The refusal of a foreign merchant number or app id; `null` when both are the merchant's own. */
export function merchantProblem(
  merchant: Merchant,
  { mchid, appid }: { mchid: string; appid?: string },
): Answer | null {
  if (mchid !== merchant.mchId) return refusal('MCH_NOT_EXISTS', '商户号与签名的商户不一致');
  if (appid !== undefined && appid !== merchant.appId) return refusal('APPID_MCHID_NOT_MATCH', 'appid和mch_id不匹配');
  return null;
}
