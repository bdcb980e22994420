/** The problems that the API finds, at the fields of the form: their paths, their names, their focus. */
import type { Problem } from '../../api/problems.ts';
import { problemsByField } from '../../api/problems.ts';
import type { ShownProblems } from '../../ui/problem-summary.tsx';
import type { Part } from './form.ts';

const MOVED: [from: RegExp, to: string][] = [
  [/^details\.forLoginId$/, 'details.forLogin'],
  [/^details\.teamId$/, 'details.team'],
  [/^(endpoints\.\d+)\.id$/, '$1.kind'],
  [/^(endpoints\.\d+\.advanced\.retrySchedule)\.\d+$/, '$1'],
  // A credential that is missing as a whole is missed at its first field.
  [/^(endpoints\.\d+\.authentication\.basic)$/, '$1.username'],
  [/^(endpoints\.\d+\.authentication\.bearer)$/, '$1.token'],
  [/^(endpoints\.\d+\.authentication\.(?:apiKey|customHeader))$/, '$1.name'],
  [/^(endpoints\.\d+\.authentication\.oauth2)$/, '$1.tokenUrl'],
  [/^(endpoints\.\d+\.authentication\.mutualTls)$/, '$1.certificate'],
  [/^(triggers\.\d+)\.id$/, '$1.resource'],
];

/** The fields of credentials, below the authentication. */
const CREDENTIAL_NAMES: Record<string, string> = {
  type: 'authentication',
  'basic.username': 'user name',
  'basic.password': 'password',
  'bearer.token': 'token',
  'apiKey.name': 'header of the key',
  'apiKey.value': 'key',
  'customHeader.name': 'header of the authentication',
  'customHeader.value': 'value of the authentication',
  'oauth2.tokenUrl': 'token address',
  'oauth2.clientId': 'client id',
  'oauth2.clientSecret': 'client secret',
  'oauth2.scope': 'scope',
  'mutualTls.certificate': 'certificate',
  'mutualTls.privateKey': 'private key',
};

const NAMES: [path: RegExp, name: (first: string, second: string, rest: string) => string][] = [
  [/^details\.name$/, () => 'Name'],
  [/^details\.description$/, () => 'Description'],
  [/^details\.forLogin$/, () => 'Login'],
  [/^details\.team$/, () => 'Team'],
  [/^endpoints$/, () => 'Endpoints'],
  [/^endpoints\.(\d+)\.kind$/, (row) => `Endpoint ${row}, where to send`],
  [/^endpoints\.(\d+)\.target$/, (row) => `Endpoint ${row}, address`],
  [
    /^endpoints\.(\d+)\.authentication(?:\.()(.+))?$/,
    (row, _, of) => `Endpoint ${row}, ${CREDENTIAL_NAMES[of] ?? 'authentication'}`,
  ],
  [/^endpoints\.(\d+)\.advanced\.signing$/, (row) => `Endpoint ${row}, signing`],
  [/^endpoints\.(\d+)\.advanced\.format$/, (row) => `Endpoint ${row}, format`],
  [/^endpoints\.(\d+)\.advanced\.headers$/, (row) => `Endpoint ${row}, headers`],
  [
    /^endpoints\.(\d+)\.advanced\.headers\.(\d+)\.name$/,
    (row, of) => `Endpoint ${row}, name of header ${of}`,
  ],
  [
    /^endpoints\.(\d+)\.advanced\.headers\.(\d+)\.value$/,
    (row, of) => `Endpoint ${row}, value of header ${of}`,
  ],
  [/^endpoints\.(\d+)\.advanced\.timeoutMs$/, (row) => `Endpoint ${row}, time limit`],
  [/^endpoints\.(\d+)\.advanced\.retrySchedule$/, (row) => `Endpoint ${row}, retries`],
  [/^endpoints\.(\d+)\.advanced\.ratePerSecond$/, (row) => `Endpoint ${row}, requests per second`],
  [/^endpoints\.(\d+)\.advanced\.maxConcurrency$/, (row) => `Endpoint ${row}, requests at once`],
  [/^endpoints\.(\d+)\.advanced\.ordering$/, (row) => `Endpoint ${row}, order`],
  [/^triggers$/, () => 'Triggers'],
  [/^triggers\.(\d+)\.resource$/, (row) => `Trigger ${row}, resource`],
  [/^triggers\.(\d+)\.event$/, (row) => `Trigger ${row}, event`],
  [/^triggers\.(\d+)\.name$/, (row) => `Trigger ${row}, name`],
  [/^triggers\.(\d+)\.description$/, (row) => `Trigger ${row}, description`],
];

/** Problems by the paths of the form, for form.setErrors; those without a field are under "". */
export function formErrors(problems: readonly Problem[]): Record<string, string> {
  return problemsByField(
    problems.map((problem) => ({ ...problem, field: problem.field ? fieldOf(problem.field) : null })),
  );
}

/** What comes first in a row, where the alphabet says otherwise. */
const PLACES: [from: RegExp, to: string][] = [
  [/\.authentication\b/, '.1'],
  [/\b(?:name|target|kind|resource|tokenUrl|username)$/, '0'],
  [/\bevent$/, '1'],
];

/** Errors in the order in which their fields stand in the form: details, endpoints, triggers, each row by row. */
export function inFormOrder(errors: Record<string, string>): Record<string, string> {
  const compare = new Intl.Collator('en', { numeric: true }).compare;
  const place = (path: string) => PLACES.reduce((text, [from, to]) => text.replace(from, to), path);
  return Object.fromEntries(
    Object.entries(errors).sort(([one], [other]) => compare(place(one), place(other))),
  );
}

function fieldOf(path: string[]): string[] {
  const from = path.join('.');
  const moved = MOVED.find(([pattern]) => pattern.test(from));
  return (moved ? from.replace(...moved) : from).split('.');
}

/** The part that a path lies in; null for a problem with no field of the form. */
export function partOf(path: string): Part | null {
  return (/^(details|endpoints|triggers)\b/.exec(path)?.[1] as Part | undefined) ?? null;
}

/** The errors of a form, as a summary shows them. */
export function shownProblems(errors: Record<string, unknown>): ShownProblems {
  const shown = Object.entries(errors).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1] !== '',
  );
  return { shown, focus: focusField };
}

/** How people call the field of a path: "Endpoint 2, address"; null for one that is not in the form. */
export function fieldName(path: string): string | null {
  for (const [pattern, name] of NAMES) {
    const found = pattern.exec(path);
    if (found) return name(String(Number(found[1]) + 1), String(Number(found[2]) + 1), found[3] ?? '');
  }
  return null;
}

/** Puts the focus on the field of a path (its data-field), or on the nearest thing above it. */
export function focusField(path: string): void {
  for (let at = path; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('.')))) {
    const field = document.querySelector<HTMLElement>(`[data-field="${at}"]`);
    if (field === null) continue;
    field.focus();
    field.scrollIntoView({ block: 'nearest' });
    return;
  }
}

/** The errors below a path, by what is left of theirs. */
export function errorsBelow(errors: Record<string, unknown>, path: string): Record<string, string> {
  const below: Record<string, string> = {};
  for (const [at, message] of Object.entries(errors))
    if (at.startsWith(`${path}.`) && typeof message === 'string') below[at.slice(path.length + 1)] = message;
  return below;
}

/** Whether a row needs no new drawing: the form copies its values with every change, so they are compared. */
export function sameProps<Props extends { row: object; errors: object }>(
  before: Props,
  after: Props,
): boolean {
  return (Object.keys(after) as (keyof Props)[]).every((key) =>
    key === 'row' || key === 'errors'
      ? JSON.stringify(before[key]) === JSON.stringify(after[key])
      : before[key] === after[key],
  );
}
