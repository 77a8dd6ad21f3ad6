/** The merchant as WeChat Pay knows it. */
import type { KeyObject } from 'node:crypto';

/** `serialNo` names the merchant's API certificate, and `publicKey` is the key in it. */
export type Merchant = { appId: string; mchId: string; serialNo: string; publicKey: KeyObject };
