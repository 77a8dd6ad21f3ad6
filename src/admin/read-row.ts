/** Reads what an operator sent as a catalogue row: the fields of its kind, and beside them what a balance is to be. */

import type { Context } from 'hono';
import * as z from 'zod';
import { accept, type Result } from '../core/errors.ts';
import type { AppEnv } from '../http/app-env.ts';
import type { CatalogKind } from '../http/catalog-kind.ts';
import { invalidInput } from '../http/invalid-input.ts';
import { readBody } from '../http/read-body.ts';
import { balanceSchema } from './schema.ts';

/** What is to be written. Only people with an account have a balance, and it stays as it is where it is left out. */
export type SentRow = {
  fields: Record<string, unknown>;
  balance: { balanceFen: number; reason: string | null } | null;
};

/** Refuses `invalid_input`, naming the first field at fault. */
export async function readRow(c: Context<AppEnv>, kind: CatalogKind): Promise<Result<SentRow>> {
  if (kind.hasAccount !== true) {
    const fields = await readBody(c, kind.body);
    return fields.ok ? accept({ fields: fields.value, balance: null }) : fields;
  }
  const sent = await readBody(c, z.unknown());
  if (!sent.ok) return sent;
  const { balanceFen, reason, ...own } = isObject(sent.value) ? sent.value : {};
  const fields = kind.body.safeParse(isObject(sent.value) ? own : sent.value);
  if (!fields.success) return invalid(fields.error);
  const balance = balanceSchema.safeParse({ balanceFen, reason });
  return balance.success ? accept({ fields: fields.data, balance: balance.data }) : invalid(balance.error);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid({ issues }: z.core.$ZodError): Result<SentRow> {
  return { ok: false, refusal: invalidInput(issues) };
}
