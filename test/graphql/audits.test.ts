import { serverAudits } from 'graphql-http';

import { figure } from '../support/figure.ts';
import { ROOT_TOKEN, startServer, type TestServer } from '../support/server.ts';

/** The audits that do not end with "ok"; what is not named here must. */
const DEVIATIONS = {
  // Prevention of cross-site requests: a GET needs a header that makes browsers ask first.
  '5A70 MAY accept application/x-www-form-urlencoded formatted GET requests': 'notice',
  'D6D5 MAY allow URL-encoded JSON string {variables} parameter in GETs when accepting application/graphql-response+json':
    'notice',
  '6A70 MAY allow URL-encoded JSON string {variables} parameter in GETs when accepting application/json':
    'notice',
};

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server?.stop());

it('passes the 61 audits of GraphQL over HTTP without an error, but for three things that may be and are not (GQL-01)', async () => {
  const fetchFn = (url: string, { headers, ...init }: { headers?: Record<string, string> } = {}) =>
    fetch(url, { ...init, headers: { ...headers, authorization: `Bearer ${ROOT_TOKEN}` } });
  const audits = serverAudits({ url: `${server.app.url}/graphql`, fetchFn });
  const counts: Record<string, number> = { ok: 0, notice: 0, warn: 0, error: 0 };
  const deviations: Record<string, string> = {};
  for (const audit of audits) {
    const { status } = await audit.fn();
    counts[status]!++;
    if (status !== 'ok') deviations[`${audit.id} ${audit.name}`] = status;
  }
  figure('GQL-01', { audits: audits.length, ...counts });
  expect(audits).toHaveLength(61);
  expect(deviations).toEqual(DEVIATIONS);
});
