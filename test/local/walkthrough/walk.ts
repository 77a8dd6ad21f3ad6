/** What a dialect brings to the walkthrough. */
import type { Step } from './shell-commands.ts';

/** Where the service is, and where the sandbox plays the world around it. */
export type Surroundings = {
  serviceUrl: string;
  /** `null` where the sandbox does not run. */
  sandboxUrl: string | null;
  /** `null` where the service pays elsewhere, and nobody can press the button without money. */
  alipayUrl: string | null;
  wechatPayUrl: string | null;
};

/** The life of an order in one dialect. */
export type Walk = {
  title: string;
  /** Whose orders they are, and the variable of the shell that holds their token. */
  customer: { userId: string; token: string };
  /** In the order in which they work. */
  steps: (surroundings: Surroundings) => Step[];
};

/** Steps that work at the sandbox only: there, or none. */
export function onlyAt(url: string | null, steps: (url: string) => Step[]): Step[] {
  return url === null ? [] : steps(url);
}
