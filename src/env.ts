/** Checks the vars and secrets: all of them right, or a list of what is wrong in words. */

import * as z from 'zod';
import { readPlatformKeys } from './providers/wechat-pay/platform-keys.ts';

/** `''` in wrangler.toml means: not set. */
const unset = z.literal('').transform(() => undefined);
const optional = <T extends z.ZodType>(schema: T) => z.union([unset, schema]).optional();

const httpUrl = z.url({ protocol: /^https?$/, error: 'must be an http or https URL' });
const wholeNumber = (unit: string, min: number, max: number, byDefault: number) =>
  z
    .union([unset, z.string()])
    .optional()
    .transform((text = String(byDefault)) => (/^\d{1,9}$/.test(text) ? Number(text) : Number.NaN))
    .refine((value) => Number.isInteger(value) && value >= min && value <= max, {
      error: `must be a whole number of ${unit} from ${min} to ${max}`,
    });
const commaList = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  );

const variables = z.object({
  PUBLIC_URL: httpUrl.transform((url) => url.replace(/\/+$/, '')),
  DIALECTS: commaList,
  ORDER_TTL_SECONDS: wholeNumber('seconds', 60, 30 * 86_400, 1800),
  PAYMENT_TTL_SECONDS: wholeNumber('seconds', 1, 86_400, 120),
  MEDICAL_COMMISSION_BPS: wholeNumber('basis points', 0, 10_000, 500),
  SUBSCRIPTION_COMMISSION_BPS: wholeNumber('basis points', 0, 10_000, 1000),
  REFUND_APPROVAL: optional(z.enum(['manual', 'auto'], { error: 'must be manual or auto' })).default('manual'),
  CORS_ORIGINS: commaList.refine((origins) => origins.every(isOrigin), {
    error: 'must be origins like https://app.example, separated by commas',
  }),
  WEBHOOK_URL: optional(httpUrl),
  WEBHOOK_SECRET: optional(
    z.string().refine(isWebhookSecret, { error: 'must be whsec_ followed by 24 to 64 bytes in base64' }),
  ),
  JWKS_URL: optional(httpUrl),
  JWT_SECRET: optional(z.string().min(32, { error: 'must have at least 32 characters' })),
  ALIPAY_APP_ID: optional(z.string().regex(/^\d{16}$/, { error: 'must be the 16 digits of the app' })),
  ALIPAY_SELLER_ID: optional(z.string().regex(/^2088\d{12}$/, { error: 'must be the 16 digits that begin with 2088' })),
  ALIPAY_GATEWAY_URL: optional(httpUrl),
  ALIPAY_PRIVATE_KEY: optional(z.string()),
  ALIPAY_PUBLIC_KEY: optional(z.string()),
  WECHAT_APP_ID: optional(z.string().regex(/^wx[0-9a-zA-Z]{16}$/, { error: 'must be wx and 16 letters or digits' })),
  WECHAT_MCH_ID: optional(z.string().regex(/^\d{8,10}$/, { error: 'must be the 8 to 10 digits of the merchant' })),
  WECHAT_MCH_SERIAL_NO: optional(
    z.string().regex(/^[0-9A-Fa-f]{40}$/, { error: 'must be the 40 hex digits of the merchant certificate' }),
  ),
  WECHAT_API_URL: optional(httpUrl.transform((url) => url.replace(/\/+$/, ''))),
  WECHAT_PRIVATE_KEY: optional(z.string()),
  WECHAT_API_V3_KEY: optional(z.string().regex(/^[\x21-\x7e]{32}$/, { error: 'must have exactly 32 characters' })),
  WECHAT_PLATFORM_KEYS: optional(z.string().transform(readKeys)),
  PII_KEY: z.string().refine(isVaultKey, { error: 'must be 32 bytes in base64' }),
  PII_KEY_PREVIOUS: optional(z.string().refine(isVaultKey, { error: 'must be 32 bytes in base64' })),
});

/** What each provider needs; all of it, or none. The gateways' addresses have a default. */
const PROVIDER_NAMES = {
  Alipay: ['ALIPAY_APP_ID', 'ALIPAY_SELLER_ID', 'ALIPAY_PRIVATE_KEY', 'ALIPAY_PUBLIC_KEY'],
  'WeChat Pay': [
    'WECHAT_APP_ID',
    'WECHAT_MCH_ID',
    'WECHAT_MCH_SERIAL_NO',
    'WECHAT_PRIVATE_KEY',
    'WECHAT_API_V3_KEY',
    'WECHAT_PLATFORM_KEYS',
  ],
} as const;
const WECHAT_API_URL = 'https://api.mch.weixin.qq.com';
const ALIPAY_GATEWAY_URL = 'https://openapi.alipay.com/gateway.do';

/** The checked configuration. */
export type Config = {
  publicUrl: string;
  dialects: readonly string[];
  orderTtlMs: number;
  paymentTtlMs: number;
  refundApproval: 'manual' | 'auto';
  /** By dialect. */
  commissionBps: Readonly<Record<string, number>>;
  corsOrigins: readonly string[];
  webhook: { url: string; secret: string } | null;
  tokens: { jwksUrl: string } | { secret: string };
  vault: { current: string; previous: string | null };
  alipay: { appId: string; sellerId: string; gatewayUrl: string; privateKey: string; publicKey: string } | null;
  wechatPay: {
    appId: string;
    mchId: string;
    mchSerialNo: string;
    apiUrl: string;
    privateKey: string;
    apiV3Key: string;
    platformKeys: Readonly<Record<string, string>>;
  } | null;
};

/** The configuration, or every problem in words; a problem names the variable and never its value. */
export type ConfigCheck = { ok: true; config: Config } | { ok: false; problems: string[] };

/** Checks all variables at once. `knownDialects` are the folder names that `DIALECTS` may list. */
export function checkEnv(env: object, knownDialects: readonly string[]): ConfigCheck {
  const parsed = variables.safeParse(env);
  if (!parsed.success) {
    return { ok: false, problems: parsed.error.issues.map((issue) => `${String(issue.path[0])} ${wordsOf(issue)}`) };
  }
  const vars = parsed.data;
  const problems: string[] = [];
  if (vars.DIALECTS.some((name) => !knownDialects.includes(name))) {
    problems.push(`DIALECTS may list ${knownDialects.join(', ')}, and lists another name`);
  }
  const tokens = vars.JWKS_URL ? { jwksUrl: vars.JWKS_URL } : vars.JWT_SECRET ? { secret: vars.JWT_SECRET } : null;
  if (vars.PII_KEY_PREVIOUS === vars.PII_KEY) problems.push('PII_KEY_PREVIOUS must be another key than PII_KEY');
  if (!tokens) problems.push('JWT_SECRET is missing (or set JWKS_URL)');
  if (vars.WEBHOOK_URL && !vars.WEBHOOK_SECRET) problems.push('WEBHOOK_SECRET is missing, and WEBHOOK_URL needs it');
  for (const [provider, names] of Object.entries(PROVIDER_NAMES)) {
    const missing = names.filter((name) => !vars[name]);
    if (missing.length === 0 || missing.length === names.length) continue;
    problems.push(...missing.map((name) => `${name} is missing, while other values of ${provider} are set`));
  }
  if (!tokens || problems.length > 0) return { ok: false, problems };
  return { ok: true, config: { ...configOf(vars), tokens, dialects: namesOr(vars.DIALECTS, knownDialects) } };
}

type Variables = z.output<typeof variables>;

function configOf(vars: Variables): Omit<Config, 'tokens' | 'dialects'> {
  return {
    publicUrl: vars.PUBLIC_URL,
    orderTtlMs: vars.ORDER_TTL_SECONDS * 1000,
    paymentTtlMs: vars.PAYMENT_TTL_SECONDS * 1000,
    refundApproval: vars.REFUND_APPROVAL ?? 'manual',
    commissionBps: {
      'medical-companion': vars.MEDICAL_COMMISSION_BPS,
      subscription: vars.SUBSCRIPTION_COMMISSION_BPS,
    },
    corsOrigins: vars.CORS_ORIGINS,
    webhook: vars.WEBHOOK_URL && vars.WEBHOOK_SECRET ? { url: vars.WEBHOOK_URL, secret: vars.WEBHOOK_SECRET } : null,
    vault: { current: vars.PII_KEY, previous: vars.PII_KEY_PREVIOUS ?? null },
    alipay: alipayOf(vars),
    wechatPay: wechatPayOf(vars),
  };
}

function alipayOf(vars: Variables): Config['alipay'] {
  const { ALIPAY_APP_ID: appId, ALIPAY_SELLER_ID: sellerId } = vars;
  const { ALIPAY_PRIVATE_KEY: privateKey, ALIPAY_PUBLIC_KEY: publicKey } = vars;
  if (!appId || !sellerId || !privateKey || !publicKey) return null;
  return { appId, sellerId, privateKey, publicKey, gatewayUrl: vars.ALIPAY_GATEWAY_URL ?? ALIPAY_GATEWAY_URL };
}

function wechatPayOf(vars: Variables): Config['wechatPay'] {
  const { WECHAT_APP_ID: appId, WECHAT_MCH_ID: mchId, WECHAT_MCH_SERIAL_NO: mchSerialNo } = vars;
  const { WECHAT_PRIVATE_KEY: privateKey, WECHAT_API_V3_KEY: apiV3Key, WECHAT_PLATFORM_KEYS: platformKeys } = vars;
  if (!appId || !mchId || !mchSerialNo || !privateKey || !apiV3Key || !platformKeys) return null;
  const apiUrl = vars.WECHAT_API_URL ?? WECHAT_API_URL;
  return { appId, mchId, mchSerialNo, apiUrl, privateKey, apiV3Key, platformKeys };
}

function namesOr(names: readonly string[], all: readonly string[]): readonly string[] {
  return names.length > 0 ? names : all;
}

function wordsOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type' && issue.input === undefined) return 'is missing';
  if (issue.code === 'invalid_union') return issue.errors.flat().at(-1)?.message ?? 'is malformed';
  return issue.message;
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text;
}

function isWebhookSecret(text: string): boolean {
  const match = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text);
  if (!match?.[1] || match[1].length % 4 !== 0) return false;
  const bytes = (match[1].length / 4) * 3 - (/=*$/.exec(match[1])?.[0].length ?? 0);
  return bytes >= 24 && bytes <= 64;
}

/** Reads the platform keys; what is wrong with them becomes an issue of the variable. */
function readKeys(text: string, context: z.core.$RefinementCtx): Readonly<Record<string, string>> {
  const read = readPlatformKeys(text);
  if (read.ok) return read.platformKeys;
  context.addIssue({ code: 'custom', message: read.problem.replace('WECHAT_PLATFORM_KEYS ', '') });
  return z.NEVER;
}

/** 32 bytes have one spelling: the last character of another one would hold bits that count for nothing. */
function isVaultKey(text: string): boolean {
  return /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/.test(text);
}
