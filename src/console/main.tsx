/**
 * The console: React in the browser, and nothing of the server but its public API. Comes in: an address.
 * Goes out: GraphQL over HTTP and WebSocket, and the three calls of /session. What survives a reload is in
 * the address, in the drafts that the server keeps, and the chosen colour scheme in localStorage.
 */
import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import '@mantine/spotlight/styles.css';
import './style.css';

import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { setNonce } from 'get-nonce';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { RouterProvider } from 'react-router';

import { styleNonce } from './address.ts';
import { createRouter } from './routes.tsx';
import { cssVariables, theme } from './theme.ts';
import { AnnouncerProvider } from './ui/announcer.tsx';

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no element with the id "root".');
const nonce = styleNonce();
// For the style tag that keeps the page from scrolling behind a dialog.
setNonce(nonce);

createRoot(root).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariables}
      defaultColorScheme="auto"
      getStyleNonce={() => nonce}
    >
      <AnnouncerProvider>
        <Notifications position="bottom-right" />
        <RouterProvider router={createRouter()} />
      </AnnouncerProvider>
    </MantineProvider>
  </StrictMode>,
);
