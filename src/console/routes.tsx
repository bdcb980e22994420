/** The addresses of the console. Each page is loaded when it is first opened. */
import { createBrowserRouter, Navigate, type RouteObject } from 'react-router';

import { BASE_PATH } from './address.ts';
import type { Permission } from './gql/graphql.ts';
import { startPage } from './layout/navigation.ts';
import { Shell } from './layout/shell.tsx';
import { Gate } from './session/gate.tsx';
import { Require } from './session/require.tsx';
import { SignInPage } from './session/sign-in-page.tsx';
import { useViewer } from './session/viewer.tsx';
import { CrashedPage } from './ui/crashed-page.tsx';
import { NotFoundPage } from './ui/states.tsx';

type Load = () => Promise<{ Component: () => React.ReactNode }>;

/** A page for holders of one of the permissions; none given: for all who are signed in. */
function page(
  path: string,
  load: Load,
  anyOf?: Permission[],
  rest: Partial<RouteObject> & { teamMembers?: boolean } = {},
): RouteObject {
  const { teamMembers = false, children } = rest;
  return {
    path,
    async lazy() {
      const { Component } = await load();
      if (!anyOf) return { Component };
      return {
        Component: () => (
          <Require anyOf={anyOf} teamMembers={teamMembers}>
            <Component />
          </Require>
        ),
      };
    },
    ...(children ? { children } : {}),
  };
}

function Start() {
  return <Navigate to={startPage(useViewer())} replace />;
}

const wizardDialog = (path: string): RouteObject =>
  page(path, () => import('./webhooks/wizard-dialog.tsx').then((m) => ({ Component: m.WizardDialog })));
const wizardPage = (path: string): RouteObject =>
  page(path, () => import('./webhooks/wizard-page.tsx').then((m) => ({ Component: m.WizardPage })), [
    'WEBHOOKS_MANAGE',
  ]);

const PAGES: RouteObject[] = [
  // The wizard is a dialog over the table, at an address of its own: new/<draft>/<step>. One route each for the
  // dialog and the page, so that they stay on display while the address gets its draft.
  page(
    'webhooks',
    () => import('./webhooks/webhooks-page.tsx').then((m) => ({ Component: m.WebhooksPage })),
    ['WEBHOOKS_MANAGE'],
    {
      children: [wizardDialog('new/:draftId?/:step?')],
    },
  ),
  page(
    'webhooks/:number',
    () => import('./webhooks/details-page.tsx').then((m) => ({ Component: m.DetailsPage })),
    ['WEBHOOKS_MANAGE'],
    { teamMembers: true },
  ),
  page(
    'settings/api/webhook-listeners',
    () => import('./webhooks/listeners-page.tsx').then((m) => ({ Component: m.ListenersPage })),
    ['WEBHOOKS_MANAGE'],
  ),
  wizardPage('settings/api/webhook-listeners/new/:draftId?'),
  page(
    'deliveries',
    () => import('./deliveries/deliveries-page.tsx').then((m) => ({ Component: m.DeliveriesPage })),
    ['WEBHOOKS_MANAGE'],
    { teamMembers: true },
  ),
  page(
    'deliveries/:id',
    () => import('./deliveries/delivery-page.tsx').then((m) => ({ Component: m.DeliveryPage })),
    ['WEBHOOKS_MANAGE'],
    { teamMembers: true },
  ),
  page('replays', () => import('./replays/replays-page.tsx').then((m) => ({ Component: m.ReplaysPage })), [
    'WEBHOOKS_MANAGE',
  ]),
  page('replays/:id', () => import('./replays/replay-page.tsx').then((m) => ({ Component: m.ReplayPage })), [
    'WEBHOOKS_MANAGE',
  ]),
  page(
    'statistics',
    () => import('./statistics/statistics-page.tsx').then((m) => ({ Component: m.StatisticsPage })),
    ['WEBHOOKS_MANAGE'],
    { teamMembers: true },
  ),
  page('events', () => import('./events/events-page.tsx').then((m) => ({ Component: m.EventsPage })), [
    'WEBHOOKS_MANAGE',
    'EVENTS_PUBLISH',
  ]),
  page(
    'events/:id',
    () => import('./events/event-page.tsx').then((m) => ({ Component: m.EventPage })),
    ['WEBHOOKS_MANAGE', 'EVENTS_PUBLISH'],
    { teamMembers: true },
  ),
  page('settings/api/catalog', () =>
    import('./catalog/catalog-page.tsx').then((m) => ({ Component: m.CatalogPage })),
  ),
  page('settings/api/catalog/:name', () =>
    import('./catalog/resource-page.tsx').then((m) => ({ Component: m.ResourcePage })),
  ),
  page('logins', () => import('./people/logins-page.tsx').then((m) => ({ Component: m.LoginsPage })), [
    'ACCESS_MANAGE',
  ]),
  page('logins/:id', () => import('./people/login-page.tsx').then((m) => ({ Component: m.LoginPage })), [
    'ACCESS_MANAGE',
  ]),
  page('accounts', () => import('./people/accounts-page.tsx').then((m) => ({ Component: m.AccountsPage })), [
    'ACCESS_MANAGE',
  ]),
  page('teams', () => import('./people/teams-page.tsx').then((m) => ({ Component: m.TeamsPage })), [
    'ACCESS_MANAGE',
    'WEBHOOKS_MANAGE',
  ]),
  page('settings/api/access-tokens', () =>
    import('./tokens/access-tokens-page.tsx').then((m) => ({ Component: m.AccessTokensPage })),
  ),
  page('audit', () => import('./audit/audit-page.tsx').then((m) => ({ Component: m.AuditPage })), [
    'WEBHOOKS_MANAGE',
    'ACCESS_MANAGE',
    'CATALOG_MANAGE',
  ]),
  page('guide', () => import('./guide/guide-page.tsx').then((m) => ({ Component: m.GuidePage }))),
];

/** The router of the whole console. */
export function createRouter(): ReturnType<typeof createBrowserRouter> {
  return createBrowserRouter(
    [
      { path: '/sign-in', Component: SignInPage, ErrorBoundary: CrashedPage },
      {
        path: '/',
        Component: Gate,
        ErrorBoundary: CrashedPage,
        HydrateFallback: () => null,
        children: [
          {
            Component: Shell,
            children: [
              { index: true, Component: Start },
              { ErrorBoundary: CrashedPage, children: [...PAGES, { path: '*', Component: NotFoundPage }] },
            ],
          },
        ],
      },
    ],
    { basename: BASE_PATH },
  );
}
