/** What the server refused of a form: at its fields, and at the top by ProblemSummary when there is more than one. */
import type { UseFormReturnType } from '@mantine/form';
import { type RefObject, useRef, useState } from 'react';

import { type Problem, problemsByField } from '../api/problems.ts';
import type { ShownProblems } from './problem-summary.tsx';

interface FormProblems extends ShownProblems {
  box: RefObject<HTMLDivElement | null>;
  /** Puts problems to their fields and the focus to the first, or to the summary. */
  show: (problems: readonly Problem[]) => void;
  clear: () => void;
}

/** place turns a path of the input into that of the form's field; '' for one that the form does not have. */
export function useFormProblems<Values extends object>(
  form: UseFormReturnType<Values>,
  place: (path: string) => string = (path) => path,
): FormProblems {
  const [shown, setShown] = useState<[string, string][]>([]);
  const box = useRef<HTMLDivElement>(null);
  const focus = (path: string): void => form.getInputNode(path)?.focus();
  return {
    shown,
    box,
    focus,
    show(problems) {
      const byField = problemsByField(
        problems.map((problem) => {
          const path = place(problem.field?.join('.') ?? '');
          return { ...problem, field: path === '' ? null : path.split('.') };
        }),
      );
      form.setErrors(byField);
      const entries = Object.entries(byField);
      setShown(entries);
      const [first] = entries;
      // The fields show what is wrong only after the next render.
      requestAnimationFrame(() => {
        if (entries.length === 1 && first![0] !== '') focus(first![0]);
        else box.current?.focus();
      });
    },
    clear() {
      form.clearErrors();
      setShown([]);
    },
  };
}
