/** The file in which a local service keeps its D1 database. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const FOLDER = '.wrangler/state/v3/d1/miniflare-D1DatabaseObject';

/** Opens it as SQLite, which also brings in what a killed process had only written to the log beside it. */
export function openDatabase(root: string): DatabaseSync {
  const folder = join(root, FOLDER);
  const files = readdirSync(folder).filter((name) => name.endsWith('.sqlite') && name !== 'metadata.sqlite');
  const [file, ...others] = files;
  if (file === undefined || others.length > 0) throw new Error(`one database was expected in ${folder}`);
  const database = new DatabaseSync(join(folder, file));
  database.exec('PRAGMA busy_timeout = 5000');
  return database;
}
