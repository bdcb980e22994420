/** Two people changed the same part of a webhook: what each of them wants, and whose it will be. */
import { Button, Group, Modal, Stack, Table, Text } from '@mantine/core';

import { type Part, toValues } from '../editor/form.ts';
import { differences } from './compare.ts';
import classes from './details.module.css';
import type { Conflict } from './use-section-edit.ts';

interface ConflictDialogProps {
  part: Part;
  /** Null keeps it closed. */
  conflict: Conflict | null;
  onTakeTheirs: () => void;
  onKeepMine: () => void;
  onClose: () => void;
}

export function ConflictDialog({ part, conflict, onTakeTheirs, onKeepMine, onClose }: ConflictDialogProps) {
  return (
    <Modal opened={conflict !== null} onClose={onClose} title="Somebody changed this webhook" size="lg">
      {conflict !== null && (
        <Stack>
          <Text size="sm">
            {conflict.saving
              ? 'Your change was not saved: meanwhile the same part was changed by somebody else.'
              : 'The part that you edit was changed by somebody else.'}{' '}
            It is now at version {conflict.theirs.version}.
          </Text>
          <Comparison part={part} conflict={conflict} />
          <Text size="sm" c="dimmed">
            Take theirs discards what you typed. Keep mine {conflict.saving ? 'saves' : 'keeps'} what you
            typed; what you did not touch stays as they left it.
          </Text>
          <Group justify="flex-end">
            <Button variant="default" onClick={onTakeTheirs} data-autofocus>
              Take theirs
            </Button>
            <Button onClick={onKeepMine}>Keep mine</Button>
          </Group>
        </Stack>
      )}
    </Modal>
  );
}

function Comparison({ part, conflict: { theirs, merged } }: { part: Part; conflict: Conflict }) {
  const found = differences(part, toValues(theirs), merged);
  if (found.length === 0)
    return <Text size="sm">Theirs is the same as yours: nothing is lost either way.</Text>;
  return (
    <Table aria-label="What differs" verticalSpacing="xs" layout="fixed" className={classes['wrapped']}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>What</Table.Th>
          <Table.Th>Theirs</Table.Th>
          <Table.Th>Mine</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {found.map(({ key, label, ...sides }) => (
          <Table.Tr key={key}>
            <Table.Th scope="row" fw={500}>
              {label}
            </Table.Th>
            <Table.Td>{textOf(sides.theirs)}</Table.Td>
            <Table.Td>{textOf(sides.mine)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function textOf(text: string | null) {
  if (text === null)
    return (
      <Text span size="sm" c="dimmed">
        not there
      </Text>
    );
  return text === '' ? (
    <Text span size="sm" c="dimmed">
      empty
    </Text>
  ) : (
    text
  );
}
