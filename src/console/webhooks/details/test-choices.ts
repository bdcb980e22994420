/** What a test event may be: what fires the webhook first, then all else of the catalog. */
import type { Catalog } from '../editor/catalog-choice.ts';

/** An event of a resource, as one value of a drop-down. */
export interface TestChoice {
  resource: string;
  event: string;
}

/** A group of a drop-down. */
export interface ChoiceGroup {
  group: string;
  items: { value: string; label: string }[];
}

export function valueOf({ resource, event }: TestChoice): string {
  return JSON.stringify([resource, event]);
}

export function choiceOf(value: string): TestChoice {
  const [resource, event] = JSON.parse(value) as [string, string];
  return { resource, event };
}

/** Triggers that the catalog does not know cannot be tested, and are left out; empty groups, too. */
export function testChoices(triggers: readonly TestChoice[], catalog: Catalog): ChoiceGroup[] {
  const all = catalog.flatMap((resource) =>
    resource.events.map((event) => ({
      value: valueOf({ resource: resource.name, event: event.name }),
      group: resource.label,
      label: `${resource.label} · ${event.label}`,
    })),
  );
  const fires = new Set(triggers.map(valueOf));
  const own = all.filter(({ value }) => fires.has(value));
  const others = all.filter(({ value }) => !fires.has(value));
  const groups = new Map<string, ChoiceGroup>();
  const add = (group: string, { value, label }: { value: string; label: string }): void => {
    const known = groups.get(group) ?? { group, items: [] };
    known.items.push({ value, label });
    groups.set(group, known);
  };
  for (const choice of own) add('What fires this webhook', choice);
  for (const choice of others) add(choice.group, choice);
  return [...groups.values()];
}
