/** Where one is in the wizard: three steps in a row; those before can be gone back to. */
import { UnstyledButton } from '@mantine/core';
import { IconCheck } from '@tabler/icons-react';

import { type Part, PARTS } from './editor/form.ts';
import classes from './wizard-steps.module.css';

/** What the steps are called. */
export const STEP_NAMES: Record<Part, string> = {
  details: 'Details',
  endpoints: 'Endpoints',
  triggers: 'Triggers',
};

export function WizardSteps({ current, onBack }: { current: Part; onBack: (to: Part) => void }) {
  const position = PARTS.indexOf(current);
  return (
    <ol className={classes['steps']} aria-label="Steps">
      {PARTS.map((part, index) => {
        const done = index < position;
        const inner = (
          <>
            <span className={classes['number']} aria-hidden>
              {done ? <IconCheck size={15} stroke={2.4} /> : index + 1}
            </span>
            {STEP_NAMES[part]}
          </>
        );
        return (
          <li
            key={part}
            className={classes['step']}
            data-state={done ? 'done' : index === position ? 'current' : 'ahead'}
            aria-current={index === position ? 'step' : undefined}
          >
            {done ? (
              <UnstyledButton
                className={classes['label']}
                aria-label={`Back to step ${index + 1}, ${STEP_NAMES[part]}`}
                onClick={() => onBack(part)}
              >
                {inner}
              </UnstyledButton>
            ) : (
              <span className={classes['label']}>{inner}</span>
            )}
          </li>
        );
      })}
    </ol>
  );
}
