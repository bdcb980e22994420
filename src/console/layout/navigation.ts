/** What the left navigation holds, and who sees it. Nested as people look for it: category, then page. */
import {
  IconActivity,
  IconBook2,
  IconBroadcast,
  IconBuilding,
  IconChartBar,
  IconHistory,
  IconKey,
  IconListSearch,
  IconPlugConnected,
  IconRepeat,
  IconTerminal2,
  IconUsers,
  IconUsersGroup,
  IconWebhook,
  type TablerIcon,
} from '@tabler/icons-react';

import type { Viewer } from '../session/viewer.tsx';

/** A page in the navigation; external ones are other pages of the same server. */
export interface NavPage {
  label: string;
  to: string;
  icon: TablerIcon;
  /** Words that find it in the palette besides its label. */
  keywords?: string;
  external?: boolean;
  visible: (viewer: Viewer) => boolean;
}

/** A group of pages, or of groups. */
export interface NavGroup {
  label: string;
  pages: NavPage[];
  groups?: NavGroup[];
}

const everybody = (): boolean => true;
const manager = ({ permissions }: Viewer): boolean => permissions.includes('WEBHOOKS_MANAGE');
const reader = (viewer: Viewer): boolean => manager(viewer) || viewer.teams.length > 0;
const access = ({ permissions }: Viewer): boolean => permissions.includes('ACCESS_MANAGE');

export const NAVIGATION: NavGroup[] = [
  {
    label: 'Activity',
    pages: [
      {
        label: 'Deliveries',
        to: '/deliveries',
        icon: IconActivity,
        keywords: 'attempts log',
        visible: reader,
      },
      {
        label: 'Statistics',
        to: '/statistics',
        icon: IconChartBar,
        keywords: 'charts success rate latency percentiles',
        visible: reader,
      },
      {
        label: 'Events',
        to: '/events',
        icon: IconBroadcast,
        keywords: 'published',
        visible: (viewer) => manager(viewer) || viewer.permissions.includes('EVENTS_PUBLISH'),
      },
      {
        label: 'Replays',
        to: '/replays',
        icon: IconRepeat,
        keywords: 'send again bulk retry',
        visible: manager,
      },
    ],
  },
  {
    label: 'Admin',
    pages: [
      { label: 'Webhooks', to: '/webhooks', icon: IconWebhook, visible: manager },
      {
        label: 'Logins',
        to: '/logins',
        icon: IconUsers,
        keywords: 'users people permissions',
        visible: access,
      },
      {
        label: 'Accounts',
        to: '/accounts',
        icon: IconBuilding,
        keywords: 'branches channels',
        visible: access,
      },
      {
        label: 'Teams',
        to: '/teams',
        icon: IconUsersGroup,
        keywords: 'groups members',
        visible: (viewer) => manager(viewer) || access(viewer),
      },
      {
        label: 'Audit log',
        to: '/audit',
        icon: IconHistory,
        keywords: 'changes history',
        visible: ({ permissions }) => permissions.some((permission) => permission !== 'EVENTS_PUBLISH'),
      },
    ],
  },
  {
    label: 'Settings',
    pages: [],
    groups: [
      {
        label: 'API',
        pages: [
          {
            label: 'Webhook Listeners',
            to: '/settings/api/webhook-listeners',
            icon: IconPlugConnected,
            visible: manager,
          },
          {
            label: 'Catalog',
            to: '/settings/api/catalog',
            icon: IconListSearch,
            keywords: 'resources models',
            visible: everybody,
          },
          { label: 'Access tokens', to: '/settings/api/access-tokens', icon: IconKey, visible: everybody },
          { label: 'GraphiQL', to: 'graphiql/', icon: IconTerminal2, external: true, visible: everybody },
        ],
      },
    ],
  },
  {
    label: 'Help',
    pages: [
      {
        label: 'Set Up Webhooks',
        to: '/guide',
        icon: IconBook2,
        keywords: 'guide manual',
        visible: everybody,
      },
    ],
  },
];

/** The groups with what a login may see in them; empty ones are left out. */
export function navigationOf(viewer: Viewer, groups: NavGroup[] = NAVIGATION): NavGroup[] {
  return groups
    .map((group) => ({
      label: group.label,
      pages: group.pages.filter(({ visible }) => visible(viewer)),
      groups: navigationOf(viewer, group.groups ?? []),
    }))
    .filter(({ pages, groups }) => pages.length > 0 || groups.length > 0);
}

/** All pages of groups, nested ones included. */
export function pagesOf(groups: NavGroup[]): NavPage[] {
  return groups.flatMap((group) => [...group.pages, ...pagesOf(group.groups ?? [])]);
}

/** Where a login lands: the first page that is of use to it. */
export function startPage(viewer: Viewer): string {
  return manager(viewer) ? '/webhooks' : reader(viewer) ? '/deliveries' : '/guide';
}
