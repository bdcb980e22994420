/** "Webhook Details": one webhook with its state, its parts, its deliveries and its test, kept current. */
import { Alert, Button, Tabs, Text } from '@mantine/core';
import {
  IconActivity,
  IconChartBar,
  IconFlask,
  IconShieldCheck,
  IconTrash,
  IconWebhook,
} from '@tabler/icons-react';
import { lazy, Suspense, useRef, useState } from 'react';
import { Link, useParams, useSearchParams } from 'react-router';

import { Page } from '../layout/page.tsx';
import { useMay } from '../session/viewer.tsx';
import { WebhookStatusBadge } from '../ui/delivery-status.tsx';
import { ErrorState, LoadingState, NotFoundPage } from '../ui/states.tsx';
import { DeliveriesTab } from './details/deliveries-tab.tsx';
import { EndpointBanners } from './details/endpoint-banners.tsx';
import { HeadActions } from './details/head-actions.tsx';
import { LeavingContext } from './details/leave-guard.tsx';
import { Overview } from './details/overview.tsx';
import { StatusBanner } from './details/status-banner.tsx';
import { TestTab } from './details/test-tab.tsx';
import { type DetailedWebhook, useWebhook } from './details/use-webhook.ts';
import type { Part } from './editor/form.ts';
import { isMail } from './endpoint-place.ts';

const VerifyTab = lazy(() => import('./details/verify-tab.tsx').then((m) => ({ default: m.VerifyTab })));

const StatsPanel = lazy(() =>
  import('../statistics/stats-panel.tsx').then((m) => ({ default: m.StatsPanel })),
);

const TABS = ['overview', 'deliveries', 'statistics', 'test', 'verify'] as const;
type Tab = (typeof TABS)[number];

/** The largest number that the API takes. */
const MAX_NUMBER = 2 ** 31 - 1;

export function DetailsPage() {
  const number = Number(useParams()['number']);
  if (!Number.isInteger(number) || number < 1 || number > MAX_NUMBER) return <NotFoundPage what="webhook" />;
  // Another webhook is another page: nothing typed or read goes over.
  return <NumberedWebhook key={number} number={number} />;
}

function NumberedWebhook({ number }: { number: number }) {
  const { state, reload, show } = useWebhook(number);
  switch (state.kind) {
    case 'loading':
      return <LoadingState what="the webhook" />;
    case 'failed':
      return <ErrorState error={state.error} onRetry={() => void reload()} />;
    case 'missing':
      return <NotFoundPage what="webhook" />;
    case 'ready':
      return <LoadedPage webhook={state.webhook} gone={state.gone} show={show} reload={reload} />;
  }
}

interface LoadedPageProps {
  webhook: DetailedWebhook;
  gone: boolean;
  show: (webhook: DetailedWebhook) => void;
  reload: () => Promise<void>;
}

function LoadedPage({ webhook, gone, show, reload }: LoadedPageProps) {
  const manager = useMay('WEBHOOKS_MANAGE');
  const mayEdit = manager && !gone;
  const [editing, setEditing] = useState<Part | null>(null);
  const leaving = useRef(false);
  const requested = webhook.endpoints.filter(({ kind }) => !isMail(kind));
  const signs = requested.length > 0;
  const [tab, setTab] = useTab({ test: mayEdit, verify: signs });
  const testOpened = useRef(false);
  if (tab === 'test') testOpened.current = true;

  return (
    <LeavingContext value={leaving}>
      <Page
        title={`${webhook.number} ${webhook.name}`}
        trail={[
          manager ? { label: 'Webhooks', to: '/webhooks' } : { label: 'Webhooks' },
          { label: 'Webhook Details' },
        ]}
        badge={gone ? null : <WebhookStatusBadge status={webhook.status} />}
        actions={
          mayEdit && (
            <HeadActions
              webhook={webhook}
              onTest={() => setTab('test')}
              onChanged={show}
              onDeleting={() => (leaving.current = true)}
            />
          )
        }
      >
        {gone ? (
          <GoneBanner manager={manager} />
        ) : (
          <StatusBanner
            webhook={webhook}
            onEditTriggers={
              mayEdit && editing === null
                ? () => {
                    setTab('overview');
                    setEditing('triggers');
                  }
                : null
            }
          />
        )}
        {!gone && <EndpointBanners webhook={webhook} mayEdit={mayEdit} reload={reload} />}
        <Tabs
          value={tab}
          onChange={(value) => setTab(value as Tab)}
          keepMounted={false}
          keepMountedMode="display-none"
        >
          <Tabs.List mb="md" aria-label="Webhook Details">
            <Tabs.Tab value="overview" leftSection={<IconWebhook aria-hidden size={16} />}>
              Overview
            </Tabs.Tab>
            <Tabs.Tab value="deliveries" leftSection={<IconActivity aria-hidden size={16} />}>
              Deliveries
            </Tabs.Tab>
            <Tabs.Tab value="statistics" leftSection={<IconChartBar aria-hidden size={16} />}>
              Statistics
            </Tabs.Tab>
            {mayEdit && (
              <Tabs.Tab value="test" leftSection={<IconFlask aria-hidden size={16} />}>
                Test
              </Tabs.Tab>
            )}
            {signs && (
              <Tabs.Tab value="verify" leftSection={<IconShieldCheck aria-hidden size={16} />}>
                Verify signatures
              </Tabs.Tab>
            )}
          </Tabs.List>
          {/* What is typed there must outlive a look at the other tabs, and be guarded all the same. */}
          <Tabs.Panel value="overview" keepMounted>
            <Overview
              webhook={webhook}
              mayEdit={mayEdit}
              editing={mayEdit ? editing : null}
              onEdit={setEditing}
              onChanged={show}
              reload={reload}
            />
          </Tabs.Panel>
          <Tabs.Panel value="deliveries">
            <DeliveriesTab webhook={webhook} />
          </Tabs.Panel>
          <Tabs.Panel value="statistics">
            <Suspense fallback={<LoadingState what="the statistics" />}>
              <StatsPanel webhookId={webhook.id} />
            </Suspense>
          </Tabs.Panel>
          {mayEdit && (
            <Tabs.Panel value="test" keepMounted>
              {testOpened.current && <TestTab webhook={webhook} />}
            </Tabs.Panel>
          )}
          {signs && (
            <Tabs.Panel value="verify">
              <Suspense fallback={<LoadingState what="the examples" />}>
                <VerifyTab endpoints={requested} />
              </Suspense>
            </Tabs.Panel>
          )}
        </Tabs>
      </Page>
    </LeavingContext>
  );
}

/** The tab that the address names; one that the viewer may not see, or that has nothing to show, is the first. */
function useTab(has: { test: boolean; verify: boolean }): [Tab, (tab: Tab) => void] {
  const [search, setSearch] = useSearchParams();
  const wanted = TABS.find((name) => name === search.get('tab')) ?? 'overview';
  const tab = (wanted === 'test' || wanted === 'verify') && !has[wanted] ? 'overview' : wanted;
  return [
    tab,
    (next) =>
      setSearch(next === 'overview' ? {} : { tab: next }, { replace: true, preventScrollReset: true }),
  ];
}

function GoneBanner({ manager }: { manager: boolean }) {
  return (
    <Alert color="red" role="alert" icon={<IconTrash aria-hidden />} title="This webhook is gone">
      <Text size="sm" mb="xs">
        It was deleted while this page was open, or you may not see it any more. What you see is what was last
        read; nothing is sent for it.
      </Text>
      {manager && (
        <Button component={Link} to="/webhooks" variant="default" size="compact-md">
          To the saved webhooks
        </Button>
      )}
    </Alert>
  );
}
