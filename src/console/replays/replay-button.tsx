/** Opens the dialog that sends again what a list of deliveries shows. */
import { Button } from '@mantine/core';
import { IconRepeat } from '@tabler/icons-react';
import { useState } from 'react';

import type { DeliveryFilterInput } from '../gql/graphql.ts';
import { ReplayDialog } from './replay-dialog.tsx';

export function ReplayButton({ filter }: { filter: DeliveryFilterInput }) {
  // The filter as it was when the dialog was opened: one that ends "now" would move beneath it.
  const [asked, setAsked] = useState<DeliveryFilterInput | null>(null);
  return (
    <>
      <Button
        variant="default"
        size="compact-sm"
        leftSection={<IconRepeat aria-hidden size={15} />}
        onClick={() => setAsked(filter)}
      >
        Replay …
      </Button>
      <ReplayDialog filter={asked} onClose={() => setAsked(null)} />
    </>
  );
}
