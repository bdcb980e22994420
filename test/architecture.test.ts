/** The map of design as data: which room may import which, and what else the house does not allow. */
import {
  type Arrows,
  circles,
  dumpingGrounds,
  forbiddenImports,
  type Module,
  reachable,
  tooLong,
  writersOutside,
} from './architecture/rules.ts';
import { importsOf, listFiles, readModules } from './architecture/sources.ts';

/** Files at the top of src that every room but the console may import. */
const LEAVES = [
  ...[
    'config',
    'config-values',
    'setting',
    'settings',
    'oidc-settings',
    'errors',
    'log',
    'ids',
    'paths',
    'data-dir',
    'url',
  ],
  'listen',
];

const BELOW_THE_EDGE = [
  'db',
  'egress',
  'audit',
  'access',
  'catalog',
  'webhooks',
  'secrets',
  'events',
  'matching',
  'queue',
  'sending',
  'history',
  'live',
  'stats',
  'mailboxes',
  'replay',
  'feed',
  'identity',
];

/** Room -> what it may import besides the leaves and itself. */
const ARROWS: Arrows = {
  config: [],
  'config-values': [],
  setting: [],
  settings: [],
  'oidc-settings': [],
  errors: [],
  log: [],
  ids: [],
  paths: [],
  'data-dir': [],
  url: [],
  listen: [],
  db: [],
  egress: [],
  matching: ['db'],
  queue: ['db'],
  secrets: ['db'],
  live: ['db', 'audit'],
  stats: ['db', 'live'],
  audit: ['db'],
  access: ['db', 'egress', 'audit'],
  catalog: ['db', 'access', 'audit'],
  mailboxes: ['db', 'secrets', 'audit', 'queue'],
  webhooks: ['db', 'access', 'audit', 'catalog', 'secrets', 'egress', 'matching', 'queue', 'mailboxes'],
  events: ['db', 'access', 'catalog', 'matching', 'queue', 'mailboxes'],
  history: ['db', 'queue', 'events', 'matching'],
  sending: ['db', 'queue', 'secrets', 'egress', 'webhooks', 'events', 'live', 'mailboxes'],
  replay: ['db', 'audit', 'catalog', 'matching', 'queue', 'history', 'live', 'sending'],
  feed: ['db', 'access', 'audit', 'catalog', 'secrets', 'events', 'webhooks', 'live'],
  identity: ['access', 'egress', 'secrets', 'sending'],
  metrics: ['db', 'queue', 'live', 'sending', 'history', 'stats'],
  graphql: BELOW_THE_EDGE,
  client: [],
  console: ['client', 'schema'],
  app: ['*'],
  demo: ['*'],
  main: ['*'],
  start: ['*'],
  ormconfig: ['db', 'migrations', '*.entity.ts'],
  migrations: [],
};

const modules = readModules(['src', 'ormconfig.ts', 'migrations']);
const tests = readModules(['test']);

/** A module that a test makes up. */
function madeUp(path: string, ...specifiers: string[]): Module {
  const text = specifiers.map((specifier) => `import '${specifier}';`).join('\n');
  return { path, text, imports: importsOf(path, text) };
}

describe('the rooms', () => {
  it('import each other only along the arrows', () => {
    expect(forbiddenImports(modules, ARROWS, LEAVES)).toEqual([]);
  });

  it('have no file that imports itself by a circle', () => {
    expect(circles(modules)).toEqual([]);
  });

  it('leave migrations, the client and the console free of the server', () => {
    const reached = ['migrations', 'src/client', 'src/console'].map((folder) =>
      [...reachable(modules, folder)].filter((path) => path.startsWith('src/') && !path.startsWith(folder)),
    );
    expect(reached[0]).toEqual([]);
    expect(reached[1]).toEqual([]);
    expect(reached[2]?.filter((path) => !path.startsWith('src/client/'))).toEqual([]);
  });

  it('keep the API out of a sending process', () => {
    const reached = reachable(modules, 'src/sending');
    expect(reached.size).toBeGreaterThan(5);
    for (const name of ['type-graphql', '@apollo/server', 'express', 'graphql-ws']) {
      expect([name, reached.has(name)]).toEqual([name, false]);
    }
  });

  it('leave the writing of delivery_queue to src/queue', () => {
    // Migrations bring what is there over to new columns, before any server of that version runs.
    const running = modules.filter((module) => !module.path.startsWith('migrations/'));
    expect(writersOutside(running, 'delivery_queue', 'src/queue')).toEqual([]);
  });
});

describe('files and folders', () => {
  it('are nowhere dumping grounds', () => {
    const paths = ['src', 'test', 'migrations', 'schema'].flatMap((place) => listFiles(place));
    expect(dumpingGrounds(paths)).toEqual([]);
  });

  it('hold no file of more than 500 lines', () => {
    const written = modules.filter(({ path }) => !path.startsWith('src/console/gql/'));
    expect(tooLong([...written, ...tests], 500)).toEqual([]);
  });
});

describe('the checks themselves', () => {
  it('find an import against the arrows, be it of a type, a re-export or a call', () => {
    const text = [
      "import type { A } from '../webhooks/webhook.ts';",
      "export * from '../live/live.ts';",
      "const later = await import('../graphql/server.ts');",
      "import { ok } from '../errors.ts';",
      "// import '../access/access.ts';",
    ].join('\n');
    const module = { path: 'src/queue/claim.ts', text, imports: importsOf('src/queue/claim.ts', text) };
    expect(forbiddenImports([module], ARROWS, LEAVES)).toEqual([
      'src/queue/claim.ts must not import src/webhooks/webhook.ts: no arrow queue -> webhooks',
      'src/queue/claim.ts must not import src/live/live.ts: no arrow queue -> live',
      'src/queue/claim.ts must not import src/graphql/server.ts: no arrow queue -> graphql',
    ]);
  });

  it('find a room without arrows, a leaf that imports a room, and a console that imports a leaf', () => {
    const found = forbiddenImports(
      [
        madeUp('src/billing/invoice.ts'),
        madeUp('src/errors.ts', './db/sql.ts'),
        madeUp('src/console/page.tsx', '../errors.ts', '../../schema/operations/viewer.graphql?raw'),
        madeUp('ormconfig.ts', './src/access/login.entity.ts', './src/access/viewer.ts'),
      ],
      ARROWS,
      LEAVES,
    );
    expect(found).toEqual([
      'src/billing/invoice.ts: the room "billing" is not in the table of arrows',
      'src/errors.ts must not import src/db/sql.ts: no arrow errors -> db',
      'src/console/page.tsx must not import src/errors.ts: no arrow console -> errors',
      'ormconfig.ts must not import src/access/viewer.ts: no arrow ormconfig -> access',
    ]);
  });

  it('find a circle of three, and a file that imports itself', () => {
    const found = circles([
      madeUp('src/db/a.ts', './b.ts', 'pg'),
      madeUp('src/db/b.ts', './c.ts', './d.ts'),
      madeUp('src/db/c.ts', './a.ts'),
      madeUp('src/db/d.ts'),
      madeUp('src/db/e.ts', './e.ts'),
    ]);
    expect(found).toEqual([['src/db/a.ts', 'src/db/b.ts', 'src/db/c.ts'], ['src/db/e.ts']]);
  });

  it('follow imports through other rooms to a package', () => {
    const reached = reachable(
      [
        madeUp('src/sending/worker.ts', '../webhooks/a.ts'),
        madeUp('src/webhooks/a.ts', './b.ts'),
        madeUp('src/webhooks/b.ts', 'type-graphql'),
        madeUp('src/graphql/c.ts', '@apollo/server/express'),
      ],
      'src/sending',
    );
    expect(reached.has('type-graphql')).toBe(true);
    expect(reached.has('@apollo/server')).toBe(false);
  });

  it('find writers of a table, long files and folders that say nothing', () => {
    const writer = {
      path: 'src/live/x.ts',
      text: 'sql`UPDATE delivery_queue\n set due = now()`',
      imports: [],
    };
    const reader = { path: 'src/live/y.ts', text: 'select 1 from delivery_queue for update', imports: [] };
    const owner = { path: 'src/queue/z.ts', text: 'delete from delivery_queue', imports: [] };
    expect(writersOutside([writer, reader, owner], 'delivery_queue', 'src/queue')).toEqual([
      'src/live/x.ts writes delivery_queue; only src/queue may',
    ]);
    expect(tooLong([{ path: 'src/a.ts', text: 'x\n'.repeat(501), imports: [] }], 500)).toEqual([
      'src/a.ts has 501 lines, more than 500',
    ]);
    expect(dumpingGrounds(['src/db/helpers/a.ts', 'src/db/library.ts'])).toEqual(['src/db/helpers']);
  });
});
