/** Reads the setting that holds WeChat Pay's keys: JSON, since there are several of them at once while they change. */

import * as z from 'zod';
import { parseJson } from '../parse-json.ts';

/** The keys by serial number or id, or one sentence on what is wrong with the setting that holds nothing of its value. */
export type PlatformKeys =
  { ok: true; platformKeys: Readonly<Record<string, string>> } | { ok: false; problem: string };

const shape = z.record(z.string(), z.string());

/** Reads `WECHAT_PLATFORM_KEYS`. Whether the keys in it are sound is another question: `diagnoseWechatPayKeys`. */
export function readPlatformKeys(text: string): PlatformKeys {
  const value = parseJson(text);
  if (value === undefined) return malformed(whyNotJson(text));
  const parsed = shape.safeParse(value);
  if (!parsed.success) return malformed('is JSON, but not an object of texts: {"PUB_KEY_ID_…": "the key", …}');
  if (Object.keys(parsed.data).length === 0)
    return malformed("holds no key: WeChat Pay's answers could not be believed");
  return { ok: true, platformKeys: parsed.data };
}

function whyNotJson(text: string): string {
  if (text.trim() === '') return 'is empty: it takes {"PUB_KEY_ID_…": "the key", …}';
  if (text.includes('-----BEGIN') && !text.trim().startsWith('{')) {
    return 'is a bare key: it takes an object, {"PUB_KEY_ID_…": "the key", …}';
  }
  // A PEM that was pasted as it is has real line ends in it, which a JSON text may not have.
  if (/-----BEGIN[^"]*\n/.test(text)) return 'is not JSON: the line ends of a key must be written as \\n';
  return 'is not JSON: it takes {"PUB_KEY_ID_…": "the key", …}';
}

function malformed(problem: string): PlatformKeys {
  return { ok: false, problem: `WECHAT_PLATFORM_KEYS ${problem}` };
}
