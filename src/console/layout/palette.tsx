/** Ctrl-K: every page of the navigation, and the webhooks whose name, number or people fit what is typed. */
import { useDebouncedValue } from '@mantine/hooks';
import { Spotlight, spotlight, type SpotlightActionData } from '@mantine/spotlight';
import { IconSearch, IconWebhook } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { useNavigate } from 'react-router';
import { useQuery } from 'urql';

import { PaletteWebhooksDocument } from '../gql/graphql.ts';
import { useMayReadDeliveries, useViewer } from '../session/viewer.tsx';
import { navigationOf, pagesOf } from './navigation.ts';

/** asked counts how often it was asked for: each time opens it. */
export function Palette({ asked }: { asked: number }) {
  const navigate = useNavigate();
  const viewer = useViewer();
  const mayRead = useMayReadDeliveries();
  const [query, setQuery] = useState('');
  const [search] = useDebouncedValue(query.trim(), 150);
  const [{ data }] = useQuery({
    query: PaletteWebhooksDocument,
    variables: { search },
    pause: search === '' || !mayRead,
  });
  useEffect(() => spotlight.open(), [asked]);

  const pages: SpotlightActionData[] = pagesOf(navigationOf(viewer)).map(
    ({ label, to, icon: Icon, keywords, external }) => ({
      id: to,
      label,
      ...(keywords === undefined ? {} : { keywords }),
      leftSection: <Icon aria-hidden size={18} />,
      onClick: () => (external ? window.open(to, '_blank', 'noopener') : void navigate(to)),
    }),
  );
  const webhooks: SpotlightActionData[] = (search === '' ? [] : (data?.webhooks?.nodes ?? [])).map(
    ({ id, number, name }) => ({
      id,
      label: `${number} ${name}`,
      description: 'Webhook',
      // The server has searched; the palette's own filter must not throw out what it found.
      keywords: query,
      leftSection: <IconWebhook aria-hidden size={18} />,
      onClick: () => void navigate(`/webhooks/${number}`),
    }),
  );
  return (
    <Spotlight
      query={query}
      onQueryChange={setQuery}
      shortcut={null}
      // The dialog has no title to be named by.
      attributes={{ content: { 'aria-label': 'Go to a page or a webhook' } }}
      actions={[...pages, ...webhooks]}
      nothingFound="Nothing found"
      highlightQuery={false}
      limit={12}
      searchProps={{
        leftSection: <IconSearch aria-hidden size={18} />,
        placeholder: 'Go to a page or a webhook',
        'aria-label': 'Go to a page or a webhook',
      }}
    />
  );
}
