/** Asks a question, and says what came and how much may be read for it. */
import type { Reading } from '../support/plans.ts';
import type { SignedIn } from './callers.ts';
import type { Question } from './questions.ts';

/** A statement may look at 20 rows for each that it returns, and at some pages in vain. */
const READ_PER_ROW = 20;
const READ_IN_VAIN = 12_000;

/** What came. */
export interface Answered {
  rows: number;
  /** The ids of the nodes, where those are asked for. */
  ids: string[];
  startCursor?: string | null;
  endCursor?: string | null;
}

/** How many rows a statement of a question may look at. */
export function mostReads(question: Question, reading: Reading): number {
  return question.reads ?? READ_IN_VAIN + READ_PER_ROW * reading.returned;
}

/** The question with the position of its page, which is looked up. */
export async function inPlace(caller: SignedIn, question: Question): Promise<Question> {
  const { operation, behind } = question;
  if (!operation || !behind) return question;
  const page = await ask(caller, { operation: behind });
  const position = behind.end === 'after' ? page.endCursor : page.startCursor;
  return {
    ...question,
    operation: { ...operation, variables: { ...operation.variables, [behind.end]: position } },
  };
}

/** Asks it; throws what is refused. */
export async function ask(
  { api, link }: SignedIn,
  { operation, path }: Partial<Question>,
): Promise<Answered> {
  if (path !== undefined) {
    const response = await fetch(`${link}${path}`);
    const body: unknown = await response.json();
    if (response.status !== 200) throw new Error(`${path}: ${JSON.stringify(body)}`);
    return { rows: (body as unknown[]).length, ids: [] };
  }
  const { data, errors } = await api.send(operation!.query, operation!.variables);
  if (errors) throw new Error(JSON.stringify(errors));
  const list = (data as { list: unknown }).list as {
    nodes?: unknown[];
    events?: unknown[];
    totalCount?: number;
    count?: { value: number };
    pageInfo?: Pick<Answered, 'startCursor' | 'endCursor'>;
  } | null;
  if (Array.isArray(list)) return { rows: list.length, ids: [] };
  const rows =
    list?.count?.value ?? list?.nodes?.length ?? list?.events?.length ?? list?.totalCount ?? (list ? 1 : 0);
  const ids = (list?.nodes ?? []).flatMap((node) => (node as { id?: string }).id ?? []);
  return { rows, ids, ...list?.pageInfo };
}
