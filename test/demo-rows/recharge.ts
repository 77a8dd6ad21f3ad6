/** The rows that make the document's examples of recharge work as printed. */
import type * as z from 'zod';
import type { productSchema, supplierSchema } from '../../src/dialects/recharge/schema.ts';
import type { userSchema } from '../../src/dialects/users.ts';
import type { DemoRow } from './demo-row.ts';

const users: Record<string, z.input<typeof userSchema>> = {
  456: { name: '王小明', phone: '13600136000' },
};

const products: Record<string, z.input<typeof productSchema>> = {
  123: { name: '话费充值100元', priceFen: 10_000 },
};

const suppliers: Record<string, z.input<typeof supplierSchema>> = {
  123: { name: '演示供应商' },
};

export const rechargeRows: readonly DemoRow[] = [
  ...Object.entries(users).map(([id, body]) => ({ kind: 'users', id, body })),
  ...Object.entries(products).map(([id, body]) => ({ kind: 'products', id, body })),
  ...Object.entries(suppliers).map(([id, body]) => ({ kind: 'suppliers', id, body })),
];
