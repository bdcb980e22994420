/** The form of one part in its place on the page: Save, Cancel, and what to do when others changed it, too. */
import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { IconUsers } from '@tabler/icons-react';
import { type ReactNode, useEffect, useRef } from 'react';
import { flushSync } from 'react-dom';

import { ProblemSummary } from '../../ui/problem-summary.tsx';
import type { Part, WebhookForm } from '../editor/form.ts';
import { fieldName, focusField, partOf, shownProblems } from '../editor/problems.ts';
import { ConflictDialog } from './conflict-dialog.tsx';
import { useLeaveGuard } from './leave-guard.tsx';
import { type NewSecret, useSectionEdit } from './use-section-edit.ts';
import type { DetailedWebhook } from './use-webhook.ts';

interface SectionFormProps {
  part: Part;
  webhook: DetailedWebhook;
  /** The field that takes the focus first. */
  first: string;
  fields: (form: WebhookForm) => ReactNode;
  onCancel: () => void;
  onSaved: (webhook: DetailedWebhook, newSecrets: NewSecret[]) => void;
}

export function SectionForm({ part, webhook, first, fields, onCancel, onSaved }: SectionFormProps) {
  const edit = useSectionEdit({ part, webhook, onSaved, onRefused: () => setTimeout(focusFirstError) });
  const { form } = edit;
  const guard = useLeaveGuard(form.isDirty());
  const errors = Object.fromEntries(Object.entries(form.errors).filter(([path]) => partOf(path) === part));
  const latest = useRef(errors);
  latest.current = errors;
  const box = useRef<HTMLFormElement>(null);

  function focusFirstError(): void {
    const paths = Object.keys(latest.current);
    if (paths.length === 1) focusField(paths[0]!);
    else box.current?.querySelector<HTMLElement>('[data-problems]')?.focus();
  }
  useEffect(() => focusField(first), [first]);

  return (
    <form
      ref={box}
      noValidate
      aria-label={`Edit ${part}`}
      onSubmit={(event) => {
        event.preventDefault();
        flushSync(edit.save);
      }}
    >
      <Stack gap="md">
        {edit.outdated && edit.conflict === null && (
          <Alert
            color="orange"
            role="status"
            icon={<IconUsers aria-hidden />}
            title="Somebody changed this webhook"
          >
            <Stack gap="xs" align="flex-start">
              <Text size="sm">What you see here is older. Compare before you save.</Text>
              <Button size="compact-sm" variant="default" onClick={edit.compare}>
                See what changed
              </Button>
            </Stack>
          </Alert>
        )}
        <div data-problems tabIndex={-1}>
          {edit.problem !== null && (
            <Alert
              color="red"
              role="alert"
              title="That was not saved"
              mb={Object.keys(errors).length > 0 ? 'md' : 0}
            >
              {edit.problem}
            </Alert>
          )}
          <ProblemSummary problems={shownProblems(errors)} label={fieldName} />
        </div>
        {fields(form)}
        <Group justify="flex-end">
          <Button variant="default" onClick={onCancel} disabled={edit.busy}>
            Cancel
          </Button>
          <Button type="submit" loading={edit.busy}>
            Save
          </Button>
        </Group>
      </Stack>
      <ConflictDialog
        part={part}
        conflict={edit.conflict}
        onTakeTheirs={onCancel}
        onKeepMine={edit.keepMine}
        onClose={edit.closeConflict}
      />
      {guard}
    </form>
  );
}
