/** The rows that make the document's examples of the medical companion work as printed. */
import type * as z from 'zod';
import type { addressSchema, patientSchema, serviceSchema } from '../../src/dialects/medical-companion/schema.ts';
import type { userSchema } from '../../src/dialects/users.ts';
import type { DemoRow } from './demo-row.ts';

/** The first one was brought by the second one. */
const users: Record<string, z.input<typeof userSchema>> = {
  1: { name: '张三', phone: '13800138000', referrerId: '2' },
  2: { name: '李四', phone: '13900139000' },
};

const services: Record<string, z.input<typeof serviceSchema>> = {
  1: { title: '全面体检套餐', description: '包含血常规、尿常规、心电图等多项检查', priceFen: 29_900 },
};

const patients: Record<string, z.input<typeof patientSchema>> = {
  1: { userId: '1', name: '张三', phone: '13800138000' },
  2: { userId: '2', name: '李四', phone: '13900139000' },
};

const addresses: Record<string, z.input<typeof addressSchema>> = {
  1: { userId: '1', address: '上海市黄浦区人民大道1号' },
  2: { userId: '2', address: '上海市徐汇区漕溪北路2号' },
};

export const medicalCompanionRows: readonly DemoRow[] = [
  ...Object.entries(users).map(([id, body]) => ({ kind: 'users', id, body })),
  ...Object.entries(services).map(([id, body]) => ({ kind: 'medical-services', id, body })),
  ...Object.entries(patients).map(([id, body]) => ({ kind: 'patients', id, body })),
  ...Object.entries(addresses).map(([id, body]) => ({ kind: 'addresses', id, body })),
];
