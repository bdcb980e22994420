/** What people call the things that values name by id, read as they come. */
import { useEffect, useState } from 'react';
import { useClient } from 'urql';

import { AuditNamesDocument } from '../gql/graphql.ts';

/** The API takes no more ids at once. */
const AT_ONCE = 100;

/** A function from an id to a name; it answers the id until the name is there, and where there is none to see. */
export function useNames(ids: readonly string[]): (id: string) => string {
  const client = useClient();
  const [names, setNames] = useState<ReadonlyMap<string, string>>(new Map());
  const unknown = [...new Set(ids)].filter((id) => !names.has(id)).slice(0, AT_ONCE);
  const key = unknown.join(' ');
  useEffect(() => {
    if (key === '') return;
    let current = true;
    const asked = key.split(' ');
    void client
      .query(AuditNamesDocument, { ids: asked })
      .toPromise()
      .then(({ data }) => {
        if (!current || data === undefined) return;
        const found = new Map(asked.map((id) => [id, id]));
        for (const node of data.nodes)
          if (node && 'number' in node) found.set(node.id, `${node.name} #${node.number}`);
        setNames((now) => new Map([...now, ...found]));
      });
    return () => void (current = false);
  }, [client, key]);
  return (id) => names.get(id) ?? id;
}
