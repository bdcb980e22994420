/** What the keyboard does, in one list. */
import { Group, Kbd, Modal, Stack, Text } from '@mantine/core';

const KEYS: [keys: string[], does: string][] = [
  [['Ctrl', 'K'], 'Go to a page or a webhook'],
  [['/'], 'Search in the list'],
  [['j'], 'Next row'],
  [['k'], 'Row before'],
  [['Enter'], 'Open the row'],
  [['r'], 'Retry the delivery on display'],
  [['?'], 'This list'],
];

export function KeysDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title="Keys">
      <Stack gap="xs">
        {KEYS.map(([keys, does]) => (
          <Group key={does} justify="space-between" wrap="nowrap">
            <Text size="sm">{does}</Text>
            <Group gap={4} wrap="nowrap">
              {keys.map((key) => (
                <Kbd key={key}>{key}</Kbd>
              ))}
            </Group>
          </Group>
        ))}
      </Stack>
    </Modal>
  );
}
