/** `npm run doctor`: says in words what is wrong with the configuration. `--deploy` also asks what a deploy needs. */
import { basename, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { diagnoseConfig } from './diagnose-config.ts';

/** The script says `--` before them, because Node would take `--env-file` for itself. */
const args = process.argv.slice(2).filter((arg) => arg !== '--');

try {
  const { values } = parseArgs({ args, options: { 'env-file': { type: 'string' }, deploy: { type: 'boolean' } } });
  const envFile = resolve(values['env-file'] ?? '.dev.vars');
  const deploy = values.deploy ?? false;
  const problems = await diagnoseConfig(process.cwd(), { envFile, deploy });
  const checked = `wrangler.toml and ${basename(envFile)}${deploy ? ', for a deploy' : ''}`;
  if (problems.length === 0) {
    console.log(`All is well: ${checked}.`);
  } else {
    console.error(`${problems.length === 1 ? 'One problem' : `${problems.length} problems`} in ${checked}:`);
    for (const problem of problems) console.error(`  - ${problem}`);
    process.exitCode = 1;
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
