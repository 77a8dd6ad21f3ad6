/** Where a demo plays, and how it shows what happens. */
import * as z from 'zod';
import { type Sent, sendRequest } from '../send-request.ts';
import { waitUntil } from '../wait-until.ts';

/** Longer than a refund takes that its provider has agreed to. */
const SOON_MS = 15_000;

/** The service, the world around it, and those who act. */
export type Stage = {
  serviceUrl: string;
  sandboxUrl: string;
  /** A customer's token. */
  tokenOf: (userId: string) => Promise<string>;
  operatorToken: string;
};

/** The life of an order in one dialect. Gives a sentence that says where its money is in the end. */
export type Demo = { title: string; run: (stage: Stage) => Promise<string> };

/** The sentence where all of the money went back. */
export function takenAndGivenBack(amountFen: number): string {
  return `${amountFen} fen were taken and given back.`;
}

/** Does one step, prints what came back, and reads it. Throws where that is not what it should be. */
export async function step<T extends z.ZodType>(
  title: string,
  schema: T,
  url: string,
  sent: Sent = {},
): Promise<z.output<T>> {
  console.log(`\n${title}`);
  const answer = await sendRequest(url, sent);
  console.log(`  ${answer.status} ${answer.text}`);
  if (!answer.ok) throw new Error(`${title}: HTTP ${answer.status}.`);
  const parsed = schema.safeParse(answer.json);
  if (!parsed.success)
    throw new Error(`${title}: the answer is not what it should be.\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/** Looks until what comes is as it should be, and prints it then. */
export async function lookUntil(title: string, wanted: z.ZodType, url: string, token: string): Promise<void> {
  const text = await waitUntil(
    title,
    async () => {
      const answer = await sendRequest(url, { token });
      const parsed = wanted.safeParse(answer.json);
      if (parsed.success) return answer.text;
      throw new Error(`${answer.text}\n${z.prettifyError(parsed.error)}`);
    },
    { withinMs: SOON_MS },
  );
  console.log(`\n${title}\n  ${text}`);
}
