/** Text as it is, never as markup, with a button to copy it: payloads, headers, commands. */
import { Box, ScrollArea, Text } from '@mantine/core';

import classes from './code-block.module.css';
import { CopyButton } from './copy-button.tsx';

/** label names the text for screen readers and for the button. */
export function CodeBlock({
  text,
  label,
  maxHeight = 420,
}: {
  text: string;
  label: string;
  maxHeight?: number;
}) {
  return (
    <Box className={classes['block']}>
      <Box className={classes['copy']}>
        <CopyButton value={text} what={label} />
      </Box>
      <ScrollArea.Autosize
        mah={maxHeight}
        viewportProps={{ tabIndex: 0, role: 'region', 'aria-label': label }}
      >
        <Text component="pre" ff="monospace" size="sm" m={0} p="sm" pr={44} className={classes['text']}>
          {text}
        </Text>
      </ScrollArea.Autosize>
    </Box>
  );
}

/** JSON as people read it; what is no JSON comes back as it is. */
export function prettyJson(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value, null, 2);
  try {
    return JSON.stringify(JSON.parse(value), null, 2);
  } catch {
    return value;
  }
}
