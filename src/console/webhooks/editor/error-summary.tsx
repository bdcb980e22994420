/** What is wrong with a form, in one place: each problem leads to its field. */
import { Alert, Anchor, List } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';

import { fieldName, focusField } from './problems.ts';

/** errors are those of the form, by path; nothing is shown when there are none. */
export function ErrorSummary({ errors }: { errors: Record<string, unknown> }) {
  const entries = Object.entries(errors).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1] !== '',
  );
  if (entries.length === 0) return null;
  const title =
    entries.length === 1 ? 'One thing is to be mended' : `${entries.length} things are to be mended`;
  return (
    <Alert color="red" role="alert" icon={<IconAlertTriangle aria-hidden />} title={title}>
      <List size="sm" spacing={4} listStyleType="none">
        {entries.map(([path, message]) => {
          const name = fieldName(path);
          return (
            <List.Item key={path}>
              {name !== '' && (
                <>
                  <Anchor component="button" type="button" size="sm" onClick={() => focusField(path)}>
                    {name}
                  </Anchor>
                  {': '}
                </>
              )}
              {message}
            </List.Item>
          );
        })}
      </List>
    </Alert>
  );
}
