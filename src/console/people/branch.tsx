/** A login in the tree, with what is below it once it is opened. */
import { ActionIcon, Anchor, Button, Group, Loader, Text } from '@mantine/core';
import { IconBuilding, IconChevronDown, IconChevronRight, IconUser } from '@tabler/icons-react';
import { useId, useState } from 'react';
import { Link } from 'react-router';

import { usePages } from '../api/use-pages.ts';
import { LoginChildrenDocument, type LoginChildrenQuery, type TreeNodeFragment } from '../gql/graphql.ts';
import { LoginName } from '../ui/login-name.tsx';
import { ErrorState } from '../ui/states.tsx';
import { formatNumber } from '../ui/time.tsx';
import classes from './accounts-page.module.css';
import { AccountBadge, DisabledBadge } from './login-badges.tsx';

/** So many levels are open at first. */
const OPEN_AT_FIRST = 2;

interface BranchProps {
  node: TreeNodeFragment;
  /** Also logins that are neither an account nor above one. */
  all: boolean;
  depth: number;
}

export function Branch({ node, all, depth }: BranchProps) {
  const below = node.children.totalCount;
  const [opened, setOpened] = useState(depth < OPEN_AT_FIRST);
  const id = useId();
  const Chevron = opened ? IconChevronDown : IconChevronRight;
  const Icon = node.isAccount ? IconBuilding : IconUser;
  return (
    <li className={classes['branch']}>
      <Group gap="xs" wrap="nowrap" className={classes['row']}>
        {below > 0 ? (
          <ActionIcon
            variant="subtle"
            color="gray"
            size="md"
            aria-expanded={opened}
            aria-controls={opened ? id : undefined}
            aria-label={`What is below ${node.name}`}
            onClick={() => setOpened(!opened)}
          >
            <Chevron aria-hidden size={16} />
          </ActionIcon>
        ) : (
          <span className={classes['leaf']} />
        )}
        <Icon
          aria-hidden
          size={18}
          stroke={1.7}
          className={node.isAccount ? classes['account'] : classes['login']}
        />
        <Group gap="xs">
          <Anchor component={Link} to={`/logins/${node.id}`} size="sm" fw={node.isAccount ? 600 : 400}>
            <LoginName login={node} />
          </Anchor>
          {node.isAccount && <AccountBadge />}
          {node.disabled && <DisabledBadge />}
          {below > 0 && (
            <Text span size="sm" c="dimmed">
              {below === 1 ? 'one below' : `${formatNumber(below)} below`}
            </Text>
          )}
        </Group>
      </Group>
      {opened && below > 0 && <Children id={id} parentId={node.id} all={all} depth={depth + 1} />}
    </li>
  );
}

function Children({
  id,
  parentId,
  all,
  depth,
}: {
  id: string;
  parentId: string;
  all: boolean;
  depth: number;
}) {
  const list = usePages({
    document: LoginChildrenDocument,
    variables: { id: parentId },
    select: ({ node }: LoginChildrenQuery) => (node && 'children' in node ? node.children : null),
  });
  // A login without anything below it cannot stand above an account.
  const shown = list.rows.filter((child) => all || child.isAccount || child.children.totalCount > 0);
  const hidden = list.rows.length - shown.length;
  return (
    <ul id={id} className={classes['below']}>
      {list.status === 'loading' && (
        <li>
          <Loader size="xs" aria-label="Loading what is below" />
        </li>
      )}
      {list.error && (
        <li>
          <ErrorState error={list.error} onRetry={list.rows.length > 0 ? list.loadMore : list.reload} />
        </li>
      )}
      {shown.map((child) => (
        <Branch key={child.id} node={child} all={all} depth={depth} />
      ))}
      {shown.length === 0 && hidden > 0 && !list.hasMore && (
        <li>
          <Text size="sm" c="dimmed" className={classes['note']}>
            No account: {hidden === 1 ? 'one login' : `${formatNumber(hidden)} logins`} without anything below
          </Text>
        </li>
      )}
      {list.hasMore && (
        <li>
          <Button variant="default" size="compact-sm" loading={list.loadingMore} onClick={list.loadMore}>
            Show more
          </Button>
        </li>
      )}
    </ul>
  );
}
