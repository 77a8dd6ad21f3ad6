/** Reads the commands that `npm start` prints, as a person reads them: a numbered title, and below it what to paste. */
import type { Step } from '../local/walkthrough.ts';

/** The steps, in their order. */
export function readSteps(output: string): Step[] {
  const steps: { title: string; lines: string[] }[] = [];
  for (const line of output.split('\n')) {
    const title = /^# \d+\. (.+)$/.exec(line)?.[1];
    const command = /^ {2}(.+)$/.exec(line)?.[1];
    if (title !== undefined) steps.push({ title, lines: [] });
    else if (command !== undefined) steps.at(-1)?.lines.push(command);
  }
  return steps;
}
