/** Reads one text of an input, with the same rules and sentences for every text that somebody types. */
import { type Problem, problem } from '../errors.ts';

/** The longest name of anything, in characters. */
export const MAX_NAME = 200;
/** The longest description of anything, in characters. */
export const MAX_DESCRIPTION = 2000;

/** What a text must be: its name in sentences, its limit in characters, and whether it may be blank. */
export interface TextRule {
  what: string;
  max: number;
  required?: boolean;
}

/** The text as typed, '' when it is missing; whatever is wrong with it is added to problems. */
export function readText(
  value: string | null | undefined,
  field: string[],
  rule: TextRule,
  problems: Problem[],
): string {
  const text = value ?? '';
  if (rule.required && text.trim() === '') {
    problems.push(problem('REQUIRED', field, `${rule.what} is missing.`));
  } else if (text.includes('\0')) {
    problems.push(problem('INVALID', field, `${rule.what} must not hold the character NUL.`));
  } else if (text.length > rule.max && [...text].length > rule.max) {
    problems.push(problem('TOO_LONG', field, `${rule.what} may have at most ${rule.max} characters.`));
  }
  return text;
}
