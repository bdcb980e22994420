/** The wizards that were left before their end, each with the way back into it. */
import { Alert, Anchor, Button, Group, List, Text } from '@mantine/core';
import { IconPencil } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { Link } from 'react-router';
import { useMutation, useQuery } from 'urql';

import { describeError } from '../api/problems.ts';
import { WizardDiscardDocument, WizardDraftsDocument, type WizardDraftsQuery } from '../gql/graphql.ts';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';
import { relativeTime } from '../ui/time.tsx';

type Draft = NonNullable<WizardDraftsQuery['webhookDrafts']>[number];

/** An empty list names no type in its answer, and is to be read again all the same when a draft is made. */
const CONTEXT = { additionalTypenames: ['WebhookDraft'] };

/** How many are shown; the others come up as those are finished. */
const SHOWN = 3;

function nameOf({ name }: Draft): string {
  return name?.trim() ? name : 'Without a name';
}

/** Shows nothing when there are none; newPath is where the wizard is: the draft's id is put behind it. */
export function DraftsNotice({ newPath = '/webhooks/new' }: { newPath?: string }) {
  const [{ data }] = useQuery({ query: WizardDraftsDocument, context: CONTEXT });
  const [, discard] = useMutation(WizardDiscardDocument);
  const [discarding, setDiscarding] = useState<Draft | null>(null);
  const drafts = data?.webhookDrafts ?? [];
  const notice = useRef<HTMLDivElement>(null);
  /** The one that was discarded here, until its row is gone. */
  const discarded = useRef<string | null>(null);

  // The button that opened the question goes with its row, and the focus would go with it.
  useEffect(() => {
    if (discarding !== null || discarded.current === null) return;
    if (drafts.some(({ id }) => id === discarded.current)) return;
    discarded.current = null;
    (notice.current ?? document.querySelector('h1'))?.focus();
  }, [discarding, drafts]);

  async function confirm(): Promise<string | null> {
    const { data: answer, error } = await discard({ id: discarding!.id }, CONTEXT);
    if (error) return describeError(error);
    // One that is gone already is what was wanted.
    const problem = answer?.webhookDraftDiscard?.errors.find(({ code }) => code !== 'NOT_FOUND');
    if (problem) return problem.message;
    discarded.current = discarding!.id;
    return null;
  }

  return (
    <>
      {drafts.length > 0 && (
        <Alert
          ref={notice}
          tabIndex={-1}
          role="region"
          aria-label="Unfinished webhooks"
          icon={<IconPencil aria-hidden />}
          title={
            drafts.length === 1
              ? 'You have an unfinished webhook'
              : `You have ${drafts.length} unfinished webhooks`
          }
        >
          <List listStyleType="none" spacing={2}>
            {drafts.slice(0, SHOWN).map((draft) => (
              <List.Item key={draft.id}>
                <Group gap="xs">
                  <Anchor
                    component={Link}
                    to={`${newPath}/${draft.id}`}
                    size="sm"
                    aria-label={`Continue ${nameOf(draft)}`}
                  >
                    {nameOf(draft)} – continue
                  </Anchor>
                  <Text size="sm" c="dimmed" visibleFrom="xs">
                    changed {relativeTime(draft.updatedAt)}
                  </Text>
                  <Button
                    size="compact-sm"
                    variant="subtle"
                    aria-label={`Discard ${nameOf(draft)}`}
                    onClick={() => setDiscarding(draft)}
                  >
                    Discard
                  </Button>
                </Group>
              </List.Item>
            ))}
          </List>
          {drafts.length > SHOWN && (
            <Text size="sm" c="dimmed" mt={4}>
              and {drafts.length - SHOWN} more, changed before these
            </Text>
          )}
        </Alert>
      )}
      <ConfirmDialog
        opened={discarding !== null}
        title="Discard draft"
        confirmLabel="Discard"
        onConfirm={confirm}
        onClose={() => setDiscarding(null)}
      >
        <Text>
          What was typed for <b>{discarding ? nameOf(discarding) : ''}</b> is thrown away. Webhooks that were
          added stay.
        </Text>
      </ConfirmDialog>
    </>
  );
}
