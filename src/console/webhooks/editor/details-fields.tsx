/** Name, description, and whose activity is watched. */
import { Group, Radio, Stack, Textarea, TextInput } from '@mantine/core';

import type { DetailsValues, Scope, WebhookForm } from './form.ts';
import { LIMITS } from './limits.ts';
import { LoginSelect, TeamSelect } from './scope-select.tsx';

const SCOPES: [scope: Scope, label: string, description: string][] = [
  ['account', 'The whole account', 'Whatever happens in it and in the accounts below.'],
  ['login', 'For Login', 'What one login does, with all logins below it.'],
  ['team', 'Team', 'What the members of a team do; they may read the webhook, too.'],
];

/** What is wrong with the choice of where endpoints send. */
const OF_KINDS = /^endpoints\.\d+\.kind$/;

/** The fields of step 1; form is the whole webhook's. autoFocus lets a dialog around them begin at the name. */
export function DetailsFields({ form, autoFocus = false }: { form: WebhookForm; autoFocus?: boolean }) {
  const { details } = form.values;
  function change(patch: Partial<DetailsValues>): void {
    form.setFieldValue('details', (now) => ({ ...now, ...patch }));
    for (const key of Object.keys(patch)) form.clearFieldError(`details.${key}`);
    // The mailboxes of a team lacked one, perhaps.
    if (patch.team)
      for (const path of Object.keys(form.errors)) if (OF_KINDS.test(path)) form.clearFieldError(path);
  }
  return (
    <Stack gap="md">
      <TextInput
        label="Name"
        description={`What the webhook is called in the table, ${LIMITS.name} characters at most.`}
        required
        data-field="details.name"
        data-autofocus={autoFocus || undefined}
        value={details.name}
        error={form.errors['details.name']}
        onChange={(event) => change({ name: event.currentTarget.value })}
      />
      <Textarea
        label="Description"
        description={`What it is for, ${LIMITS.description.toLocaleString()} characters at most.`}
        autosize
        minRows={2}
        maxRows={8}
        data-field="details.description"
        value={details.description}
        error={form.errors['details.description']}
        onChange={(event) => change({ description: event.currentTarget.value })}
      />
      <Radio.Group
        label="Whose activity is watched"
        value={details.scope}
        // Where no team is chosen, there is no field of it.
        error={details.scope === 'team' ? undefined : form.errors['details.team']}
        onChange={(scope) => {
          change({ scope: scope });
          form.clearFieldError('details.forLogin');
          form.clearFieldError('details.team');
        }}
      >
        <Group gap="lg" mt={6} align="flex-start">
          {SCOPES.map(([scope, label, description]) => (
            <Radio
              key={scope}
              value={scope}
              label={label}
              description={description}
              maw={230}
              {...(scope === details.scope && scope !== 'team' ? { 'data-field': 'details.team' } : {})}
            />
          ))}
        </Group>
      </Radio.Group>
      {details.scope === 'login' && (
        <LoginSelect
          value={details.forLogin}
          error={form.errors['details.forLogin']}
          onChange={(forLogin) => change({ forLogin })}
        />
      )}
      {details.scope === 'team' && (
        <TeamSelect
          value={details.team}
          error={form.errors['details.team']}
          onChange={(team) => change({ team })}
        />
      )}
    </Stack>
  );
}
