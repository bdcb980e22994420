/** A resolver that answers from a script, so that no test asks DNS and rebinding can be played. */
import type { ResolvedAddress, Resolver } from '../../src/egress/resolver.ts';
import { EgressError } from '../../src/errors.ts';

/** Addresses, or what DNS does instead; a function is asked anew each time, with the number of the question (0, 1, …). */
export type ScriptedAnswer = string[] | 'NXDOMAIN' | 'SERVFAIL' | 'SILENT' | ((question: number) => string[]);

/** The resolver and the names it was asked for, in order. */
export interface ScriptedResolver extends Resolver {
  asked: string[];
}

/** Answers the scripted names; any other name does not exist. SILENT never answers. */
export function scriptedResolver(script: Record<string, ScriptedAnswer>): ScriptedResolver {
  const asked: string[] = [];
  return {
    asked,
    async resolve(hostname): Promise<ResolvedAddress[]> {
      const question = asked.filter((name) => name === hostname).length;
      asked.push(hostname);
      const answer = script[hostname] ?? 'NXDOMAIN';
      if (answer === 'SILENT') return new Promise(() => undefined);
      if (answer === 'NXDOMAIN' || answer === 'SERVFAIL') throw new EgressError('DNS_FAILED');
      const addresses = typeof answer === 'function' ? answer(question) : answer;
      return addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    },
  };
}
