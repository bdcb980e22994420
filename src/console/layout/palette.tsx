/** Ctrl-K: every page of the navigation, and the webhooks whose name, number or people fit what is typed. */
import { useDebouncedValue } from '@mantine/hooks';
import { createSpotlight, Spotlight, type SpotlightActionData } from '@mantine/spotlight';
import { IconSearch, IconWebhook } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { useNavigate } from 'react-router';
import { useQuery } from 'urql';

import { PaletteWebhooksDocument } from '../gql/graphql.ts';
import { useMayReadDeliveries, useViewer } from '../session/viewer.tsx';
import { navigationOf, pagesOf } from './navigation.ts';

const [store, palette] = createSpotlight();

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
  useEffect(() => palette.open(), [asked]);

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
  // The library selects the first one when something is typed. Webhooks come later, where there may have been nothing.
  useEffect(() => {
    const [first] = document.querySelectorAll('[data-action]');
    if (!first || query.trim() === '' || document.querySelector('[data-action][data-selected]')) return;
    first.setAttribute('data-selected', 'true');
    store.updateState((state) => ({ ...state, selected: 0 }));
  });
  return (
    <Spotlight
      store={store}
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
