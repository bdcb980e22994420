/** What is wrong with a form, in one place: each problem leads to its field. */
import { Alert, Anchor, List } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';

import { fieldName, focusField } from './problems.ts';

/** errors are those of the form, by path. A single one is said by its field already, and taken up by the focus. */
export function ErrorSummary({ errors }: { errors: Record<string, unknown> }) {
  const entries = Object.entries(errors).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1] !== '',
  );
  if (entries.length < 2) return null;
  return (
    <Alert
      color="red"
      role="alert"
      icon={<IconAlertTriangle aria-hidden />}
      title={`${entries.length} things are to be mended`}
    >
      <List size="sm" spacing={4} listStyleType="none">
        {entries.map(([path, message]) => {
          const name = fieldName(path);
          return (
            <List.Item key={path}>
              {name !== '' && (
                <>
                  <Anchor
                    component="button"
                    type="button"
                    size="sm"
                    c="inherit"
                    onClick={() => focusField(path)}
                  >
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
