/** `npm run demo`: an order is placed, paid, completed and refunded against the running service, step by step. */
import * as z from 'zod';
import { readAddresses } from './addresses.ts';
import { readVars } from './read-vars.ts';
import { type Sent, sendRequest } from './send-request.ts';
import { signToken } from './sign-token.ts';
import { waitUntil } from './wait-until.ts';

const SOON_MS = 15_000;

const placed = z.object({ data: z.object({ order_id: z.string(), order_amount: z.int() }) });
const started = z.object({ data: z.object({ payment_id: z.string(), order_str: z.string() }) });
const detail = z.object({ data: z.object({ status: z.int() }) });
const cashier = z.object({ deliveries: z.array(z.object({ answer: z.string(), accepted: z.boolean() })) });
const history = z.object({
  order: z.object({ status: z.string() }),
  refunds: z.array(z.object({ refundNo: z.string(), status: z.string() })),
});
const trade = z.object({ trade: z.object({ capturedFen: z.int(), refundedFen: z.int() }) });

async function demo(): Promise<void> {
  const { serviceUrl } = readAddresses();
  const { secret, sandboxUrl } = readSettings();
  const customer = await signToken(secret, { userId: '50373883813', days: 1 });
  const operator = await signToken(secret, { userId: '9001', role: 'operator', days: 1 });
  const booking = `${serviceUrl}/V1/order`;
  await sendRequest(`${serviceUrl}/health`).catch(() => {
    throw new Error(`Nobody answers at ${serviceUrl}. Start the service first, with \`npm start\`.`);
  });

  const order = { service_id: 2, technician_id: 2, order_duration: 2, pay_type: 1 };
  const { data: booked } = await step('The customer places an order', placed, booking, {
    token: customer,
    json: order,
  });
  const orderNo = { order_id: booked.order_id };
  const { data: slip } = await step('The customer starts paying', started, `${booking}/pay`, {
    token: customer,
    json: orderNo,
  });
  const { deliveries } = await step('The customer pays in the cashier', cashier, `${sandboxUrl}/alipay/cashier/pay`, {
    form: { order_string: slip.order_str },
  });
  if (!deliveries.some(({ accepted }) => accepted)) throw new Error('The service did not accept the notification.');
  await lookUntil(`${booking}/${booked.order_id}`, customer, { status: 1, means: 'paid' });

  const admin = `${serviceUrl}/admin`;
  const byOperator = { method: 'POST', token: operator } as const;
  await step('The operator completes the order', z.unknown(), `${admin}/orders/${booked.order_id}/fulfilment`, {
    ...byOperator,
    json: { to: 'completed' },
  });
  await step('The customer asks for the money back', z.unknown(), `${booking}/pay/refund`, {
    token: customer,
    json: orderNo,
  });
  const { refunds } = await step('The operator looks at the order', history, `${admin}/orders/${booked.order_id}`, {
    token: operator,
  });
  const asked = refunds.find(({ status }) => status === 'requested');
  if (!asked) throw new Error('No refund is waiting for the operator.');
  await step('The operator approves the refund', z.unknown(), `${admin}/refunds/${asked.refundNo}/approve`, byOperator);
  await lookUntil(`${booking}/${booked.order_id}`, customer, { status: 3, means: 'refunded' });

  const books = await step("Alipay's books", trade, `${sandboxUrl}/alipay/ledger/${slip.payment_id}`, {});
  const { capturedFen, refundedFen } = books.trade;
  if (capturedFen !== booked.order_amount || refundedFen !== capturedFen) {
    throw new Error(`Alipay took ${capturedFen} fen and gave back ${refundedFen}, of ${booked.order_amount}.`);
  }
  console.log(`\nAll of it worked: ${capturedFen} fen were taken and given back.`);
}

/** The key of the tokens and the sandbox that pays, from `.dev.vars`. Only at the sandbox can a program press the button. */
function readSettings(): { secret: string; sandboxUrl: string } {
  const vars = readVars('.dev.vars');
  if (vars === null)
    throw new Error('There is no .dev.vars. Start the service first, with `npm start`: it writes one.');
  const { JWT_SECRET: secret, ALIPAY_GATEWAY_URL: gateway = '' } = vars;
  if (!secret) throw new Error('JWT_SECRET is missing in .dev.vars, so no token can be made.');
  if (!/^http:\/\/localhost:\d+\/alipay\/gateway\.do$/.test(gateway)) {
    throw new Error(
      'ALIPAY_GATEWAY_URL in .dev.vars is not the sandbox of `npm start`, and only that one is paid here.',
    );
  }
  return { secret, sandboxUrl: new URL(gateway).origin };
}

/** Does one step, prints what came back, and reads it. */
async function step<T extends z.ZodType>(title: string, schema: T, url: string, sent: Sent): Promise<z.output<T>> {
  console.log(`\n${title}`);
  const answer = await sendRequest(url, sent);
  console.log(`  ${answer.status} ${answer.text}`);
  if (!answer.ok) throw new Error(`${title}: HTTP ${answer.status}.`);
  const parsed = schema.safeParse(answer.json);
  if (!parsed.success)
    throw new Error(`${title}: the answer is not what it should be.\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/** Looks at the order until it is where it should be, and prints it then. */
async function lookUntil(url: string, token: string, wanted: { status: number; means: string }): Promise<void> {
  const title = `The customer looks at the order: it is ${wanted.means}`;
  const text = await waitUntil(
    title,
    async () => {
      const answer = await sendRequest(url, { token });
      const { data } = detail.parse(answer.json);
      if (data.status === wanted.status) return answer.text;
      throw new Error(`status is ${data.status}`);
    },
    { withinMs: SOON_MS },
  );
  console.log(`\n${title}\n  ${text}`);
}

try {
  await demo();
} catch (error) {
  console.error(`\n${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
