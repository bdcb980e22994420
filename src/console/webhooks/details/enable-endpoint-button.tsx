/** One click that turns an endpoint on again: what waits goes at once, or from now on what happens. */
import { Button, type ButtonProps } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconPlayerPlay } from '@tabler/icons-react';
import { useState } from 'react';

import { useEndpointSwitch } from './use-endpoint-switch.ts';
import type { DetailedEndpoint } from './use-webhook.ts';

interface EnableEndpointButtonProps extends ButtonProps {
  endpoint: Pick<DetailedEndpoint, 'id' | 'status'>;
  /** "Endpoint 2". */
  name: string;
  reload: () => Promise<void>;
  /** It is on, and shown so; the button may be gone. */
  onEnabled: () => void;
}

export function EnableEndpointButton(props: EnableEndpointButtonProps) {
  const { endpoint, name, reload, onEnabled, ...rest } = props;
  const { enable } = useEndpointSwitch(endpoint.id, reload);
  const [busy, setBusy] = useState(false);

  async function start(): Promise<void> {
    setBusy(true);
    const trouble = await enable();
    setBusy(false);
    if (trouble === null) return onEnabled();
    notifications.show({ color: 'red', title: `${name} could not be switched on`, message: trouble });
  }

  const verb = endpoint.status === 'PAUSED' ? 'Resume now' : 'Enable';
  return (
    <Button
      leftSection={<IconPlayerPlay aria-hidden size={16} />}
      {...rest}
      loading={busy}
      aria-label={`${verb}: ${name.toLowerCase()}`}
      onClick={() => void start()}
    >
      {verb}
    </Button>
  );
}
