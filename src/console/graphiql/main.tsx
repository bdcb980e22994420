/**
 * The GraphiQL page. In: an access token by the address or the banner, or the session of the console. Out:
 * requests to this server only. What survives: tabs and history in localStorage (never headers), the token until the
 * browser tab is closed.
 */
import './workers.ts';
import 'graphiql/style.css';
import '@graphiql/plugin-explorer/style.css';
import './style.css';

import { explorerPlugin } from '@graphiql/plugin-explorer';
import { HISTORY_PLUGIN } from '@graphiql/plugin-history';
import { GraphiQL } from 'graphiql';
import { useEffect, useMemo, useState } from 'react';
import { createRoot } from 'react-dom/client';

import { createFetcher } from './fetcher.ts';
import { storageWithoutHeaders } from './storage.ts';
import { defaultTabs } from './tabs.ts';
import { currentToken, headersFor, isSignedIn, storeToken, takeTokenFromAddress } from './token.ts';
import { TokenBanner, type TokenProblem } from './token-banner.tsx';

// Naming plugins drops the default ones, so History is named too.
const plugins = [HISTORY_PLUGIN, explorerPlugin()];
const tabs = defaultTabs();

takeTokenFromAddress();
// A link with another token, opened in this very tab, changes the fragment without loading the page.
window.addEventListener('hashchange', () => {
  if (takeTokenFromAddress()) window.location.reload();
});

const token = currentToken();
const headers = headersFor(token);
const storage = storageWithoutHeaders(localStorage);

function Page() {
  const [problem, setProblem] = useState<TokenProblem | null>(null);
  useEffect(() => {
    if (token === null) void isSignedIn().then((signedIn) => !signedIn && setProblem('missing'));
  }, []);
  const fetcher = useMemo(() => createFetcher(headers, () => setProblem((now) => now ?? 'refused')), []);
  return (
    <>
      {problem !== null && (
        <TokenBanner
          problem={problem}
          onToken={(value) => {
            storeToken(value);
            window.location.reload();
          }}
        />
      )}
      <GraphiQL
        fetcher={fetcher}
        storage={storage}
        plugins={plugins}
        defaultTabs={tabs}
        defaultHeaders={token === null ? '' : JSON.stringify(headers, null, 2)}
        defaultEditorToolsVisibility="variables"
        shouldPersistHeaders={false}
        schemaDescription
        // Any JSON value is a good JSON scalar; without this the Variables pane marks objects as wrong.
        customScalarSchemas={{ JSON: {} }}
      />
    </>
  );
}

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no element with the id "root".');
createRoot(root).render(<Page />);
