/** What the running sandbox is told: the merchant's identity and the keys of the pretend world. */
import * as z from 'zod';

const PUBLIC_KEY = z.string().includes('BEGIN PUBLIC KEY', 'must be a public key in PEM');
const PRIVATE_KEY = z.string().includes('BEGIN PRIVATE KEY', 'must be a PKCS#8 private key in PEM');
const PLATFORM_SERIAL = z.string().regex(/^(PUB_KEY_ID_\w+|[0-9A-Fa-f]{40})$/, 'must be PUB_KEY_ID_… or 40 hex digits');

const SETTINGS = z.object({
  SANDBOX_MERCHANT_APP_ID: z.string().regex(/^\d{16}$/, 'must be 16 digits'),
  SANDBOX_MERCHANT_SELLER_ID: z.string().regex(/^2088\d{12}$/, 'must be 16 digits that begin with 2088'),
  SANDBOX_MERCHANT_PUBLIC_KEY: PUBLIC_KEY,
  SANDBOX_ALIPAY_PRIVATE_KEY: PRIVATE_KEY,
  SANDBOX_WEBHOOK_SECRET: z.string().regex(/^whsec_[A-Za-z0-9+/]+=*$/, 'must be whsec_ and a key in base64'),
});

const WECHAT_PAY_SETTINGS = z
  .object({
    SANDBOX_WECHAT_APP_ID: z.string().regex(/^wx[0-9A-Za-z]{16}$/, 'must be wx and 16 letters or digits'),
    SANDBOX_WECHAT_MCH_ID: z.string().regex(/^\d{8,12}$/, 'must be 8 to 12 digits'),
    SANDBOX_WECHAT_MCH_SERIAL_NO: z.string().regex(/^[0-9A-Fa-f]{40}$/, 'must be 40 hex digits'),
    SANDBOX_WECHAT_MERCHANT_PUBLIC_KEY: PUBLIC_KEY,
    SANDBOX_WECHAT_PLATFORM_SERIAL: PLATFORM_SERIAL,
    SANDBOX_WECHAT_PLATFORM_PRIVATE_KEY: PRIVATE_KEY,
    SANDBOX_WECHAT_API_V3_KEY: z.string().regex(/^[\x21-\x7e]{32}$/, 'must be 32 letters, digits or signs'),
    /** The second platform key, for a rotation: both or neither. */
    SANDBOX_WECHAT_NEXT_PLATFORM_SERIAL: PLATFORM_SERIAL.optional(),
    SANDBOX_WECHAT_NEXT_PLATFORM_PRIVATE_KEY: PRIVATE_KEY.optional(),
  })
  .refine(
    (vars) =>
      (vars.SANDBOX_WECHAT_NEXT_PLATFORM_SERIAL === undefined) ===
      (vars.SANDBOX_WECHAT_NEXT_PLATFORM_PRIVATE_KEY === undefined),
    { path: ['SANDBOX_WECHAT_NEXT_PLATFORM_PRIVATE_KEY'], message: 'must come together with its serial' },
  );

/** What the pretend WeChat Pay is told. */
export type WechatPaySettings = z.infer<typeof WECHAT_PAY_SETTINGS>;

/** The values that `test/sandbox/.dev.vars` holds, by name; `wechatPay` is left out when none of its own is there. */
export type SandboxSettings = z.infer<typeof SETTINGS> & { wechatPay?: WechatPaySettings };

/** The settings, or what is wrong with them. The words name the value and never show it. */
export function readSettings(
  vars: object,
): { ok: true; settings: SandboxSettings } | { ok: false; problems: string[] } {
  const parsed = SETTINGS.safeParse(vars);
  const hasWechatPay = Object.keys(vars).some((name) => name.startsWith('SANDBOX_WECHAT_'));
  const wechatPay = WECHAT_PAY_SETTINGS.safeParse(vars);
  if (parsed.success && !hasWechatPay) return { ok: true, settings: parsed.data };
  if (parsed.success && wechatPay.success) return { ok: true, settings: { ...parsed.data, wechatPay: wechatPay.data } };
  const issues = [...(parsed.error?.issues ?? []), ...(hasWechatPay ? (wechatPay.error?.issues ?? []) : [])];
  return { ok: false, problems: issues.map(({ path, message }) => `${path.join('.')}: ${message}`) };
}
