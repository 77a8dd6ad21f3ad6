/** The rules of the house, held over every file, and shown to catch what they are there to catch. */
import { describe, expect, test } from 'vitest';
import {
  clockIsHandedIn,
  coreFunctionsAreExplained,
  firstLineSaysWhatFor,
  migrationsSayWhy,
  moneyIsNoFloat,
  namesAreKebabCase,
  namesSaySomething,
  unreachable,
} from './house-rules.ts';
import { filesOf, type SourceFile } from './source-files.ts';

const src = filesOf('src/**/*.ts');
const tests = filesOf('test/**/*.ts');
const migrations = filesOf('migrations/*.sql');

/** The rooms that are told what time it is. */
const timed = src.filter(({ path }) => /^src\/(core|db|dialects|admin|providers|durable|webhook)\//.test(path));
const core = src.filter(({ path }) => path.startsWith('src/core/'));

const file = (path: string, text = ''): SourceFile => ({ path, text });

test('there is something to hold the rules over', () => {
  for (const found of [src, tests, timed, core]) expect(found.length).toBeGreaterThan(30);
  expect(migrations.length).toBeGreaterThanOrEqual(4);
});

describe('the first line of a file says what it is for', () => {
  test('everywhere', () => {
    expect(firstLineSaysWhatFor([...src, ...tests])).toEqual([]);
  });

  test.each([
    ["import { x } from './x.ts';\n", true],
    ['\n/** Says what it is for. */\n', true],
    ['/** */\n/** Says what it is for. */', true],
    ['/** Orders. */', true],
    ['/**\n * Says what it is for, but not in its first line.\n */', true],
    ['/** Says what it is for. */\n', false],
    ['// Says what it is for.\n', false],
  ])('%j breaks it: %s', (text, isBroken) => {
    expect(firstLineSaysWhatFor([file('src/a.ts', text)])).toEqual(isBroken ? ['src/a.ts'] : []);
  });
});

describe('names are kebab-case', () => {
  test('everywhere', () => {
    expect(namesAreKebabCase([...src, ...tests])).toEqual([]);
  });

  test.each([
    ['src/core/orderStore.ts', true],
    ['src/core/OrderStore.ts', true],
    ['src/core/order_store.ts', true],
    ['src/orderStore/index.ts', true],
    ['src/core/order.store.ts', true],
    ['src/core/order-.ts', true],
    ['src/core/order-store.ts', false],
    ['src/core/order-store.test.ts', false],
    ['test/harness/env.d.ts', false],
  ])('%s breaks it: %s', (path, isBroken) => {
    expect(namesAreKebabCase([file(path)])).toEqual(isBroken ? [path] : []);
  });
});

describe('names say something', () => {
  test('everywhere', () => {
    expect(namesSaySomething([...src, ...tests])).toEqual([]);
  });

  test.each([
    ['src/core/utils.ts', true],
    ['src/utils/money.ts', true],
    ['src/core/helpers.ts', true],
    ['src/core/helper.test.ts', true],
    ['test/common/clock.ts', true],
    ['src/core/order.service.ts', true],
    ['src/core/services.ts', false],
    ['src/core/common-currency.ts', false],
  ])('%s breaks it: %s', (path, isBroken) => {
    expect(namesSaySomething([file(path)])).toEqual(isBroken ? [path] : []);
  });
});

describe('a clock that is handed in is the only one', () => {
  test('in every room that is told the time', () => {
    expect(clockIsHandedIn(timed)).toEqual([]);
  });

  test.each([
    ['const nowMs = Date.now();', true],
    ['const clock = Date.now;', true],
    ['const now = new Date();', true],
    ['const now = new Date( );', true],
    ['const text = Date();', true],
    ['const then = new Date(ms);', false],
    ['// Not Date.now(), for tests.', false],
    ['/** Not `new Date()`, for tests. */', false],
    ['services.now()', false],
  ])('%s breaks it: %s', (text, isBroken) => {
    expect(clockIsHandedIn([file('src/core/a.ts', `\n${text}`)])).toEqual(isBroken ? ['src/core/a.ts:2'] : []);
  });
});

describe('money is no float', () => {
  test('anywhere in src', () => {
    expect(moneyIsNoFloat(src)).toEqual([]);
  });

  test.each([
    ["parseFloat('1.10')", true],
    ["Number.parseFloat('1.10')", true],
    ['(fen / 100).toFixed(2)', true],
    ['// toFixed rounds, parseFloat guesses.', false],
    ['formatYuan(fen)', false],
  ])('%s breaks it: %s', (text, isBroken) => {
    expect(moneyIsNoFloat([file('src/core/a.ts', text)])).toEqual(isBroken ? ['src/core/a.ts:1'] : []);
  });
});

describe('a migration says why it is there and how to check it', () => {
  test('each of them', () => {
    expect(migrationsSayWhy(migrations)).toEqual([]);
  });

  test.each([
    ['CREATE TABLE x (id TEXT);\n-- Why: x. Check: y.\n', true],
    ['-- Why: because.\nCREATE TABLE x (id TEXT);\n', true],
    ['-- Check: SELECT 1;\nCREATE TABLE x (id TEXT);\n', true],
    ['-- Why: because.\n--\n-- Check:\n--   SELECT 1;\n\nCREATE TABLE x (id TEXT);\n', false],
  ])('%j breaks it: %s', (text, isBroken) => {
    expect(migrationsSayWhy([file('migrations/1.sql', text)])).toEqual(isBroken ? ['migrations/1.sql'] : []);
  });
});

describe('no file is dead', () => {
  test('every file of src is reached from where the Worker begins', () => {
    expect(unreachable(src, ['src/index.ts'])).toEqual([]);
  });

  test('one that only imports others, or only tests import, is', () => {
    const files = [
      file('src/index.ts', "import './a.ts';"),
      file('src/a.ts', "import type { B } from './b.ts';\nimport '../src/index.ts';"),
      file('src/b.ts'),
      file('src/dead.ts', "import './a.ts';"),
      file('test/a.test.ts', "import '../src/dead.ts';"),
    ];
    expect(unreachable(files, ['src/index.ts'])).toEqual(['src/dead.ts', 'test/a.test.ts']);
  });
});

describe('what the core exports is explained', () => {
  test('each function of it', () => {
    expect(coreFunctionsAreExplained(core)).toEqual([]);
  });

  test.each([
    ['export function pay() {}', ['src/core/a.ts: pay']],
    ['/** Pays. */\n\nexport function pay() {}', ['src/core/a.ts: pay']],
    ['// Pays.\nexport async function pay() {}', ['src/core/a.ts: pay']],
    ['export const pay = () => 1;', ['src/core/a.ts: pay']],
    ['export const pay = async (x: number) => x;', ['src/core/a.ts: pay']],
    ['/** Pays. */\nexport function pay() {}', []],
    ['/**\n * Pays.\n */\nexport async function pay() {}', []],
    ['function pay() {}', []],
    ['export const PAGE = 60;', []],
  ])('%j: %j', (text, broken) => {
    expect(coreFunctionsAreExplained([file('src/core/a.ts', text)])).toEqual(broken);
  });
});
