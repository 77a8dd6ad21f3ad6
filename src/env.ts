/** Checks the vars and secrets: all of them right, or a list of what is wrong in words. */

import * as z from 'zod';

/** `''` in wrangler.toml means: not set. */
const unset = z.literal('').transform(() => undefined);
const optional = <T extends z.ZodType>(schema: T) => z.union([unset, schema]).optional();

const httpUrl = z.url({ protocol: /^https?$/, error: 'must be an http or https URL' });
const seconds = (min: number, max: number, byDefault: number) =>
  z
    .union([unset, z.string()])
    .optional()
    .transform((text = String(byDefault)) => (/^\d{1,9}$/.test(text) ? Number(text) : Number.NaN))
    .refine((value) => Number.isInteger(value) && value >= min && value <= max, {
      error: `must be a whole number of seconds from ${min} to ${max}`,
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
  ORDER_TTL_SECONDS: seconds(60, 30 * 86_400, 1800),
  PAYMENT_TTL_SECONDS: seconds(1, 86_400, 120),
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
});

/** What one provider needs; all of it, or none. The gateway's address has a default. */
const ALIPAY_NAMES = ['ALIPAY_APP_ID', 'ALIPAY_SELLER_ID', 'ALIPAY_PRIVATE_KEY', 'ALIPAY_PUBLIC_KEY'] as const;
const ALIPAY_GATEWAY_URL = 'https://openapi.alipay.com/gateway.do';

/** The checked configuration. */
export type Config = {
  publicUrl: string;
  dialects: readonly string[];
  orderTtlMs: number;
  paymentTtlMs: number;
  refundApproval: 'manual' | 'auto';
  corsOrigins: readonly string[];
  webhook: { url: string; secret: string } | null;
  tokens: { jwksUrl: string } | { secret: string };
  alipay: { appId: string; sellerId: string; gatewayUrl: string; privateKey: string; publicKey: string } | null;
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
  if (!tokens) problems.push('JWT_SECRET is missing (or set JWKS_URL)');
  if (vars.WEBHOOK_URL && !vars.WEBHOOK_SECRET) problems.push('WEBHOOK_SECRET is missing, and WEBHOOK_URL needs it');
  const missing = ALIPAY_NAMES.filter((name) => !vars[name]);
  if (missing.length > 0 && missing.length < ALIPAY_NAMES.length) {
    problems.push(...missing.map((name) => `${name} is missing, while other values of Alipay are set`));
  }
  if (!tokens || problems.length > 0) return { ok: false, problems };
  return { ok: true, config: { ...configOf(vars), tokens, dialects: namesOr(vars.DIALECTS, knownDialects) } };
}

type Variables = z.output<typeof variables>;

function configOf(vars: Variables): Omit<Config, 'tokens' | 'dialects'> {
  const { ALIPAY_APP_ID: appId, ALIPAY_SELLER_ID: sellerId } = vars;
  const { ALIPAY_PRIVATE_KEY: privateKey, ALIPAY_PUBLIC_KEY: publicKey } = vars;
  const gatewayUrl = vars.ALIPAY_GATEWAY_URL ?? ALIPAY_GATEWAY_URL;
  return {
    publicUrl: vars.PUBLIC_URL,
    orderTtlMs: vars.ORDER_TTL_SECONDS * 1000,
    paymentTtlMs: vars.PAYMENT_TTL_SECONDS * 1000,
    refundApproval: vars.REFUND_APPROVAL ?? 'manual',
    corsOrigins: vars.CORS_ORIGINS,
    webhook: vars.WEBHOOK_URL && vars.WEBHOOK_SECRET ? { url: vars.WEBHOOK_URL, secret: vars.WEBHOOK_SECRET } : null,
    alipay:
      appId && sellerId && privateKey && publicKey ? { appId, sellerId, gatewayUrl, privateKey, publicKey } : null,
  };
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
