/** Counts what a request asks of the storage: each round trip to the database, the rows it read, each call of a gate. */
import { env } from 'cloudflare:workers';
import { vi } from 'vitest';

/** What was asked for since the last look. */
export type StorageCalls = {
  /** Calls of a gate. */
  gate: number;
  /** Round trips to the database, from the Worker and from the gates: a batch is one, however much is in it. */
  database: number;
  /** Rows that the database says it read. */
  rowsRead: number;
};

/** Gives what was asked for since the last look, and starts again from nothing. */
export type StorageWatch = { take(): StorageCalls };

/** Hears of a round trip, before it is made; gives whom to tell how it went. */
type OnRoundTrip = () => (results: readonly D1Result[]) => void;

const NOTHING: StorageCalls = { gate: 0, database: 0, rowsRead: 0 };

/** Watches all that is asked from now on. The gates share the isolate, so what they ask is among it. */
export function watchStorage(): StorageWatch {
  let calls = { ...NOTHING };
  const onRoundTrip: OnRoundTrip = () => {
    calls.database++;
    return (results) => {
      for (const { meta } of results) calls.rowsRead += meta.rows_read;
    };
  };

  const withSession = env.DB.withSession.bind(env.DB);
  vi.spyOn(env.DB, 'withSession').mockImplementation((constraint) => {
    const session = withSession(constraint);
    const prepare = session.prepare.bind(session);
    const batch = session.batch.bind(session);
    session.prepare = (query) => watchStatement(prepare(query), query, onRoundTrip);
    session.batch = async <T>(statements: D1PreparedStatement[]) => {
      const tell = onRoundTrip();
      const results = await batch<T>(statements);
      tell(results);
      return results;
    };
    return session;
  });

  const getByName = env.ORDER_GATE.getByName.bind(env.ORDER_GATE);
  vi.spyOn(env.ORDER_GATE, 'getByName').mockImplementation((name, options) => {
    calls.gate++;
    return getByName(name, options);
  });

  return {
    take() {
      const taken = calls;
      calls = { ...NOTHING };
      return taken;
    },
  };
}

/** Changes the statement itself, since a batch takes nothing but a real one. */
function watchStatement(statement: D1PreparedStatement, query: string, onRoundTrip: OnRoundTrip): D1PreparedStatement {
  const bind = statement.bind.bind(statement);
  const all = statement.all.bind(statement);
  const run = statement.run.bind(statement);
  const raw = statement.raw.bind(statement);
  return Object.assign(statement, {
    bind: (...values: unknown[]) => watchStatement(bind(...values), query, onRoundTrip),
    all: async <T>() => {
      const tell = onRoundTrip();
      const result = await all<T>();
      tell([result]);
      return result;
    },
    run: async <T>() => {
      const tell = onRoundTrip();
      const result = await run<T>();
      tell([result]);
      return result;
    },
    // Raw rows come without a word about their cost, so a query that changes nothing is asked once more for that.
    raw: async () => {
      const tell = onRoundTrip();
      if (/^\s*select/i.test(query)) tell([await all()]);
      return raw();
    },
    first: () => Promise.reject(new Error('nothing here asks for the first row alone, so nothing counts it')),
  });
}
