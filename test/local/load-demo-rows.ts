/** `npm run db:demo`: migrates the local database and loads the demo rows, again and again with the same result. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createVault } from '../../src/vault/aes-gcm-vault.ts';
import { sealRows } from '../demo-rows/demo-row.ts';
import { demoBalances, demoRows } from '../demo-rows/index.ts';
import { demoSql } from './demo-sql.ts';
import { readVars } from './read-vars.ts';
import { runWrangler } from './run-wrangler.ts';

/**
 * Brings the local database of a folder up to date. It may run beside a service that is running there. Names and
 * addresses are sealed with the key in `.dev.vars`; without one, the rows come without them.
 */
export async function loadDemoRows(root: string): Promise<void> {
  await runWrangler(root, ['d1', 'migrations', 'apply', 'DB', '--local']);
  // Where the database is, too: what an interrupted run leaves behind is out of everybody's sight.
  const file = join(root, '.wrangler/demo-rows.sql');
  const key = readVars(join(root, '.dev.vars'))?.['PII_KEY'];
  const sealed = key ? await sealRows(demoRows, createVault({ current: key, previous: null })) : [];
  await writeFile(file, demoSql(demoRows, { sealed, balances: demoBalances }, Date.now()));
  await runWrangler(root, ['d1', 'execute', 'DB', '--local', '--file', file]);
}

if (import.meta.main) {
  try {
    await loadDemoRows(process.cwd());
    console.log(`The local database is up to date and holds the ${demoRows.length} demo rows.`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
