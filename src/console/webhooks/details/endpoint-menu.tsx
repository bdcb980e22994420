/** What can be done with one endpoint: look at what did not arrive, turn it off or on. */
import { ActionIcon, Menu, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconBan, IconDots, IconListSearch, IconPlayerPlay } from '@tabler/icons-react';
import { useState } from 'react';
import { Link } from 'react-router';

import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { placeOf } from '../endpoint-place.ts';
import { troubleAddress } from './endpoint-words.ts';
import { useEndpointSwitch } from './use-endpoint-switch.ts';
import type { DetailedEndpoint } from './use-webhook.ts';

interface EndpointMenuProps {
  endpoint: DetailedEndpoint;
  /** "Endpoint 2". */
  name: string;
  /** The number of its webhook. */
  number: number;
  mayEdit: boolean;
  reload: () => Promise<void>;
}

export function EndpointMenu({ endpoint, name, number, mayEdit, reload }: EndpointMenuProps) {
  const { id, status } = endpoint;
  const { enable, disable } = useEndpointSwitch(id, reload);
  const [disabling, setDisabling] = useState(false);
  const [busy, setBusy] = useState(false);
  const off = status === 'DISABLED' || status === 'AUTO_DISABLED';

  async function start(): Promise<void> {
    setBusy(true);
    const trouble = await enable();
    setBusy(false);
    if (trouble === null) notifications.show({ message: `${name} is on: it is sent to again.` });
    else notifications.show({ color: 'red', title: `${name} could not be switched on`, message: trouble });
  }

  async function stop(): Promise<string | null> {
    const trouble = await disable();
    if (trouble === null) notifications.show({ message: `${name} is switched off.` });
    return trouble;
  }

  return (
    <>
      <Menu position="bottom-end" withinPortal withInitialFocusPlaceholder={false}>
        <Menu.Target>
          <ActionIcon
            variant="subtle"
            color="gray"
            size="lg"
            loading={busy}
            aria-label={`Actions for ${name.toLowerCase()}`}
          >
            <IconDots aria-hidden size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            component={Link}
            to={troubleAddress(number, id, status)}
            leftSection={<IconListSearch aria-hidden size={16} />}
          >
            Deliveries that did not arrive
          </Menu.Item>
          {mayEdit && (off || status === 'PAUSED') && (
            <Menu.Item leftSection={<IconPlayerPlay aria-hidden size={16} />} onClick={() => void start()}>
              {off ? 'Enable' : 'Resume now'}
            </Menu.Item>
          )}
          {mayEdit && !off && (
            <Menu.Item leftSection={<IconBan aria-hidden size={16} />} onClick={() => setDisabling(true)}>
              Disable
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      <ConfirmDialog
        opened={disabling}
        title="Disable Endpoint"
        confirmLabel="Disable"
        onConfirm={stop}
        onClose={() => setDisabling(false)}
      >
        <Text>
          Disable {name.toLowerCase()}, <b style={{ overflowWrap: 'anywhere' }}>{placeOf(endpoint)}</b>?
        </Text>
        <Text size="sm" c="dimmed">
          Deliveries that wait for it are cancelled, those for a further try as well; what is on the wire at
          this moment still counts. What happens while it is off is not made up for when you enable it again.
          Other endpoints of the webhook go on.
        </Text>
      </ConfirmDialog>
    </>
  );
}
