/** `npm start`: the service and the pretend outside world, side by side, until Ctrl-C. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Addresses, readAddresses } from './addresses.ts';
import { diagnoseConfig } from './diagnose-config.ts';
import { fireCron } from './fire-cron.ts';
import { isPortInUse } from './is-port-in-use.ts';
import { loadDemoRows } from './load-demo-rows.ts';
import { readVars } from './read-vars.ts';
import { signToken } from './sign-token.ts';
import { type RunningWorker, startWorker } from './start-worker.ts';
import { waitUntil } from './wait-until.ts';
import { printChapters, type TokenOf, walkthrough } from './walkthrough.ts';
import { SANDBOX_VARS, writeDevVars } from './write-dev-vars.ts';

const MINUTE_MS = 60_000;
const START_MS = 60_000;

/** What Wrangler says and is not so here: this script runs the cron, and `npm run types` checks the types. */
const MISLEADING =
  /Your types might be out of date|Scheduled Workers are not|manually trigger a scheduled|\/scheduled"$|#test-cron-triggers/;

/** One of the two Workers, and where it answers once it is up. */
type Part = { name: string; config: string; port: number; answersAt: string };

/** Runs until `stop`, or throws when something is wrong, or ends that should not. Either way it leaves nothing running. */
async function start(root: string, addresses: Addresses, stop: AbortSignal): Promise<void> {
  await refusePortsInUse(addresses);
  const vars = await prepareVars(root, addresses);
  console.log('Migrating the local database and loading the demo rows …');
  await loadDemoRows(root);
  const stopped = new Promise<'stopped'>((resolve) => {
    stop.addEventListener('abort', () => resolve('stopped'));
    if (stop.aborted) resolve('stopped');
  });
  const parts = partsOf(root, addresses);
  const workers = parts.map((part) => ({ part, worker: startPart(root, part) }));
  const died = Promise.race(
    workers.map(async ({ part, worker }) => {
      const code = await worker.ended;
      throw new Error(`The ${part.name} has ended by itself${code === null ? '' : ` with code ${code}`}.`);
    }),
  );
  const over = new AbortController();
  try {
    const up = Promise.all(parts.map((part) => waitForPart(part, over.signal))).then(() =>
      fireCron(addresses.serviceUrl),
    );
    if ((await Promise.race([up, stopped, died])) === 'stopped') return;
    await printWelcome(vars, addresses, parts);
    await withCron(addresses, Promise.race([stopped, died]));
  } finally {
    over.abort();
    console.log('Stopping …');
    await Promise.all(workers.map(({ worker }) => worker.stop()));
  }
}

async function refusePortsInUse({ servicePort, sandboxPort }: Addresses): Promise<void> {
  for (const [port, variable] of [
    [servicePort, 'PORT'],
    [sandboxPort, 'SANDBOX_PORT'],
  ] as const) {
    if (await isPortInUse(port)) {
      throw new Error(`Port ${port} is in use. End what listens there, or choose another port with ${variable}.`);
    }
  }
}

/** Writes the variables where there are none, and refuses to start with wrong ones. */
async function prepareVars(root: string, addresses: Addresses): Promise<Record<string, string>> {
  const envFile = join(root, '.dev.vars');
  if (writeDevVars(root, addresses)) console.log(`Wrote .dev.vars and ${SANDBOX_VARS} with generated keys.`);
  else console.log(`Found a .dev.vars and left it as it is.`);
  const problems = await diagnoseConfig(root, { envFile, deploy: false });
  if (problems.length > 0) {
    const list = problems.map((problem) => `  - ${problem}`).join('\n');
    throw new Error(`The configuration is wrong:\n${list}\nPut it right, or delete .dev.vars to get a new one.`);
  }
  const vars = readVars(envFile) ?? {};
  console.log(`Alipay's gateway is ${vars['ALIPAY_GATEWAY_URL'] || 'the real one'}.`);
  if (vars['PUBLIC_URL'] && vars['PUBLIC_URL'] !== addresses.serviceUrl) {
    console.log(`Its notifications go to PUBLIC_URL, which is ${vars['PUBLIC_URL']} and not ${addresses.serviceUrl}.`);
  }
  return vars;
}

function partsOf(root: string, { serviceUrl, servicePort, sandboxUrl, sandboxPort }: Addresses): Part[] {
  const service = { name: 'service', config: 'wrangler.toml', port: servicePort, answersAt: `${serviceUrl}/health` };
  if (!existsSync(join(root, SANDBOX_VARS))) {
    console.log(`There is no ${SANDBOX_VARS}, so the sandbox stays off: delete .dev.vars to have both written anew.`);
    return [service];
  }
  const config = 'test/sandbox/wrangler.toml';
  return [service, { name: 'sandbox', config, port: sandboxPort, answersAt: `${sandboxUrl}/alipay/ledger` }];
}

function startPart(root: string, { name, config, port }: Part): RunningWorker {
  const onLine = (line: string): void => {
    if (line.trim() !== '' && !MISLEADING.test(line)) console.log(`${name} │ ${line}`);
  };
  return startWorker(root, { config, port, onLine });
}

async function waitForPart({ name, answersAt }: Part, signal: AbortSignal): Promise<void> {
  await waitUntil(
    `the ${name} answers`,
    async () => {
      const response = await fetch(answersAt);
      const answer = await response.text();
      if (!response.ok) throw new Error(`HTTP ${response.status} ${answer}`);
      return true;
    },
    { withinMs: START_MS, signal },
  );
}

async function printWelcome(
  vars: Record<string, string>,
  { serviceUrl, sandboxUrl }: Addresses,
  parts: readonly Part[],
): Promise<void> {
  const isHere = (name: string): boolean => {
    const url = vars[name] ?? '';
    return parts.length > 1 && URL.canParse(url) && new URL(url).origin === sandboxUrl;
  };
  const surroundings = {
    serviceUrl,
    sandboxUrl: parts.length > 1 ? sandboxUrl : null,
    alipayUrl: isHere('ALIPAY_GATEWAY_URL') ? `${sandboxUrl}/alipay` : null,
    wechatPayUrl: isHere('WECHAT_API_URL') ? `${sandboxUrl}/wechat-pay` : null,
  };
  console.log(`
Paste these into another terminal, from the top:

${printChapters(await walkthrough(surroundings, tokenOf(vars['JWT_SECRET'])))}
The service is at ${serviceUrl}${parts.length > 1 ? `, the sandbox at ${sandboxUrl}` : ''}. The cron runs every minute. Ctrl-C stops it all.
`);
}

/** Tokens for a month, where the service takes ours. */
function tokenOf(secret: string | undefined): TokenOf {
  if (secret) return (user) => signToken(secret, { ...user, days: 30 });
  return async ({ role }) =>
    role === undefined ? 'a-token-of-your-own-issuer' : 'an-operator-token-of-your-own-issuer';
}

/** Runs the cron each minute until something settles. */
async function withCron({ serviceUrl }: Addresses, end: Promise<unknown>): Promise<void> {
  const timer = setInterval(() => {
    fireCron(serviceUrl).catch((error: unknown) => console.error(error instanceof Error ? error.message : error));
  }, MINUTE_MS);
  await end.finally(() => clearInterval(timer));
}

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort());
try {
  await start(process.cwd(), readAddresses(), stop.signal);
} catch (error) {
  // What Ctrl-C interrupted has nothing to say.
  if (!stop.signal.aborted) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
