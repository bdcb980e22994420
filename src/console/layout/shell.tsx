/** The frame of every page: header, left navigation, palette and keys. */
import {
  ActionIcon,
  AppShell,
  Burger,
  Button,
  Group,
  Kbd,
  Menu,
  NavLink,
  ScrollArea,
  Text,
  Title,
  UnstyledButton,
  useComputedColorScheme,
  useMantineColorScheme,
} from '@mantine/core';
import { useDisclosure, useHotkeys } from '@mantine/hooks';
import {
  IconBellRinging,
  IconChevronDown,
  IconExternalLink,
  IconKeyboard,
  IconLogout,
  IconMoon,
  IconSearch,
  IconSun,
} from '@tabler/icons-react';
import { lazy, Suspense, useEffect, useState } from 'react';
import { Link, NavLink as RouterLink, Outlet, useLocation } from 'react-router';

import { useSession, useViewer } from '../session/viewer.tsx';
import { usePageKeys } from '../ui/use-page-keys.ts';
import { KeysDialog } from './keys-dialog.tsx';
import { type NavGroup, navigationOf, type NavPage } from './navigation.ts';
import classes from './shell.module.css';

const Palette = lazy(() => import('./palette.tsx').then(({ Palette }) => ({ default: Palette })));

export function Shell() {
  const [opened, { toggle, close }] = useDisclosure();
  const [keysOpened, keys] = useDisclosure();
  // Loaded when it is first asked for: most visits never open it.
  const [palette, setPalette] = useState(0);
  const location = useLocation();
  useEffect(close, [location.pathname, close]);
  const search = (): void => document.querySelector<HTMLInputElement>('[data-search]')?.focus();
  usePageKeys([
    ['shift+?', keys.open],
    ['?', keys.open],
    ['/', search],
    // Where that key needs Shift.
    ['shift+/', search],
  ]);
  // Also while something is typed into a field.
  useHotkeys([['mod+K', () => setPalette((times) => times + 1)]], []);

  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 248, breakpoint: 'md', collapsed: { mobile: !opened } }}
      padding={{ base: 'sm', sm: 'lg' }}
    >
      <a
        href="#main"
        className={classes['skip']}
        onClick={(event) => {
          // With a <base>, "#main" is a place of another page.
          event.preventDefault();
          document.getElementById('main')?.focus();
        }}
      >
        Skip to the content
      </a>
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap" gap="xs">
          <Group gap="xs" wrap="nowrap">
            <Burger
              opened={opened}
              onClick={toggle}
              hiddenFrom="md"
              size="sm"
              aria-label={opened ? 'Close the navigation' : 'Open the navigation'}
              aria-expanded={opened}
            />
            <UnstyledButton
              component={Link}
              to="/"
              aria-label="Bellwire, start page"
              className={classes['brand']}
            >
              <IconBellRinging aria-hidden size={24} stroke={1.8} />
              <Text fw={700} size="lg" visibleFrom="xs">
                Bellwire
              </Text>
            </UnstyledButton>
          </Group>
          <Group gap="xs" wrap="nowrap">
            <Button
              variant="default"
              size="compact-md"
              leftSection={<IconSearch aria-hidden size={15} />}
              rightSection={<Kbd size="xs">Ctrl K</Kbd>}
              onClick={() => setPalette((times) => times + 1)}
              visibleFrom="sm"
            >
              Go to …
            </Button>
            <SchemeSwitch />
            <AccountMenu onKeys={keys.open} />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar aria-label="Main">
        <ScrollArea p="xs" h="100%">
          <Navigation />
        </ScrollArea>
      </AppShell.Navbar>
      <AppShell.Main id="main" tabIndex={-1} className={classes['main']}>
        <Outlet />
      </AppShell.Main>
      <KeysDialog opened={keysOpened} onClose={keys.close} />
      {palette > 0 && (
        <Suspense>
          <Palette asked={palette} />
        </Suspense>
      )}
    </AppShell>
  );
}

function Navigation() {
  return navigationOf(useViewer()).map((group) => <CategoryGroup key={group.label} group={group} />);
}

function CategoryGroup({ group }: { group: NavGroup }) {
  const { label, pages, groups = [] } = group;
  return (
    <section aria-label={label} className={classes['group']}>
      <Title order={2} className={classes['category']}>
        {label}
      </Title>
      {pages.map((page) => (
        <PageLink key={page.to} page={page} />
      ))}
      {groups.map((inner) => (
        <NavLink key={inner.label} component="button" label={inner.label} defaultOpened childrenOffset={12}>
          {inner.pages.map((page) => (
            <PageLink key={page.to} page={page} />
          ))}
        </NavLink>
      ))}
    </section>
  );
}

function PageLink({ page: { label, to, icon: Icon, external } }: { page: NavPage }) {
  const { pathname } = useLocation();
  const icon = <Icon aria-hidden size={18} stroke={1.7} />;
  if (external)
    return (
      <NavLink
        component="a"
        href={to}
        target="_blank"
        label={label}
        leftSection={icon}
        rightSection={<IconExternalLink aria-label="(opens a new tab)" size={14} />}
      />
    );
  const active = pathname === to || pathname.startsWith(`${to}/`);
  return (
    <NavLink
      component={RouterLink}
      to={to}
      label={label}
      leftSection={icon}
      active={active}
      aria-current={active ? 'page' : undefined}
    />
  );
}

function SchemeSwitch() {
  const colours = useMantineColorScheme();
  const scheme = useComputedColorScheme('light', { getInitialValueInEffect: false });
  const other = scheme === 'dark' ? 'light' : 'dark';
  return (
    <ActionIcon
      variant="default"
      size="lg"
      aria-label={`Switch to the ${other} colours`}
      onClick={() => colours.setColorScheme(other)}
    >
      {scheme === 'dark' ? <IconSun aria-hidden size={18} /> : <IconMoon aria-hidden size={18} />}
    </ActionIcon>
  );
}

function AccountMenu({ onKeys }: { onKeys: () => void }) {
  const { viewer, signOut } = useSession();
  return (
    <Menu position="bottom-end" withinPortal withInitialFocusPlaceholder={false}>
      <Menu.Target>
        <Button
          variant="default"
          size="compact-md"
          rightSection={<IconChevronDown aria-hidden size={14} />}
          className={classes['account']}
          aria-label={`Signed in as ${viewer.name}`}
        >
          <span className={classes['name']}>{viewer.name}</span>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          Login {viewer.number} of the account {viewer.account.name}
        </Menu.Label>
        <Menu.Item leftSection={<IconKeyboard aria-hidden size={16} />} onClick={onKeys}>
          Keys
        </Menu.Item>
        <Menu.Item leftSection={<IconLogout aria-hidden size={16} />} onClick={() => void signOut()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
