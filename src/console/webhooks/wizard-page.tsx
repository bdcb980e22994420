/** New Webhook Listener: the wizard as one page, its three parts below each other; the same draft and rules. */
import { Button, Group, Paper, Stack } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import type { FormEvent } from 'react';
import { useNavigate, useParams } from 'react-router';

import { Page } from '../layout/page.tsx';
import { ProblemSummary } from '../ui/problem-summary.tsx';
import { Section } from '../ui/section.tsx';
import { DetailsFields } from './editor/details-fields.tsx';
import { EndpointFields } from './editor/endpoint-fields.tsx';
import { fieldName, focusField, shownProblems } from './editor/problems.ts';
import { TriggerFields } from './editor/trigger-fields.tsx';
import { SubmitButton } from './submit-button.tsx';
import { useWizard, type Wizard } from './use-wizard.ts';
import { WizardAdded } from './wizard-added.tsx';
import { KeepingNote, WizardObstacles, WizardUnopened } from './wizard-notices.tsx';
import { WizardSample } from './wizard-sample.tsx';

const LISTENERS = '/settings/api/webhook-listeners';

export function WizardPage() {
  const { draftId } = useParams();
  const navigate = useNavigate();
  const wizard = useWizard(draftId, (id) => navigate(`${LISTENERS}/new/${id}`, { replace: true }));
  const { phase } = wizard;

  async function cancel(): Promise<void> {
    const stored = await wizard.leave();
    await navigate(LISTENERS);
    if (stored.kind === 'stored' && wizard.draftId() !== null)
      notifications.show({
        title: 'Your draft is kept',
        message: 'It can be resumed for a week, here and on any other machine.',
      });
  }

  return (
    <Page
      title="New Webhook Listener"
      trail={[{ label: 'Settings' }, { label: 'API' }, { label: 'Webhook Listeners', to: LISTENERS }]}
      description="Sends the records of one kind to a server or a mailbox of yours when they are created or updated."
    >
      <Stack maw={860} gap="md">
        {phase.kind === 'added' ? (
          <Paper withBorder p="lg">
            <WizardAdded
              added={phase.added}
              headingOrder={2}
              onDone={() => void navigate(LISTENERS, { replace: true })}
            />
          </Paper>
        ) : phase.kind === 'open' ? (
          <PageForm wizard={wizard} onCancel={() => void cancel()} />
        ) : (
          <WizardUnopened
            phase={phase}
            onReload={wizard.reload}
            onAnew={() => {
              wizard.startAnew();
              void navigate(`${LISTENERS}/new`, { replace: true });
            }}
          />
        )}
      </Stack>
    </Page>
  );
}

function PageForm({ wizard, onCancel }: { wizard: Wizard; onCancel: () => void }) {
  const { form, busy } = wizard;

  function submit(event: FormEvent): void {
    event.preventDefault();
    void add();
  }

  async function add(): Promise<void> {
    const errors = await wizard.add();
    const [first] = Object.keys(errors ?? {});
    if (first !== undefined) focusField(first);
  }

  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <WizardObstacles wizard={wizard} onAdd={() => void add()} />
        <ProblemSummary problems={shownProblems(form.errors)} label={fieldName} />
        <Section id="listener" title="Listener">
          <DetailsFields form={form} />
        </Section>
        <Section id="endpoint" title="Endpoint">
          <EndpointFields form={form} />
        </Section>
        <Section id="entity" title="Entity and function">
          <TriggerFields form={form} />
          <WizardSample triggers={form.values.triggers} endpoints={form.values.endpoints} />
        </Section>
        <Group justify="space-between">
          <KeepingNote wizard={wizard} />
          <Group gap="sm">
            <Button variant="default" onClick={onCancel}>
              Cancel
            </Button>
            <SubmitButton busy={busy} disabled={wizard.conflict !== null || wizard.lost !== null}>
              Save
            </SubmitButton>
          </Group>
        </Group>
      </Stack>
    </form>
  );
}
