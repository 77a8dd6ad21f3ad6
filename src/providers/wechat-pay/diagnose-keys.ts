/** Tells in words what is wrong with the keys of a merchant. */

import { arePair, examineKey, privateKeySlot, publicKeySlot } from '../examine-key.ts';
import { keyBytes, readCertificate } from '../key-format.ts';
import { API_V3_KEY_BYTES, isCertificateSerial, isPlatformSerial, type WechatPayConfig } from './schema.ts';
import { importPlatformKey } from './signature.ts';

type MerchantKeys = Pick<WechatPayConfig, 'mchSerialNo' | 'privateKey' | 'apiV3Key' | 'platformKeys'>;

const PRIVATE_SLOT = privateKeySlot('WECHAT_PRIVATE_KEY', 'our merchant');

/**
 * What is wrong with the keys, one sentence for each problem, none when they are sound. Nothing of a key is ever in the
 * words. The commonest mistake is to take what our own merchant certificate holds for WeChat Pay's: such a
 * configuration looks sound and believes nothing that WeChat Pay says.
 */
export async function diagnoseWechatPayKeys(config: MerchantKeys): Promise<string[]> {
  const privateKey = await examineKey(config.privateKey, PRIVATE_SLOT);
  const problems = [
    typeof privateKey === 'string' ? privateKey : null,
    findSerialMistake(config.mchSerialNo),
    findApiV3KeyMistake(config.apiV3Key),
  ];
  const platformKeys = Object.entries(config.platformKeys);
  if (platformKeys.length === 0) problems.push("WECHAT_PLATFORM_KEYS holds no key: WeChat Pay's answers need one");
  for (const [index, [serial, text]] of platformKeys.entries()) {
    // What stands in the place of a serial may be a key, so it is only repeated when it is one.
    const name = `WECHAT_PLATFORM_KEYS ${isPlatformSerial(serial) ? serial : `entry ${index + 1}`}`;
    const problem = findFilingMistake(serial, text, config.mchSerialNo);
    problems.push(problem ? `${name} ${problem}` : await findKeyMistake(name, text, privateKey));
  }
  return problems.filter((problem) => problem !== null);
}

function findSerialMistake(mchSerialNo: string): string | null {
  if (isCertificateSerial(mchSerialNo)) return null;
  if (mchSerialNo.startsWith('PUB_KEY_ID_')) {
    return "WECHAT_MCH_SERIAL_NO is the id of WeChat Pay's public key: our own merchant certificate's serial belongs here";
  }
  return "WECHAT_MCH_SERIAL_NO is not the 40 hex digits of our merchant certificate's serial";
}

function findApiV3KeyMistake(apiV3Key: string): string | null {
  const { length } = new TextEncoder().encode(apiV3Key);
  if (length === API_V3_KEY_BYTES) return null;
  return `WECHAT_API_V3_KEY has ${length} bytes: it must be the ${API_V3_KEY_BYTES} characters set in the merchant platform`;
}

/** Whether the key stands under the right name: each is found by the name that WeChat Pay signs under. */
function findFilingMistake(serial: string, text: string, mchSerialNo: string): string | null {
  const isOurs = (one: string) => one.toUpperCase() === mchSerialNo.toUpperCase() && isCertificateSerial(one);
  const certificate = readCertificate(keyBytes(text) ?? new Uint8Array());
  if (isOurs(serial) || (certificate && isOurs(certificate.serial))) {
    return "is our own merchant certificate's: WeChat Pay's public key or platform certificate belongs here";
  }
  if (!isPlatformSerial(serial)) {
    return 'is filed under neither a PUB_KEY_ID_ nor the 40 hex digits of a platform certificate';
  }
  if (!certificate || certificate.serial === serial.toUpperCase()) return null;
  if (serial.startsWith('PUB_KEY_ID_')) return 'is a certificate: file it under its own serial number';
  return `is a certificate of another serial number: file it under ${certificate.serial}`;
}

/** What is wrong with the key itself, whatever name it stands under. */
async function findKeyMistake(name: string, text: string, privateKey: CryptoKey | string): Promise<string | null> {
  const key = await examineKey(
    text,
    publicKeySlot({
      name,
      owner: 'WeChat Pay',
      wanted: "WeChat Pay's public key or platform certificate",
      importKey: importPlatformKey,
      certificate: null,
    }),
  );
  if (typeof key === 'string') return key;
  if (typeof privateKey === 'string' || !(await arePair(privateKey, key))) return null;
  return `${name} is our own merchant key: WeChat Pay's public key or platform certificate belongs here`;
}
