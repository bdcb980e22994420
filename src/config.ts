/**
 * The configuration: the environment, read by the table of settings. The README's table is generated from
 * that one; every mistake in the environment is listed at once, before anything starts.
 */
import { contradictions } from './config-values.ts';
import { StartupError } from './errors.ts';
import { oidcContradictions } from './oidc-settings.ts';
import { type Role, SETTINGS } from './settings.ts';

export { type Role, ROLES, SETTINGS } from './settings.ts';

type Values = { [K in keyof typeof SETTINGS]: ReturnType<(typeof SETTINGS)[K]['parse']> };

/** The settings as read, and whether the relaxed --dev rules hold. */
export interface Config extends Values {
  /** http and 127.0.0.1 may be called: for trying things on one machine only. */
  dev: boolean;
}

/**
 * Reads the environment. Throws StartupError with every mistake, one per line; a secret's value is
 * never part of it. Unknown BELLWIRE_ names are mistakes too: a typo must not be a silent default.
 */
export function loadConfig(
  env: Record<string, string | undefined>,
  options: { dev?: boolean; role?: Role } = {},
): Config {
  const mistakes: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [key, row] of Object.entries(SETTINGS)) {
    const raw = env[row.env] ?? '';
    try {
      values[key] = row.parse(raw === '' ? row.default : raw);
    } catch (error) {
      const shown = 'secret' in row ? 'its value' : `"${raw}"`;
      mistakes.push(`${row.env}: ${shown} must be ${(error as Error).message}`);
    }
  }
  const known = new Set<string>(Object.values(SETTINGS).map((row) => row.env));
  for (const name of Object.keys(env)) {
    if (name.startsWith('BELLWIRE_') && !known.has(name)) mistakes.push(`${name}: no such setting`);
  }
  if (mistakes.length === 0)
    mistakes.push(
      ...contradictions(
        { ...(values as unknown as Values), ...(options.role ? { role: options.role } : {}) },
        settingName,
      ),
      ...oidcContradictions(values as unknown as Values),
    );
  if (mistakes.length > 0)
    throw new StartupError(`The configuration has mistakes:\n  ${mistakes.join('\n  ')}`);
  const { dev = false, ...given } = options;
  return { ...(values as unknown as Values), ...given, dev };
}

/** The setting behind a key of the configuration, for sentences that name it. */
export function settingName(key: keyof typeof SETTINGS): string {
  return SETTINGS[key].env;
}

/** What the environment sets, for the start-up log: secrets as "set", everything else as it stands there. */
export function summarizeConfig(env: Record<string, string | undefined>): Record<string, string> {
  const given = Object.values(SETTINGS).filter((row) => env[row.env]);
  return Object.fromEntries(given.map((row) => [row.env, 'secret' in row ? 'set' : env[row.env]!]));
}

/** The README's table, in Markdown. */
export function settingsTable(): string {
  const rows = Object.values(SETTINGS).map(
    (row) =>
      `| \`${row.env}\` | ${row.type.replaceAll('|', '\\|')} | ${row.default ? `\`${row.default}\`` : ''} | ${row.meaning} |`,
  );
  return ['| Name | Type | Default | Meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
}
