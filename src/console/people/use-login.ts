/** One login with the way up to the top of what the viewer may see. */
import { useEffect, useState } from 'react';
import { type CombinedError, useClient, useQuery } from 'urql';

import {
  LoginAboveDocument,
  type LoginAboveQuery,
  LoginDetailsDocument,
  type LoginFactsFragment,
  type LoginStepFragment,
} from '../gql/graphql.ts';

/** A login as its page shows it. */
export type LoginDetails = LoginFactsFragment;

/** A login on the way up. */
export type Step = LoginStepFragment;

/** The way up as far as it is known. */
export interface WayUp {
  /** The topmost first; null while they are read, and when that failed. */
  steps: readonly Step[] | null;
  error: CombinedError | null;
  retry: () => void;
}

/** Reads a login; login is null when there is none that the viewer may see, undefined while it is read. */
export function useLogin(id: string): {
  login: LoginDetails | null | undefined;
  error: CombinedError | undefined;
  reload: () => void;
} {
  const [{ data, error }, read] = useQuery({ query: LoginDetailsDocument, variables: { id } });
  const node = data?.node;
  return {
    login: data === undefined ? undefined : node && 'email' in node ? node : null,
    error,
    reload: () => read({ requestPolicy: 'network-only' }),
  };
}

/** The logins above one; parentId is that of the lowest, null at the top. */
export function useWayUp(parentId: string | null): WayUp {
  const client = useClient();
  const [read, setRead] = useState<{ of: string; steps: Step[] | null; error: CombinedError | null }>();
  const [round, setRound] = useState(0);
  useEffect(() => {
    if (parentId === null) return;
    let current = true;
    void (async () => {
      const steps: Step[] = [];
      for (let next: string | null = parentId; next !== null;) {
        const { data, error } = await client
          .query(LoginAboveDocument, { id: next }, { requestPolicy: 'network-only' })
          .toPromise();
        if (!current) return;
        if (error) return setRead({ of: parentId, steps: null, error });
        next = climb(data, steps);
      }
      setRead({ of: parentId, steps, error: null });
    })();
    return () => void (current = false);
  }, [client, parentId, round]);
  const known = read?.of === parentId ? read : undefined;
  return {
    steps: parentId === null ? [] : (known?.steps ?? null),
    error: known?.error ?? null,
    retry: () => setRound(round + 1),
  };
}

/** Puts what one answer holds in front of the steps; returns the id from where to go on, null at the top. */
function climb(data: LoginAboveQuery | undefined, steps: Step[]): string | null {
  let place = data?.node;
  while (place) {
    if (!('name' in place)) return place.id;
    const { id, number, name, isAccount } = place;
    steps.unshift({ id, number, name, isAccount });
    place = place.parent;
  }
  return null;
}
