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
      title={titleOf(secrets)}
      size="lg"
      // They go by the button, not by a slip.
      withCloseButton={false}
      closeOnClickOutside={false}
      closeOnEscape={false}
    >
      <Stack>
        {secrets.some(({ value }) => isShared(value)) ? (
          <Alert icon={<IconKey aria-hidden />} title="Copy it now: it is shown this once">
            The receiver needs it to check that a request comes from here. Store it there as you store
            passwords.
          </Alert>
        ) : (
          <Alert icon={<IconKey aria-hidden />} title="Give it to your receiver">
            The receiver checks with this public key that a request comes from here. It is no secret, and
            stands on this page as well.
          </Alert>
        )}
        {secrets.map(({ endpoint, value }) => (
          <Stack key={endpoint.id} gap={4}>
            <Text size="sm" className={classes['wrap']}>
              {endpoint.target}
            </Text>
            <CodeBlock
              text={value}
              label={`the ${isShared(value) ? 'secret' : 'public key'} of ${endpoint.target}`}
            />
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

function titleOf(secrets: NewSecret[]): string {
  const what = secrets.every(({ value }) => !isShared(value)) ? 'public key' : 'signing secret';
  return `The new ${what}${secrets.length > 1 ? 's' : ''}`;
}

/** Of a pair of keys it is the public one that is told. */
function isShared(value: string): boolean {
  return value.startsWith('whsec_');
}
