/** What is wrong with a configuration, in words: what the service itself would say, the keys, and what a deploy needs. */
import { BlockList, isIP } from 'node:net';
import { basename, join } from 'node:path';
import { unstable_readConfig as readConfig } from 'wrangler';
import * as z from 'zod';
import { dialects } from '../../src/dialects/index.ts';
import { checkEnv } from '../../src/env.ts';
import { diagnoseAlipayKeys } from '../../src/providers/alipay/diagnose-keys.ts';
import { diagnoseWechatPayKeys } from '../../src/providers/wechat-pay/diagnose-keys.ts';
import { readVars } from './read-vars.ts';

type Vars = Record<string, unknown>;

/** The id that stands in wrangler.toml until somebody puts their own there. */
const PLACEHOLDER_DATABASE = '00000000-0000-0000-0000-000000000000';
/** What matters here of wrangler.toml, as Wrangler itself reads it. */
const wranglerConfig = z.object({
  vars: z.record(z.string(), z.unknown()),
  d1_databases: z.array(z.object({ database_id: z.string().optional() })),
});

const ALIPAY_KEYS = ['ALIPAY_PRIVATE_KEY', 'ALIPAY_PUBLIC_KEY'] as const;

/**
 * Checks wrangler.toml's `[vars]` with a file of variables laid over them, as the service would get them. One sentence
 * for each problem, none when all is well. A sentence names the variable and the file it stands in, never its value.
 */
export async function diagnoseConfig(
  root: string,
  { envFile, deploy }: { envFile: string; deploy: boolean },
): Promise<string[]> {
  const config = wranglerConfig.parse(readConfig({ config: join(root, 'wrangler.toml') }, { hideWarnings: true }));
  const own = readVars(envFile);
  if (own === null) return [`${basename(envFile)} does not exist; \`npm start\` writes a .dev.vars for development`];
  const vars: Vars = { ...config.vars, ...own };
  const checked = checkEnv(
    vars,
    dialects.map(({ name }) => name),
  );
  const problems = [
    ...(checked.ok ? [] : checked.problems),
    ...(await diagnoseKeys(vars)),
    ...(checked.ok && checked.config.wechatPay ? await diagnoseWechatPayKeys(checked.config.wechatPay) : []),
    ...(deploy ? diagnoseDeploy(vars) : []),
  ].map((problem) => withPlace(problem, own, config.vars, basename(envFile)));
  if (deploy && config.d1_databases.some(({ database_id: id = PLACEHOLDER_DATABASE }) => id === PLACEHOLDER_DATABASE)) {
    problems.push(
      'database_id is still the placeholder: put the one there that `npx wrangler d1 create` shows (wrangler.toml)',
    );
  }
  return problems;
}

/** The keys, when both are there; a missing one is a problem of its own, which `checkEnv` names. */
async function diagnoseKeys(vars: Vars): Promise<string[]> {
  const [privateKey, publicKey] = ALIPAY_KEYS.map((name) => vars[name]);
  if (typeof privateKey !== 'string' || typeof publicKey !== 'string' || !privateKey || !publicKey) return [];
  const cutOff = ALIPAY_KEYS.filter((name) => isFirstLineOnly(vars[name]));
  if (cutOff.length === 0) return diagnoseAlipayKeys({ privateKey, publicKey });
  return cutOff.map(
    (name) => `${name} ends after its first line: put quotes around all of it, or write it as base64 on one line`,
  );
}

/** What is left of a PEM of several lines that has no quotes around it. */
function isFirstLineOnly(value: unknown): boolean {
  return typeof value === 'string' && /^-----BEGIN [A-Z0-9 ]+-----$/.test(value.trim());
}

function diagnoseDeploy(vars: Vars): string[] {
  const problems = ['PUBLIC_URL', 'WEBHOOK_URL', 'JWKS_URL']
    .filter((name) => vars[name] && !isPublicHttps(vars[name]))
    .map((name) => `${name} must be an https address that the internet can reach`);
  if (vars['ALIPAY_GATEWAY_URL'] && !isAt(vars['ALIPAY_GATEWAY_URL'], /(^|\.)alipay\.com$/)) {
    problems.push('ALIPAY_GATEWAY_URL is not the gateway where money moves: leave it out, it has the right default');
  }
  if (vars['WECHAT_API_URL'] && !isAt(vars['WECHAT_API_URL'], /(^|\.)mch\.weixin\.qq\.com$/)) {
    problems.push('WECHAT_API_URL is not where money moves: leave it out, it has the right default');
  }
  return problems;
}

function isAt(value: unknown, host: RegExp): boolean {
  return isPublicHttps(value) && host.test(new URL(String(value)).hostname);
}

function isPublicHttps(value: unknown): boolean {
  if (typeof value !== 'string' || !URL.canParse(value)) return false;
  const { protocol, hostname } = new URL(value);
  return protocol === 'https:' && isPublicHost(hostname.replace(/^\[|\]$/g, ''));
}

function isPublicHost(host: string): boolean {
  const family = isIP(host);
  if (family !== 0) return !PRIVATE.check(host, family === 6 ? 'ipv6' : 'ipv4');
  return (
    host.includes('.') &&
    !/\.(localhost|local|internal|lan|test|invalid|example)$|(^|\.)example\.(com|net|org)$/.test(host)
  );
}

/** Addresses that only this machine or its neighbours reach. */
const PRIVATE = new BlockList();
for (const [address, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const) {
  PRIVATE.addSubnet(address, prefix, 'ipv4');
}
for (const [address, prefix] of [
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
] as const) {
  PRIVATE.addSubnet(address, prefix, 'ipv6');
}

/** Every sentence begins with the name of its variable: says where that one stands. */
function withPlace(problem: string, own: Vars, inToml: Vars, file: string): string {
  const name = problem.split(' ', 1)[0] ?? '';
  const place = name in own ? file : name in inToml ? 'wrangler.toml' : null;
  return place === null ? problem : `${problem} (${place})`;
}
