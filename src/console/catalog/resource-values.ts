/** What the form of a resource holds, and what the API is given for it. */
import type { CatalogResourceInput } from '../gql/graphql.ts';

/** A row of the form; its key stays while rows move. */
export interface EventValues {
  key: string;
  name: string;
  label: string;
  description: string;
  supported: boolean;
  /** JSON as typed; empty: the server makes one from the model. */
  example: string;
}

/** The whole form. */
export interface FormValues {
  name: string;
  label: string;
  description: string;
  model: string;
  allowed: boolean;
  events: EventValues[];
}

let rows = 0;

/** An empty row. */
export function newEvent(): EventValues {
  rows += 1;
  return { key: `row-${rows}`, name: '', label: '', description: '', supported: true, example: '' };
}

/** The example as a value; trouble says why the text is none. */
export function readExample(text: string): { value?: unknown; trouble: string | null } {
  if (text.trim() === '') return { trouble: null };
  try {
    return { value: JSON.parse(text), trouble: null };
  } catch (error) {
    return { trouble: `This is not valid JSON: ${(error as Error).message}` };
  }
}

/** The input of resourceRegister; the examples must have been read without trouble. */
export function toInput({
  name,
  label,
  description,
  model,
  allowed,
  events,
}: FormValues): CatalogResourceInput {
  return {
    ...{ name: name.trim(), label, description, model, allowed },
    events: events.map((event) => {
      const { value } = readExample(event.example);
      return {
        name: event.name.trim(),
        label: event.label,
        description: event.description,
        supported: event.supported,
        ...(value === undefined ? {} : { examplePayload: value }),
      };
    }),
  };
}
