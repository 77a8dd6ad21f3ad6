/** What the running sandbox is told: the merchant's identity and the keys of the pretend world. */
import * as z from 'zod';

const SETTINGS = z.object({
  SANDBOX_MERCHANT_APP_ID: z.string().regex(/^\d{16}$/, 'must be 16 digits'),
  SANDBOX_MERCHANT_SELLER_ID: z.string().regex(/^2088\d{12}$/, 'must be 16 digits that begin with 2088'),
  SANDBOX_MERCHANT_PUBLIC_KEY: z.string().includes('BEGIN PUBLIC KEY', 'must be a public key in PEM'),
  SANDBOX_ALIPAY_PRIVATE_KEY: z.string().includes('BEGIN PRIVATE KEY', 'must be a PKCS#8 private key in PEM'),
  SANDBOX_WEBHOOK_SECRET: z.string().regex(/^whsec_[A-Za-z0-9+/]+=*$/, 'must be whsec_ and a key in base64'),
});

/** The values that `test/sandbox/.dev.vars` holds, by name. */
export type SandboxSettings = z.infer<typeof SETTINGS>;

/** The settings, or what is wrong with them. The words name the value and never show it. */
export function readSettings(
  vars: unknown,
): { ok: true; settings: SandboxSettings } | { ok: false; problems: string[] } {
  const parsed = SETTINGS.safeParse(vars);
  if (parsed.success) return { ok: true, settings: parsed.data };
  return { ok: false, problems: parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) };
}
