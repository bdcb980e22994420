import { Text } from '@mantine/core';

import tableClasses from '../ui/data-table.module.css';
import { Section } from '../ui/section.tsx';
import { SECTIONS } from './contents.tsx';
import { FAILURES } from './failures.ts';
import classes from './guide-page.module.css';

const HEADERS = ['What happened', 'What to do', 'Code'] as const;

/** The failures in words. */
export function TroubleSection() {
  return (
    <Section id="trouble" title={SECTIONS.trouble}>
      <Text>
        <b>Nothing arrives at all?</b> Look at the webhook: a disabled one sends nothing, and an inactive one
        says why none of its triggers can fire; an endpoint that is paused or off says why, too. Then look
        whether the event was published, and by whom: only what happens inside the webhook&apos;s scope
        counts.
      </Text>
      <Text>
        <b>An attempt failed?</b> The page of its delivery says with which of these causes:
      </Text>
      <table className={tableClasses['table']} role="table" aria-label="Causes of failed attempts">
        <thead role="rowgroup" className={tableClasses['head']}>
          <tr role="row">
            {HEADERS.map((header) => (
              <th key={header} role="columnheader" scope="col">
                {header}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {FAILURES.map(([code, meaning, remedy]) => (
            <tr key={code} role="row">
              <td role="cell" data-label={HEADERS[0]}>
                {meaning}
              </td>
              <td role="cell" data-label={HEADERS[1]}>
                {remedy}
              </td>
              <td role="cell" data-label={HEADERS[2]}>
                <code className={classes['code']}>{code}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  );
}
