/** A token for each role of the demo, made anew by each start, and the table that shows them. */
import type { Access } from '../access/access.ts';
import type { LoginEntity } from '../access/login.entity.ts';
import { type Permission, PERMISSIONS, type Viewer } from '../access/viewer.ts';
import { LOGINS } from './cast.ts';
import type { DemoLogins } from './seed.ts';

const TOKEN_NAME = 'Printed by --demo';
/** How long a token of the demo is valid. */
export const TOKEN_HOURS = 24;

/** One line of the table. */
export interface RoleToken {
  role: string;
  login: string;
  account: string;
  permissions: Permission[];
  /** Null for a login that was disabled. */
  token: string | null;
}

/** Ends the tokens of earlier starts and makes new ones, for the root first and then as in the cast. */
export async function issueTokens(access: Access, root: Viewer, logins: DemoLogins): Promise<RoleToken[]> {
  const rootLogin = (await access.loginsByIds([root.loginId])).get(root.loginId)!;
  const holders = [...logins].flatMap(([key, login]) => {
    const { role } = LOGINS[key]!;
    return role === undefined ? [] : [{ role, login }];
  });
  const accounts = await access.accountsOf(holders.map(({ login }) => login.id));
  const lines: RoleToken[] = [];
  for (const { role, login } of [{ role: 'Root', login: rootLogin }, ...holders]) {
    const account = accounts.get(login.id);
    lines.push({
      role,
      login: login.name,
      // The root's name is long, and it is the only account of the kind.
      account: account === undefined || account.id === root.loginId ? 'Root' : account.name,
      permissions: login.permissions,
      token: await renew(access, root, login),
    });
  }
  return lines;
}

async function renew(access: Access, root: Viewer, login: LoginEntity): Promise<string | null> {
  for (const token of await access.tokens(root, login.id))
    if (token.name === TOKEN_NAME) await access.revokeToken(root, token.id);
  const made = await access.createToken(root, {
    name: TOKEN_NAME,
    loginId: login.id,
    permissions: login.permissions,
    expiresAt: new Date(Date.now() + TOKEN_HOURS * 3_600_000),
  });
  return made.ok ? made.value.value : null;
}

const LETTERS: Record<Permission, string> = {
  WEBHOOKS_MANAGE: 'W',
  EVENTS_PUBLISH: 'P',
  CATALOG_MANAGE: 'C',
  ACCESS_MANAGE: 'A',
};

/** The table as text, with what its letters stand for. */
export function tokenTable(lines: RoleToken[]): string {
  const cells = [
    ['Role', 'Login', 'Account', 'May', 'Token'],
    ...lines.map(({ role, login, account, permissions, token }) => [
      role,
      login,
      account,
      permissions.map((permission) => LETTERS[permission]).join(' '),
      token ?? 'none: the login is disabled',
    ]),
  ];
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  const rows = cells.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ')}`);
  const legend = PERMISSIONS.map((permission) => `${LETTERS[permission]} ${permission}`).join(', ');
  return `${rows.map((row) => row.trimEnd()).join('\n')}\n  (${legend})`;
}
