/** `npm run demo`: in each dialect an order is placed, paid and refunded at the running service, step by step. */
import { readAddresses } from './addresses.ts';
import { medicalCompanionDemo } from './demo/medical-companion.ts';
import { printShopDemo } from './demo/print-shop.ts';
import { rechargeDemo } from './demo/recharge.ts';
import type { Demo, Stage } from './demo/stage.ts';
import { subscriptionDemo } from './demo/subscription.ts';
import { technicianBookingDemo } from './demo/technician-booking.ts';
import { readVars } from './read-vars.ts';
import { sendRequest } from './send-request.ts';
import { signToken } from './sign-token.ts';

const DEMOS: readonly Demo[] = [
  technicianBookingDemo,
  medicalCompanionDemo,
  rechargeDemo,
  printShopDemo,
  subscriptionDemo,
];

/** The addresses at which the sandbox plays each provider. */
const GATEWAYS = {
  ALIPAY_GATEWAY_URL: /^http:\/\/localhost:\d+\/alipay\/gateway\.do$/,
  WECHAT_API_URL: /^http:\/\/localhost:\d+\/?$/,
} as const;

async function demo(): Promise<void> {
  const stage = await setStage();
  for (const { title, run } of DEMOS) {
    console.log(`\n== ${title} ==`);
    const outcome = await run(stage);
    console.log(`\nAll of it worked: ${outcome}`);
  }
}

async function setStage(): Promise<Stage> {
  const { serviceUrl } = readAddresses();
  const { secret, sandboxUrl } = readSettings();
  await sendRequest(`${serviceUrl}/health`).catch(() => {
    throw new Error(`Nobody answers at ${serviceUrl}. Start the service first, with \`npm start\`.`);
  });
  return {
    serviceUrl,
    sandboxUrl,
    tokenOf: (userId) => signToken(secret, { userId, days: 1 }),
    operatorToken: await signToken(secret, { userId: '9001', role: 'operator', days: 1 }),
  };
}

/** The key of the tokens and the sandbox that pays, from `.dev.vars`. Only at the sandbox can a program press the button. */
function readSettings(): { secret: string; sandboxUrl: string } {
  const vars = readVars('.dev.vars');
  if (vars === null)
    throw new Error('There is no .dev.vars. Start the service first, with `npm start`: it writes one.');
  const { JWT_SECRET: secret, ALIPAY_GATEWAY_URL: gateway = '' } = vars;
  if (!secret) throw new Error('JWT_SECRET is missing in .dev.vars, so no token can be made.');
  for (const [name, sandbox] of Object.entries(GATEWAYS)) {
    if (!sandbox.test(vars[name] ?? '')) {
      throw new Error(`${name} in .dev.vars is not the sandbox of \`npm start\`, and only that one is paid here.`);
    }
  }
  return { secret, sandboxUrl: new URL(gateway).origin };
}

try {
  await demo();
} catch (error) {
  console.error(`\n${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
