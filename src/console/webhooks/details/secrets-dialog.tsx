/** The signing secrets of endpoints that were just added: shown this once, and kept nowhere in the page. */
import { Alert, Button, Group, Modal, Stack, Text } from '@mantine/core';
import { IconKey } from '@tabler/icons-react';

import { CodeBlock } from '../../ui/code-block.tsx';
import classes from './details.module.css';
import type { NewSecret } from './use-section-edit.ts';

export function SecretsDialog({ secrets, onClose }: { secrets: NewSecret[]; onClose: () => void }) {
  return (
    <Modal
      opened={secrets.length > 0}
      onClose={onClose}
      title={secrets.length === 1 ? 'The new signing secret' : 'The new signing secrets'}
      size="lg"
      // They go by the button, not by a slip.
      withCloseButton={false}
      closeOnClickOutside={false}
      closeOnEscape={false}
    >
      <Stack>
        <Alert icon={<IconKey aria-hidden />} title="Copy it now: it is shown this once">
          The receiver needs it to check that a request comes from here. Store it there as you store
          passwords.
        </Alert>
        {secrets.map(({ endpoint, value }) => (
          <Stack key={endpoint.id} gap={4}>
            <Text size="sm" className={classes['wrap']}>
              {endpoint.target}
            </Text>
            <CodeBlock text={value} label={`the secret of ${endpoint.target}`} />
          </Stack>
        ))}
        <Group justify="flex-end">
          <Button onClick={onClose} data-autofocus>
            I have copied it
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
