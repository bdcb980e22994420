/**
 * Checks what is particular to endpoints that are mailboxes: the address, and that nothing is asked for that only a
 * request over HTTP can have.
 */
import { type Problem, problem } from '../errors.ts';
import { parseMailAddress } from '../mailboxes/address.ts';
import type { EndpointInput, EndpointKind } from './inputs.ts';

/** The target of an endpoint that is a mailbox, or the mailboxes of a team (an empty one); null where it was refused. */
export function checkMailTarget(
  kind: Exclude<EndpointKind, 'URL'>,
  target: string | null | undefined,
  field: string[],
  problems: Problem[],
): string | null {
  const given = target?.trim() ?? '';
  const refuse = (code: Problem['code'], message: string) => {
    problems.push(problem(code, field, message));
    return null;
  };
  if (kind === 'TEAM_MAILBOXES') {
    if (given === '') return '';
    return refuse(
      'INVALID',
      'The mailboxes of a team have no address of their own: leave it out, or choose EMAIL.',
    );
  }
  if (given === '') return refuse('REQUIRED', 'The e-mail address is missing.');
  if (/^https?:/i.test(given))
    return refuse(
      'INVALID',
      'This is a web address: choose URL for it. An endpoint is a URL or a mailbox, not both.',
    );
  const parsed = parseMailAddress(target!);
  return parsed.ok ? parsed.address : refuse('INVALID', parsed.message);
}

/** Refuses what a mailbox cannot have; what is left out or cleared is no matter. */
export function refuseHttpOnly(input: EndpointInput, field: string[], problems: Problem[]): void {
  const refuse = (path: string[], what: string) =>
    problems.push(
      problem('INVALID', [...field, ...path], `${what} for requests to a URL only: a mail has none.`),
    );
  if ((input.authentication?.type ?? 'NONE') !== 'NONE') refuse(['authentication'], 'Authentication is');
  if ((input.advanced?.headers?.length ?? 0) > 0) refuse(['advanced', 'headers'], 'Headers are');
  if ((input.advanced?.signing ?? 'NONE') !== 'NONE') refuse(['advanced', 'signing'], 'Signatures are');
}

/** A team's mailboxes need a team; the path is that of the endpoint where endpoints are given, else that of the team. */
export function checkTeamMailboxes(
  kinds: EndpointKind[],
  teamId: string | null,
  given: boolean,
  problems: Problem[],
): void {
  const index = kinds.indexOf('TEAM_MAILBOXES');
  if (index < 0 || teamId !== null) return;
  problems.push(
    problem(
      'INVALID',
      given ? ['endpoints', String(index), 'kind'] : ['details', 'teamId'],
      'The mailboxes of a team need a team that the webhook watches: choose one in its details.',
    ),
  );
}
