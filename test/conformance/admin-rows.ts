/** Every row of every table: what a refused request must leave as it was, to the last column. */
import { env } from 'cloudflare:workers';

/** Rows by table, those of the platform left out. */
export async function allRows(): Promise<Record<string, unknown[]>> {
  const { results: tables } = await env.DB.prepare(
    `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB '[_s]*' AND name <> 'd1_migrations'`,
  ).all<{ name: string }>();
  const rows = await env.DB.batch(tables.map(({ name }) => env.DB.prepare(`SELECT * FROM "${name}"`)));
  return Object.fromEntries(tables.map(({ name }, nth) => [name, rows[nth]?.results ?? []]));
}
