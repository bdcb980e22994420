/** The permissions as check boxes, each with what it means; those that the viewer may not touch say why. */
import { Checkbox, Stack } from '@mantine/core';

import type { Permission } from '../gql/graphql.ts';
import { PERMISSIONS } from './permissions.tsx';

interface PermissionBoxesProps {
  label: string;
  value: readonly Permission[];
  onChange: (value: Permission[]) => void;
  /** Why a permission cannot be switched, '' where that is not to be said; null where it can. */
  reason: (permission: Permission) => string | null;
  error?: string | undefined;
}

export function PermissionBoxes({ label, value, onChange, reason, error }: PermissionBoxesProps) {
  return (
    <Checkbox.Group
      label={label}
      value={[...value]}
      onChange={(chosen) =>
        onChange(PERMISSIONS.map((permission) => permission.value).filter((held) => chosen.includes(held)))
      }
      error={error}
    >
      <Stack gap="sm" mt={6}>
        {PERMISSIONS.map(({ value: permission, label: name, text }) => {
          const why = reason(permission);
          return (
            <Checkbox
              key={permission}
              value={permission}
              label={name}
              description={why ? `${text} ${why}` : text}
              disabled={why !== null}
            />
          );
        })}
      </Stack>
    </Checkbox.Group>
  );
}
