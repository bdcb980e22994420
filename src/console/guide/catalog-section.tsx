import { Anchor, Text } from '@mantine/core';
import { Link } from 'react-router';

import { isBuiltIn } from '../catalog/built-in.tsx';
import { resourceAddress } from '../catalog/resource-address.ts';
import { AllowedBadge } from '../catalog/support-badge.tsx';
import tableClasses from '../ui/data-table.module.css';
import { Section } from '../ui/section.tsx';
import { ErrorState, LoadingState } from '../ui/states.tsx';
import { SECTIONS } from './contents.tsx';
import { useGuideCatalog } from './use-guide-catalog.ts';

const HEADERS = ['Resource', 'Events', 'Webhooks'] as const;

/** The catalog as it is now. */
export function CatalogSection() {
  return (
    <Section id="catalog" title={SECTIONS.catalog}>
      <Text>
        A trigger on a resource that is not allowed, or on an event that the host does not send, is saved and
        stays inactive until the catalog changes. Each resource has a page with its model, its JSON Schema and
        samples.
      </Text>
      <CatalogTable />
    </Section>
  );
}

function CatalogTable() {
  const { resources, error, reload } = useGuideCatalog();
  if (error) return <ErrorState error={error} onRetry={reload} />;
  if (resources === null) return <LoadingState what="the catalog" />;
  return (
    <>
      {resources.every(isBuiltIn) && <Text c="dimmed">The host application has registered nothing yet.</Text>}
      <table className={tableClasses['table']} role="table" aria-label="What you can listen to">
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
          {resources.map(({ id, name, label, allowed, events }) => (
            <tr key={id} role="row">
              <td role="cell" data-label={HEADERS[0]}>
                <Anchor component={Link} to={resourceAddress(name)} size="sm">
                  {label}
                </Anchor>
                {isBuiltIn({ name }) && ' (built in)'}
              </td>
              <td role="cell" data-label={HEADERS[1]}>
                {events
                  .map((event) => (event.supported ? event.label : `${event.label} (not supported)`))
                  .join(', ')}
              </td>
              <td role="cell" data-label={HEADERS[2]}>
                <AllowedBadge allowed={allowed} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
