/**
 * A chart in its frame. The drawing is for the eye alone: its sentence says what it comes to, and a table that can be
 * opened holds the numbers that it is made of.
 */
import { Button, Collapse, Stack, Table, Text } from '@mantine/core';
import { IconTable } from '@tabler/icons-react';
import { type ReactNode, useId, useState } from 'react';

import { Section } from '../ui/section.tsx';
import classes from './chart-figure.module.css';

/** A row of the table. */
export interface ChartRow {
  /** What no other row has; two may well read alike. */
  key: string;
  /** The first one names the row. */
  cells: string[];
}

interface ChartFigureProps {
  title: string;
  /** What the chart comes to, in a sentence. */
  summary: string;
  /** Beside the title. */
  aside?: ReactNode;
  head: string[];
  rows: ChartRow[];
  children: ReactNode;
}

export function ChartFigure({ title, summary, aside, head, rows, children }: ChartFigureProps) {
  const [open, setOpen] = useState(false);
  const id = useId();
  return (
    <Section title={title} description={summary} actions={aside}>
      <div aria-hidden data-chart className={classes['drawing']}>
        {children}
      </div>
      <Stack gap="xs" align="flex-start">
        <Button
          variant="subtle"
          size="compact-sm"
          leftSection={<IconTable aria-hidden size={15} />}
          aria-expanded={open}
          aria-controls={id}
          onClick={() => setOpen((now) => !now)}
        >
          {open ? 'Hide the table' : 'Show as a table'}
        </Button>
        <Collapse expanded={open} id={id} w="100%">
          {open && (
            <div className={classes['scroll']} role="region" aria-label={`${title}: table`} tabIndex={0}>
              <Table aria-label={title} withTableBorder striped>
                <Table.Thead>
                  <Table.Tr>
                    {head.map((name) => (
                      <Table.Th key={name} scope="col">
                        {name}
                      </Table.Th>
                    ))}
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {rows.map(({ key, cells: [name, ...cells] }) => (
                    <Table.Tr key={key}>
                      <Table.Th scope="row" fw={400}>
                        {name}
                      </Table.Th>
                      {cells.map((cell, index) => (
                        <Table.Td key={head[index + 1]}>{cell}</Table.Td>
                      ))}
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
              {rows.length === 0 && (
                <Text size="sm" c="dimmed" p="xs">
                  Nothing yet.
                </Text>
              )}
            </div>
          )}
        </Collapse>
      </Stack>
    </Section>
  );
}
