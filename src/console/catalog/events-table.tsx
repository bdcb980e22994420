/** The events of a resource: when each happens, and whether the host sends it. */
import { Text } from '@mantine/core';

import tableClasses from '../ui/data-table.module.css';
import { SupportedBadge } from './support-badge.tsx';

interface EventsTableProps {
  resource: string;
  /** Who publishes them: "the host". */
  sentBy: string;
  events: readonly { name: string; label: string; description: string; supported: boolean }[];
}

export function EventsTable({ resource, sentBy, events }: EventsTableProps) {
  const sent = `Sent by ${sentBy}`;
  return (
    <table className={tableClasses['table']} role="table" aria-label={`Events of ${resource}`}>
      <thead role="rowgroup" className={tableClasses['head']}>
        <tr role="row">
          {['Event', 'When it happens', sent].map((header) => (
            <th key={header} role="columnheader" scope="col">
              {header}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {events.map(({ name, label, description, supported }) => (
          <tr key={name} role="row">
            <td role="cell" data-label="Event">
              <span>
                {label}{' '}
                <Text span size="xs" c="dimmed" ff="monospace">
                  {name}
                </Text>
              </span>
            </td>
            <td role="cell" data-label="When it happens">
              {description || '–'}
            </td>
            <td role="cell" data-label={sent}>
              <SupportedBadge supported={supported} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
