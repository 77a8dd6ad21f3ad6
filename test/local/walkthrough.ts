/** The commands that `npm start` prints: an order's whole life in each dialect, to be pasted into sh, bash or zsh. */
import { medicalCompanionWalk } from './walkthrough/medical-companion.ts';
import { printShopWalk } from './walkthrough/print-shop.ts';
import { rechargeWalk } from './walkthrough/recharge.ts';
import { OPERATOR, show, type Step } from './walkthrough/shell-commands.ts';
import { subscriptionWalk } from './walkthrough/subscription.ts';
import { technicianBookingWalk } from './walkthrough/technician-booking.ts';
import type { Surroundings, Walk } from './walkthrough/walk.ts';

const WALKS: readonly Walk[] = [
  technicianBookingWalk,
  medicalCompanionWalk,
  rechargeWalk,
  printShopWalk,
  subscriptionWalk,
];

export type { Step };

/** Steps that belong together. */
export type Chapter = { title: string; steps: readonly Step[] };

/** A token of a user; without a role, a customer's. */
export type TokenOf = (user: { userId: string; role?: 'operator' }) => Promise<string>;

/** The steps in the order in which they work. */
export async function walkthrough(surroundings: Surroundings, tokenOf: TokenOf): Promise<Chapter[]> {
  return [
    { title: 'To begin with', steps: [await introduce(tokenOf)] },
    ...WALKS.map(({ title, steps }) => ({ title, steps: steps(surroundings) })),
    { title: 'To end with', steps: lookAround(surroundings) },
  ];
}

async function introduce(tokenOf: TokenOf): Promise<Step> {
  const customers = WALKS.map(async ({ customer }) => `${customer.token}=${await tokenOf(customer)}`);
  const operator = `${OPERATOR}=${await tokenOf({ userId: '9001', role: 'operator' })}`;
  return {
    title: 'Who is calling: a customer of each API and an operator, with tokens for 30 days',
    lines: [...(await Promise.all(customers)), operator],
  };
}

function lookAround({ serviceUrl, sandboxUrl }: Surroundings): Step[] {
  return [
    {
      title: 'Run the cron now, and with it the notifications to the shop',
      lines: [show(`${serviceUrl}/cdn-cgi/handler/scheduled`)],
    },
    {
      title: 'What the shop was told, and whether all is well',
      lines: [...(sandboxUrl === null ? [] : [show(`${sandboxUrl}/webhooks`)]), show(`${serviceUrl}/ready`)],
    },
  ];
}

/** The steps as they are printed. A title is a comment of the shell, so that all of it can be pasted at once, too. */
export function printChapters(chapters: readonly Chapter[]): string {
  let number = 0;
  const print = ({ title, lines }: Step): string =>
    `# ${(number += 1)}. ${title}\n${lines.map((line) => `  ${line}\n`).join('')}`;
  return chapters.map(({ title, steps }) => [`# == ${title} ==\n`, ...steps.map(print)].join('\n')).join('\n');
}
