/** Looks at every table: the counts that a refused request must leave as they were, and the rows as they can be read. */
import { env } from 'cloudflare:workers';

/** The tables of the migrations, those of the platform left out. */
async function tableNames(): Promise<string[]> {
  const { results } = await env.DB.prepare(
    `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB '[_s]*' AND name <> 'd1_migrations'`,
  ).all<{ name: string }>();
  return results.map(({ name }) => name);
}

/** Rows by table. */
export async function rowCounts(): Promise<Record<string, number>> {
  const tables = await tableNames();
  const counts = await env.DB.batch<{ rows: number }>(
    tables.map((table) => env.DB.prepare(`SELECT count(*) AS rows FROM "${table}"`)),
  );
  return Object.fromEntries(tables.map((table, nth) => [table, counts[nth]?.results[0]?.rows ?? -1]));
}

/** Every row of every table as text: what somebody reads who has the whole database and no key. */
export async function rowsAsText(): Promise<string[]> {
  const tables = await tableNames();
  const contents = await env.DB.batch(tables.map((table) => env.DB.prepare(`SELECT * FROM "${table}"`)));
  return contents.flatMap(({ results }, nth) => results.map((row) => `${tables[nth]}: ${JSON.stringify(row)}`));
}

/** The columns of all tables, each name once. */
export async function columnNames(): Promise<string[]> {
  const tables = await tableNames();
  const columns = await env.DB.batch<{ name: string }>(
    tables.map((table) => env.DB.prepare(`PRAGMA table_info("${table}")`)),
  );
  return [...new Set(columns.flatMap(({ results }) => results.map(({ name }) => name)))];
}
