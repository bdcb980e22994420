/** The three parts of a webhook, each read and edited in its place, one at a time; beside them what nobody edits. */
import { Stack } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { type ReactNode, useState } from 'react';

import { Section } from '../../ui/section.tsx';
import { DetailsFields } from '../editor/details-fields.tsx';
import { EndpointFields } from '../editor/endpoint-fields.tsx';
import type { Part, WebhookForm } from '../editor/form.ts';
import { TriggerFields } from '../editor/trigger-fields.tsx';
import { About } from './about.tsx';
import classes from './details.module.css';
import { DetailsView } from './details-view.tsx';
import { EditButton } from './edit-button.tsx';
import { EndpointsView } from './endpoints-view.tsx';
import { SecretsDialog } from './secrets-dialog.tsx';
import { SectionForm } from './section-form.tsx';
import { TriggersView } from './triggers-view.tsx';
import type { NewSecret } from './use-section-edit.ts';
import type { DetailedWebhook } from './use-webhook.ts';

interface SectionKind {
  title: string;
  first: string;
  view: (props: OverviewProps) => ReactNode;
  fields: (form: WebhookForm) => ReactNode;
}

const SECTIONS: Record<Part, SectionKind> = {
  details: {
    title: 'Details',
    first: 'details.name',
    view: ({ webhook }) => <DetailsView webhook={webhook} />,
    fields: (form) => <DetailsFields form={form} />,
  },
  endpoints: {
    title: 'Endpoints',
    first: 'endpoints.0.target',
    view: ({ webhook, mayEdit, reload }) => (
      <EndpointsView webhook={webhook} mayEdit={mayEdit} reload={reload} />
    ),
    fields: (form) => <EndpointFields form={form} />,
  },
  triggers: {
    title: 'Triggers',
    first: 'triggers.0.resource',
    view: ({ webhook: { triggers } }) => <TriggersView triggers={triggers} />,
    fields: (form) => <TriggerFields form={form} />,
  },
};

interface OverviewProps {
  webhook: DetailedWebhook;
  mayEdit: boolean;
  editing: Part | null;
  onEdit: (part: Part | null) => void;
  onChanged: (webhook: DetailedWebhook) => void;
  reload: () => Promise<void>;
}

export function Overview(props: OverviewProps) {
  const { webhook, mayEdit, editing, onEdit, onChanged } = props;
  const [secrets, setSecrets] = useState<NewSecret[]>([]);

  function saved(part: Part, changed: DetailedWebhook, newSecrets: NewSecret[]): void {
    onChanged(changed);
    onEdit(null);
    setSecrets(newSecrets);
    notifications.show({ message: `${SECTIONS[part].title} of webhook ${changed.number} saved.` });
  }

  return (
    <div className={classes['columns']}>
      <Stack gap="md" miw={0}>
        {(Object.keys(SECTIONS) as Part[]).map((part) => {
          const { title, first, view, fields } = SECTIONS[part];
          return (
            <Section
              key={part}
              title={title}
              actions={
                <EditButton
                  what={part}
                  editing={editing === part}
                  onEdit={mayEdit && editing === null ? () => onEdit(part) : null}
                />
              }
            >
              {editing === part ? (
                <SectionForm
                  part={part}
                  webhook={webhook}
                  first={first}
                  fields={fields}
                  onCancel={() => onEdit(null)}
                  onSaved={(changed, newSecrets) => saved(part, changed, newSecrets)}
                />
              ) : (
                view(props)
              )}
            </Section>
          );
        })}
      </Stack>
      <About webhook={webhook} />
      <SecretsDialog secrets={secrets} onClose={() => setSecrets([])} />
    </div>
  );
}
