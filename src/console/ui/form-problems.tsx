/** What the server refused of a form: at its fields, and all of it at the top when there is more than one. */
import { Alert, List, Text, UnstyledButton } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { IconAlertTriangle } from '@tabler/icons-react';
import { type RefObject, useRef, useState } from 'react';

import { type Problem, problemsByField } from '../api/problems.ts';
import classes from './form-problems.module.css';

interface FormProblems {
  /** By path; what stands at no field is under ''. */
  shown: readonly [path: string, message: string][];
  box: RefObject<HTMLDivElement | null>;
  /** Puts problems to their fields and the focus to the first, or to the summary. */
  show: (problems: readonly Problem[]) => void;
  clear: () => void;
  focus: (path: string) => void;
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

/** labels names the fields of the summary; a path without one stands there by its message alone. */
export function ProblemSummary({
  problems: { shown, box, focus },
  label = () => null,
}: {
  problems: FormProblems;
  label?: (path: string) => string | null;
}) {
  const [first] = shown;
  if (first === undefined || (shown.length === 1 && first[0] !== '')) return null;
  const alone = shown.length === 1;
  return (
    <Alert
      ref={box}
      tabIndex={-1}
      color="red"
      role="alert"
      icon={<IconAlertTriangle aria-hidden />}
      title={alone ? 'This was not saved' : `${shown.length} things are to be mended first`}
    >
      {alone ? (
        <Text size="sm">{first[1]}</Text>
      ) : (
        <List size="sm" spacing={4}>
          {shown.map(([path, message]) => (
            <List.Item key={path}>
              {path === '' ? (
                message
              ) : (
                <UnstyledButton className={classes['go']} onClick={() => focus(path)}>
                  {label(path) === null ? message : `${label(path)}: ${message}`}
                </UnstyledButton>
              )}
            </List.Item>
          ))}
        </List>
      )}
    </Alert>
  );
}
