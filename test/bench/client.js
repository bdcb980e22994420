/** A lean GraphQL client over one kept-alive socket after the other, so that what is measured is the server. */
import { Agent, request } from 'node:http';

/** @typedef {(query: string, variables?: object) => Promise<any>} Post The value of the only root field; throws when there are errors, those in a payload included. */

/** @param {string} url @param {string} token @returns {Post} */
export function poster(url, token) {
  const agent = new Agent({ keepAlive: true });
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
  return async (query, variables = {}) => {
    const body = Buffer.from(JSON.stringify({ query, variables }));
    const text = await new Promise((resolve, reject) => {
      const outgoing = request(url, {
        method: 'POST',
        agent,
        headers: { ...headers, 'content-length': body.length },
      });
      outgoing.on('error', reject);
      outgoing.on('response', (response) => {
        /** @type {Buffer[]} */
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => resolve(Buffer.concat(chunks).toString()));
      });
      outgoing.end(body);
    });
    const { data, errors } = JSON.parse(text);
    const value = Object.values(data ?? {})[0];
    if (!value || errors || value.errors?.length > 0)
      throw new Error(`Bellwire refused: ${text.slice(0, 2_000)}`);
    return value;
  };
}
