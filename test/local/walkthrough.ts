/** The commands that `npm start` prints: an order's whole life, to be pasted into sh, bash or zsh. */

/** One step: what it is, and its lines. Later lines use what earlier ones kept in variables. */
export type Step = { title: string; lines: readonly string[] };

/** Where the two Workers are, and two tokens. `sandboxUrl` is `null` where the service pays elsewhere. */
export type WalkthroughParts = {
  serviceUrl: string;
  sandboxUrl: string | null;
  customerToken: string;
  operatorToken: string;
};

/** The steps in the order in which they work. They need curl and sed, which every developer has, and nothing else. */
export function walkthrough({ serviceUrl, sandboxUrl, customerToken, operatorToken }: WalkthroughParts): Step[] {
  const booking = `${serviceUrl}/V1/order`;
  const admin = `${serviceUrl}/admin`;
  const place = post(booking, '{"service_id":2,"technician_id":2,"order_duration":2,"pay_type":1}');
  const pay = post(`${booking}/pay`, '{"order_id":"$ORDER"}');
  const startPaying = keeping(pay, { PAYMENT: 'payment_id', ORDER_STR: 'order_str' });
  const look = `${ask()} ${booking}/$ORDER`;
  return [
    {
      title: 'Who is calling: a customer and an operator, with tokens for 30 days',
      lines: [`TOKEN=${customerToken}`, `OPERATOR=${operatorToken}`],
    },
    { title: 'Place an order', lines: keeping(place, { ORDER: 'order_id' }) },
    { title: 'List the orders', lines: [`${ask()} '${booking}/?page=1&order_type=1'`] },
    { title: 'Look at the order', lines: [look] },
    { title: 'Start paying', lines: startPaying },
    ...(sandboxUrl === null
      ? []
      : [
          {
            title: 'Open the cashier for that order: the first line shows its title, the second a link for the browser',
            lines: [
              `curl -sS "${sandboxUrl}/alipay/cashier?$ORDER_STR" | sed -n 's/.*<title>\\(.*\\)<\\/title>.*/\\1/p'`,
              `echo "${sandboxUrl}/alipay/cashier?$ORDER_STR"`,
            ],
          },
        ]),
    { title: 'Walk away from the payment', lines: [`${ask()} -X DELETE ${booking}/pay/$PAYMENT`] },
    { title: 'Start paying again, as also when a slip has run out', lines: startPaying },
    ...(sandboxUrl === null
      ? []
      : [
          {
            title: 'Press the button in the cashier',
            lines: [
              `curl -sS -w '\\n' -H 'Accept: application/json' --data-urlencode "order_string=$ORDER_STR" ${sandboxUrl}/alipay/cashier/pay`,
            ],
          },
        ]),
    { title: 'Look again: status 1 is paid', lines: [look] },
    {
      title: 'The operator completes the order',
      lines: [post(`${admin}/orders/$ORDER/fulfilment`, '{"to":"completed"}', 'OPERATOR')],
    },
    { title: 'The customer asks for the money back', lines: [post(`${booking}/pay/refund`, '{"order_id":"$ORDER"}')] },
    {
      title: 'The operator looks at the order, with its payments, refunds and log',
      lines: keeping(`${ask('OPERATOR')} ${admin}/orders/$ORDER`, { REFUND: 'refundNo' }),
    },
    {
      title: 'The operator approves the refund',
      lines: [`${ask('OPERATOR')} -X POST ${admin}/refunds/$REFUND/approve`],
    },
    { title: 'Look again: status 3 is refunded', lines: [look] },
    { title: 'Place another order', lines: keeping(place, { ORDER: 'order_id' }) },
    { title: 'Delete it', lines: [`${ask()} -X DELETE ${booking}/$ORDER`] },
    {
      title: 'Run the cron now, and with it the notifications to the shop',
      lines: [`curl -sS -w '\\n' ${serviceUrl}/cdn-cgi/handler/scheduled`],
    },
    {
      title: 'What the shop was told, what Alipay has in its books, and whether all is well',
      lines: [
        ...(sandboxUrl === null
          ? []
          : [`curl -sS -w '\\n' ${sandboxUrl}/webhooks`, `curl -sS -w '\\n' ${sandboxUrl}/alipay/ledger`]),
        `curl -sS -w '\\n' ${serviceUrl}/ready`,
      ],
    },
  ];
}

/** The steps as they are printed. A title is a comment of the shell, so that all of it can be pasted at once, too. */
export function printSteps(steps: readonly Step[]): string {
  return steps
    .map(({ title, lines }, index) => `# ${index + 1}. ${title}\n${lines.map((line) => `  ${line}\n`).join('')}`)
    .join('\n');
}

function ask(token: 'TOKEN' | 'OPERATOR' = 'TOKEN'): string {
  return `curl -sS -w '\\n' -H "Authorization: Bearer $${token}"`;
}

/** A body with a variable of the shell in it stands between double quotes, so that the shell fills it in. */
function post(url: string, body: string, token: 'TOKEN' | 'OPERATOR' = 'TOKEN'): string {
  const quoted = body.includes('$') ? `"${body.replaceAll('"', '\\"')}"` : `'${body}'`;
  return `${ask(token)} -H 'Content-Type: application/json' -d ${quoted} ${url}`;
}

/** A command whose answer is shown, with fields of it kept in variables for the steps after it. */
function keeping(command: string, fields: Record<string, string>): string[] {
  return [
    `ANSWER=$(${command}); printf '%s\\n' "$ANSWER"`,
    ...Object.entries(fields).map(
      ([variable, field]) =>
        `${variable}=$(printf '%s' "$ANSWER" | sed -n 's/.*"${field}":"\\([^"]*\\)".*/\\1/p'); echo "${variable} is $${variable}"`,
    ),
  ];
}
