/** What stands in the way of a run of the wizard, in words, with the ways out of it. */
import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { IconAlertTriangle, IconArrowsSplit, IconHourglassOff } from '@tabler/icons-react';
import { Link } from 'react-router';

import { LoadingState } from '../ui/states.tsx';
import type { Phase, Wizard } from './use-wizard.ts';

/** Instead of the form, while there is none: it is loaded, gone, or became a webhook already. */
export function WizardUnopened({
  phase,
  onReload,
  onAnew,
}: {
  phase: Exclude<Phase, { kind: 'open' | 'added' }>;
  onReload: () => void;
  onAnew: () => void;
}) {
  switch (phase.kind) {
    case 'loading':
      return <LoadingState what="the draft" />;
    case 'unreadable':
      return (
        <Alert
          color="red"
          role="alert"
          icon={<IconAlertTriangle aria-hidden />}
          title="The draft could not be read"
        >
          <Stack gap="sm" align="flex-start">
            <Text size="sm">{phase.message}</Text>
            <Button variant="default" onClick={onReload}>
              Try again
            </Button>
          </Stack>
        </Alert>
      );
    case 'gone':
      return (
        <Alert
          color="orange"
          role="alert"
          icon={<IconHourglassOff aria-hidden />}
          title="This draft is not there any more"
        >
          <Stack gap="sm" align="flex-start">
            <Text size="sm">
              It was discarded, it ended a week after its last change, or it belongs to another login.
            </Text>
            <Button onClick={onAnew}>Start a new webhook</Button>
          </Stack>
        </Alert>
      );
    case 'saved':
      return (
        <Alert role="alert" title="This draft was saved already">
          <Stack gap="sm" align="flex-start">
            <Text size="sm">
              {phase.webhook
                ? `It is webhook ${phase.webhook.number}, ${phase.webhook.name}. Its signing secrets were shown when it was added.`
                : 'The webhook that it became was deleted since.'}
            </Text>
            <Group gap="xs">
              {phase.webhook && (
                <Button component={Link} to={`/webhooks/${phase.webhook.number}`}>
                  Open the webhook
                </Button>
              )}
              <Button variant="default" onClick={onAnew}>
                Start a new webhook
              </Button>
            </Group>
          </Stack>
        </Alert>
      );
  }
}

/**
 * Above the form: a change of somebody else, a draft that ended meanwhile, a server that does not answer.
 * onAdd does what the button ADD does.
 */
export function WizardObstacles({ wizard, onAdd }: { wizard: Wizard; onAdd: () => void }) {
  const { conflict, lost, failure } = wizard;
  if (conflict)
    return (
      <Alert
        color="orange"
        role="alert"
        icon={<IconArrowsSplit aria-hidden />}
        title="This draft was changed elsewhere"
      >
        <Stack gap="sm">
          <Text size="sm">
            Another tab or machine of yours has changed it since you opened it here
            {conflict.name ? `; there it is called “${conflict.name}”` : ''}. What you typed last is not
            stored.
          </Text>
          <Group gap="xs">
            <Button onClick={wizard.takeTheirs}>Take theirs</Button>
            <Button variant="default" onClick={wizard.keepMine}>
              Keep mine
            </Button>
          </Group>
        </Stack>
      </Alert>
    );
  if (lost !== null)
    return (
      <Alert
        color="orange"
        role="alert"
        icon={<IconHourglassOff aria-hidden />}
        title="The draft is not there any more"
      >
        <Stack gap="sm" align="flex-start">
          <Text size="sm">
            {lost} What you typed is still here; secret values that were stored must be given again.
          </Text>
          <Button onClick={wizard.startAnew}>Keep it in a new draft</Button>
        </Stack>
      </Alert>
    );
  if (failure !== null)
    return (
      <Alert
        color="red"
        role="alert"
        icon={<IconAlertTriangle aria-hidden />}
        title={failure.adding ? 'The webhook could not be added' : 'That could not be stored'}
      >
        <Stack gap="sm" align="flex-start">
          <Text size="sm">{failure.message}</Text>
          <Button
            variant="default"
            loading={wizard.busy}
            onClick={() => (failure.adding ? onAdd() : void wizard.leave())}
          >
            Try again
          </Button>
        </Stack>
      </Alert>
    );
  return null;
}

/** Whether the draft on the server has what is typed; no live region, since it changes with every pause. */
export function KeepingNote({ wizard: { keeping } }: { wizard: Wizard }) {
  const text = { nothing: '', saving: 'Saving the draft …', kept: 'Draft saved', failed: 'Draft not saved' }[
    keeping
  ];
  return (
    <Text size="sm" c="dimmed" data-keeping={keeping}>
      {text}
    </Text>
  );
}
