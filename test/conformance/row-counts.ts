/** Counts the rows of every table: what a refused request must leave as it was. */
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

/** The columns of all tables, each name once. */
export async function columnNames(): Promise<string[]> {
  const tables = await tableNames();
  const columns = await env.DB.batch<{ name: string }>(
    tables.map((table) => env.DB.prepare(`PRAGMA table_info("${table}")`)),
  );
  return [...new Set(columns.flatMap(({ results }) => results.map(({ name }) => name)))];
}
