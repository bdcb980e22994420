/** A browser as far as sessions go: it keeps the cookie, says from which page it calls, and comes from an address. */
import { type IncomingHttpHeaders, request } from 'node:http';

/** An answer as it came. */
export interface BrowserAnswer {
  status: number;
  headers: IncomingHttpHeaders;

  body: any;
}

/** How it differs from a page of the server itself that is open on the same machine. */
export interface BrowserOptions {
  /** The page's; null for none. */
  origin?: string | null;
  /** The address that it calls from, such as 127.0.0.7. */
  from?: string;
  headers?: Record<string, string>;
}

/** One browser profile. */
export class Browser {
  /** As the Cookie header sends it. */
  cookie: string | undefined;
  readonly #url: string;
  readonly #options: BrowserOptions;

  constructor(url: string, options: BrowserOptions = {}) {
    this.#url = url;
    this.#options = options;
  }

  /** Signs in with a token or the secret of a link. */
  signIn(token: string): Promise<BrowserAnswer> {
    return this.call('POST', '/session', JSON.stringify({ token }));
  }

  /** Who is signed in. */
  session(): Promise<BrowserAnswer> {
    return this.call('GET', '/session');
  }

  signOut(): Promise<BrowserAnswer> {
    return this.call('DELETE', '/session');
  }

  /** Sends one operation of the API. */
  send(query: string, variables: Record<string, unknown> = {}): Promise<BrowserAnswer> {
    return this.call('POST', '/graphql', JSON.stringify({ query, variables }), {
      accept: 'application/graphql-response+json',
    });
  }

  /** The headers that it puts on a request or an upgrade. */
  headers(): Record<string, string> {
    const { origin = this.#url, headers } = this.#options;
    return {
      ...(origin === null ? {} : { origin }),
      ...(this.cookie === undefined ? {} : { cookie: this.cookie }),
      ...headers,
    };
  }

  /** Sends any request, and takes the cookie that comes with the answer. */
  async call(
    method: string,
    path: string,
    body?: string,
    headers: Record<string, string> = {},
  ): Promise<BrowserAnswer> {
    const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
    const answer = await exchange(
      this.#url + path,
      { method, from: this.#options.from, headers: { ...this.headers(), ...type, ...headers } },
      body,
    );
    for (const line of answer.headers['set-cookie'] ?? []) {
      const [pair, ...attributes] = line.split('; ');
      this.cookie = attributes.includes('Max-Age=0') ? undefined : pair;
    }
    return answer;
  }
}

function exchange(
  url: string,
  { from, ...options }: { method: string; from: string | undefined; headers: Record<string, string> },
  body: string | undefined,
): Promise<BrowserAnswer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { ...options, agent: false, ...(from ? { localAddress: from } : {}) });
    sent.once('error', reject);
    sent.once('response', (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.once('end', () => {
        const text = Buffer.concat(parts).toString();
        const isJson = response.headers['content-type']?.includes('json');
        resolve({
          status: response.statusCode!,
          headers: response.headers,
          body: isJson ? JSON.parse(text) : text,
        });
      });
    });
    sent.end(body);
  });
}
