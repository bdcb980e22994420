/** One place to send to. */
import { Button, Stack } from '@mantine/core';
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react';
import { memo, useEffect, useId, useState } from 'react';

import { isMail } from '../endpoint-place.ts';
import { AdvancedFields } from './advanced-fields.tsx';
import { AuthenticationFields } from './authentication-fields.tsx';
import { type AdvancedValues, type EndpointValues, withKind } from './endpoint-values.ts';
import { MailAdvancedFields } from './mail-advanced-fields.tsx';
import { PlaceFields } from './place-fields.tsx';
import { sameProps } from './problems.ts';
import { RowFrame } from './row-frame.tsx';

interface EndpointRowProps {
  row: EndpointValues;
  index: number;
  only: boolean;
  /** The team that the webhook watches; null where it watches none. */
  team: string | null;
  /** By the paths below this row: "target", "advanced.headers.0.name". */
  errors: Record<string, string>;
  onChange: (index: number, patch: Partial<EndpointValues>, touched: string[]) => void;
  onRemove: (index: number) => void;
}

export const EndpointRow = memo(function EndpointRow(props: EndpointRowProps) {
  const { row, index, only, team, errors, onChange, onRemove } = props;
  const { kind, advanced, authentication } = row;
  const wrong = Object.keys(errors).some((path) => /^(?:advanced|authentication)\b/.test(path));
  const [wanted, setWanted] = useState(false);
  const opened = wanted || wrong;
  const section = useId();
  // What opened for an error stays open once that is mended.
  useEffect(() => {
    if (wrong) setWanted(true);
  }, [wrong]);
  const filled = row.target !== '' || row.mailbox !== '' || kind === 'TEAM_MAILBOXES';
  // One that the server has knows them all.
  const used =
    Object.keys(advanced.touched).length > 0 || advanced.timeoutMs !== '' || authentication.type !== 'NONE';

  function changeAdvanced(patch: Partial<Omit<AdvancedValues, 'touched'>>, paths: string[]): void {
    const touched = Object.fromEntries(Object.keys(patch).map((key) => [key, true]));
    onChange(
      index,
      { advanced: { ...advanced, ...patch, touched: { ...advanced.touched, ...touched } } },
      paths.map((path) => `advanced.${path}`),
    );
  }

  return (
    <RowFrame
      name={`Endpoint ${index + 1}`}
      filled={filled || used}
      onRemove={only ? undefined : () => onRemove(index)}
    >
      <Stack gap="sm">
        <PlaceFields
          at={`endpoints.${index}`}
          row={row}
          team={team}
          errors={errors}
          // What is wrong with the fields of another kind is of no concern any more.
          onKind={(next) => onChange(index, withKind(row, next), Object.keys(errors))}
          onAddress={(patch) => onChange(index, patch, ['target'])}
        />
        <div>
          <Button
            variant="subtle"
            size="compact-sm"
            aria-expanded={opened}
            aria-controls={section}
            leftSection={
              opened ? <IconChevronDown aria-hidden size={16} /> : <IconChevronRight aria-hidden size={16} />
            }
            onClick={() => setWanted(!opened)}
          >
            Advanced
          </Button>
        </div>
        <div id={section} hidden={!opened}>
          {opened &&
            (isMail(kind) ? (
              <MailAdvancedFields index={index} values={advanced} errors={errors} onChange={changeAdvanced} />
            ) : (
              <AdvancedFields
                index={index}
                authentication={
                  <AuthenticationFields
                    at={`endpoints.${index}.authentication`}
                    values={authentication}
                    errors={errors}
                    onChange={(changed, paths) => onChange(index, { authentication: changed }, paths)}
                  />
                }
                values={advanced}
                signingNow={row.signingNow}
                errors={errors}
                onChange={changeAdvanced}
              />
            ))}
        </div>
      </Stack>
    </RowFrame>
  );
}, sameProps);
