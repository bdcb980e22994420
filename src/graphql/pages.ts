/**
 * The pages that are built into dist/console: the console at / and at every address below it that a browser
 * asks for as a page, GraphiQL at /graphiql. Their files are immutable by name; the pages themselves are
 * read once and are never stored by a browser, since the console's carries a nonce of its own each time.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import express, { type Express, type Request, type RequestHandler } from 'express';
import expressStaticGzip from 'express-static-gzip';

import { type Config, settingName } from '../config.ts';
import { packageRoot } from '../paths.ts';
import { consolePolicy, graphiqlPolicy } from './origins.ts';

const BUILT = join(packageRoot, 'dist', 'console');
/** What belongs to programs: a browser that asks for it as a page is told so, and not given the console. */
const NOT_PAGES = /^\/(graphql|graphiql|session|mail|link|healthz|readyz|metrics|assets)(\/|$)/;

/** What the pages depend on. */
export interface PageOptions {
  config: Pick<Config, 'console' | 'graphiql' | 'publicUrl'>;
  /** The server's own; known once it listens. */
  origins: () => ReadonlySet<string>;
}

/** Adds the pages that are switched on to the application, behind everything that is for programs. */
export function servePages(app: Express, { config, origins }: PageOptions): void {
  if (config.console || config.graphiql) app.use('/assets', assets());
  if (config.graphiql) {
    const files = express.static(join(BUILT, 'graphiql'), {
      etag: false,
      cacheControl: false,
      redirect: false,
    });
    app.use('/graphiql', (request, response, next) => {
      // Relative, because a proxy may put a path in front.
      if (request.originalUrl.split('?')[0] === '/graphiql') return response.redirect('graphiql/');
      response.set('Content-Security-Policy', graphiqlPolicy(origins()));
      response.set('Cache-Control', 'no-cache');
      files(request, response, next);
    });
  }
  if (!config.console) {
    if (config.graphiql) app.get('/', (_request, response) => response.redirect('graphiql/'));
    return;
  }
  const page = consolePage(config);
  app.get(/.*/, (request, response, next) => {
    if (page === undefined || NOT_PAGES.test(request.path) || !wantsPage(request)) return next();
    const nonce = randomBytes(16).toString('base64');
    response.set('Content-Security-Policy', consolePolicy(origins(), nonce));
    response.type('html').send(page(request, nonce));
  });
}

function assets(): RequestHandler {
  return expressStaticGzip(join(BUILT, 'assets'), {
    enableBrotli: true,
    orderPreference: ['br', 'gz'],
    index: false,
    serveStatic: {
      etag: false,
      cacheControl: false,
      redirect: false,
      setHeaders: (response) => response.setHeader('Cache-Control', 'public, max-age=31536000, immutable'),
    },
  }) as RequestHandler;
}

/** Programs that take anything (curl) get JSON; a browser names HTML. */
function wantsPage(request: Request): boolean {
  return request.headers.accept?.includes('text/html') === true;
}

/** The console's page for one request; undefined when it is not built. */
function consolePage({
  publicUrl,
}: PageOptions['config']): ((request: Request, nonce: string) => string) | undefined {
  const file = join(BUILT, 'index.html');
  if (!existsSync(file)) return undefined;
  const [head, rest] = split(readFileSync(file, 'utf8'));
  const behind = publicUrl === null ? undefined : new URL(publicUrl);
  return (request, nonce) => {
    // Whoever comes by the public address comes through the proxy that puts its path in front.
    const prefix = behind !== undefined && request.host === behind.host ? behind.pathname : '/';
    const base = prefix.endsWith('/') ? prefix : `${prefix}/`;
    return `${head}<base href="${base}" />\n    <meta property="csp-nonce" nonce="${nonce}" />${rest}`;
  };
}

function split(html: string): [string, string] {
  const mark = '<base href="/" />';
  const at = html.indexOf(mark);
  if (at === -1) throw new Error('The page of the console has no <base> to set: build it anew.');
  return [html.slice(0, at), html.slice(at + mark.length)];
}

/** Why a page that there could be is not there, for the sentence of a 404; empty for all else. */
export function describeMissingPage(request: Request, config: PageOptions['config']): string {
  const graphiql = request.path.startsWith('/graphiql');
  if (graphiql && !config.graphiql) return ` GraphiQL is switched off (${settingName('graphiql')}).`;
  if (!graphiql && !config.console && wantsPage(request))
    return ` The console is switched off (${settingName('console')}).`;
  const built = existsSync(join(BUILT, 'index.html'));
  return !built && (graphiql || wantsPage(request))
    ? ' The pages have to be built first: npm run build.'
    : '';
}
