/** The way round the guide. */
import { Anchor, Text } from '@mantine/core';
import { Link } from 'react-router';

import classes from './guide-page.module.css';

/** The ids of the sections with their titles, in their order. */
export const SECTIONS = {
  what: 'What webhooks are',
  steps: 'Add one in three steps',
  arrives: 'What arrives',
  verify: 'Check the signature',
  retries: 'Answers and retries',
  health: 'When an endpoint keeps failing',
  testing: 'Try it before it counts',
  trouble: 'When something goes wrong',
  catalog: 'What you can listen to',
  related: 'Related pages',
} as const;

export function Contents() {
  return (
    <nav aria-labelledby="on-this-page" className={classes['contents']}>
      <Text id="on-this-page" size="sm" fw={650}>
        On this page
      </Text>
      <ul className={classes['list']}>
        {Object.entries(SECTIONS).map(([id, title]) => (
          <li key={id}>
            <Anchor component={Link} to={{ hash: id }} size="sm">
              {title}
            </Anchor>
          </li>
        ))}
      </ul>
    </nav>
  );
}
