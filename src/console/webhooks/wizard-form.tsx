/** One step of the dialog at a time, with Back, NEXT and at the end ADD. */
import { Button, Group, Stack, Title } from '@mantine/core';
import { type FormEvent, useEffect, useRef } from 'react';

import { ProblemSummary } from '../ui/problem-summary.tsx';
import { DetailsFields } from './editor/details-fields.tsx';
import { EndpointFields } from './editor/endpoint-fields.tsx';
import { type Part, PARTS } from './editor/form.ts';
import { fieldName, focusField, partOf, shownProblems } from './editor/problems.ts';
import { TriggerFields } from './editor/trigger-fields.tsx';
import { SubmitButton } from './submit-button.tsx';
import type { Wizard } from './use-wizard.ts';
import classes from './wizard-dialog.module.css';
import { KeepingNote, WizardObstacles } from './wizard-notices.tsx';
import { WizardSample } from './wizard-sample.tsx';
import { WizardSteps } from './wizard-steps.tsx';

interface WizardFormProps {
  wizard: Wizard;
  step: Part;
  /** Nothing was typed before: the first field takes the focus. */
  fresh: boolean;
  onStep: (to: Part) => void;
}

const HEADINGS: Record<Part, string> = {
  details: 'What is it called, and whose activity does it watch?',
  endpoints: 'Where should it send?',
  triggers: 'What fires it?',
};

export function WizardForm({ wizard, step, fresh, onStep }: WizardFormProps) {
  const { form, busy } = wizard;
  const position = PARTS.indexOf(step);
  const last = position === PARTS.length - 1;
  const heading = useRef<HTMLHeadingElement>(null);
  const opened = useRef(fresh);
  /** The field to go to once its step is on display. */
  const wanted = useRef<string | null>(null);

  // Each step begins at its heading; a new webhook at its name, where the dialog puts the focus.
  useEffect(() => {
    const field = wanted.current;
    wanted.current = null;
    if (field !== null) focusField(field);
    else if (!opened.current) heading.current?.focus();
    opened.current = false;
  }, [step]);

  function goTo(errors: Record<string, string>): void {
    const [first] = Object.keys(errors);
    const part = first === undefined ? null : partOf(first);
    if (first === undefined || part === null) return;
    if (part === step) return focusField(first);
    wanted.current = first;
    onStep(part);
  }

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (last) return add();
    const errors = await wizard.check(step);
    if (errors === null) return;
    if (Object.keys(errors).length > 0) goTo(errors);
    else onStep(PARTS[position + 1]!);
  }

  async function add(): Promise<void> {
    goTo((await wizard.add()) ?? {});
  }

  async function back(to: Part): Promise<void> {
    await wizard.leave();
    onStep(to);
  }

  return (
    <form onSubmit={(event) => void submit(event)} noValidate>
      <Stack gap="md">
        <WizardSteps current={step} onBack={(to) => void back(to)} />
        <Title order={3} size="h4" ref={heading} tabIndex={-1} data-autofocus={fresh ? undefined : true}>
          Step {position + 1} of {PARTS.length}: {HEADINGS[step]}
        </Title>
        <WizardObstacles wizard={wizard} onAdd={() => void add()} />
        <ProblemSummary problems={shownProblems(errorsOf(form.errors, step))} label={fieldName} />
        {step === 'details' && <DetailsFields form={form} autoFocus={fresh} />}
        {step === 'endpoints' && <EndpointFields form={form} />}
        {step === 'triggers' && (
          <>
            <TriggerFields form={form} />
            <WizardSample triggers={form.values.triggers} endpoints={form.values.endpoints} />
          </>
        )}
        <Group justify="space-between" wrap="nowrap" className={classes['foot']}>
          <Group gap="sm">
            {position > 0 && (
              <Button variant="default" onClick={() => void back(PARTS[position - 1]!)}>
                Back
              </Button>
            )}
            <KeepingNote wizard={wizard} />
          </Group>
          <SubmitButton busy={busy} disabled={wizard.conflict !== null || wizard.lost !== null}>
            {last ? 'ADD' : 'NEXT'}
          </SubmitButton>
        </Group>
      </Stack>
    </form>
  );
}

/** Those of one step only: the others have their own. */
function errorsOf(errors: Record<string, unknown>, step: Part): Record<string, unknown> {
  return Object.fromEntries(Object.entries(errors).filter(([path]) => partOf(path) === step));
}
