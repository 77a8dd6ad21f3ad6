/** Runs one of the project's own scripts as a developer does, in a folder, with the Node that runs the test. */
import { spawnTethered, type Tethered } from '../local/spawn-tethered.ts';

/** A script that runs, and all that it has printed so far. */
export type RunningScript = Tethered & { output: () => string };

/** Starts a script. */
export function startScript(
  root: string,
  script: string,
  { args = [], env = {} }: { args?: readonly string[]; env?: Record<string, string> } = {},
): RunningScript {
  let output = '';
  const running = spawnTethered(process.execPath, [script, ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    onLine: (line) => (output += `${line}\n`),
  });
  return { ...running, output: () => output };
}

/** Runs a script to its end. */
export async function runScript(
  ...parameters: Parameters<typeof startScript>
): Promise<{ code: number | null; output: string }> {
  const script = startScript(...parameters);
  return { code: await script.ended, output: script.output() };
}
