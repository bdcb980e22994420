import { startEdge } from './test/graphql/edge.ts';
it('x', async () => {
  const edge = await startEdge({ rooms: { catalog: { list: () => Promise.resolve([]) } } });
  for (const n of [30, 300, 700, 998]) { const a = await edge.api.send(`{ ${'__typename '.repeat(n)} }`); console.log(n, JSON.stringify(a).slice(0, 400)); }
  await edge.stop();
});
