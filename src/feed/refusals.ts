/** How the addresses of a link refuse: problem details (RFC 9457), with the code that programs go by. */
import type { Response } from 'express';

import type { Problem } from '../errors.ts';

/** A refusal; more is added to the body, such as the problems of an input. */
export interface Refusal {
  status: number;
  code: string;
  title: string;
  detail: string;
  more?: Record<string, unknown>;
}

/** Unknown and revoked ones look alike. */
export const NO_LINK: Refusal = {
  status: 404,
  code: 'NOT_FOUND',
  title: 'There is nothing at this address',
  detail:
    'The link is not one, or not any more. Its owner can make a new one on the Webhooks page of the console.',
};

/** Answers with a refusal. */
export function refuse(response: Response, { status, code, title, detail, more }: Refusal): void {
  if (!response.req.complete) response.set('Connection', 'close');
  response.status(status).type('application/problem+json');
  response.send(`${JSON.stringify({ type: 'about:blank', title, status, detail, code, ...more })}\n`);
}

/** A refusal of what was given, by its problems. */
export function refusalOf(problems: readonly Problem[]): Refusal {
  const codes = problems.map((problem) => problem.code);
  const status = codes.includes('FORBIDDEN') ? 403 : codes.includes('NOT_FOUND') ? 404 : 422;
  return {
    status,
    code: problems[0]!.code,
    title: { 403: 'This is not allowed', 404: 'There is no such thing', 422: 'The request has problems' }[
      status
    ],
    detail: problems.map((problem) => problem.message).join(' '),
    more: {
      problems: problems.map(({ code, field, message }) => ({
        code,
        field: field?.join('.') ?? null,
        message,
      })),
    },
  };
}

/** A parameter of an address that is not what it has to be. */
export function wrongParameter(name: string, rule: string): Refusal {
  return {
    status: 400,
    code: 'INVALID',
    title: 'A parameter is wrong',
    detail: `${name} ${rule}`,
    more: { parameter: name },
  };
}
