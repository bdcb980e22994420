/** One address to send to. */
import { Button, Stack, TextInput } from '@mantine/core';
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react';
import { memo, useEffect, useId, useState } from 'react';

import { AdvancedFields } from './advanced-fields.tsx';
import { AuthenticationFields } from './authentication-fields.tsx';
import type { AdvancedValues, EndpointValues } from './endpoint-values.ts';
import { sameProps } from './problems.ts';
import { RowFrame } from './row-frame.tsx';

interface EndpointRowProps {
  row: EndpointValues;
  index: number;
  only: boolean;
  /** By the paths below this row: "target", "advanced.headers.0.name". */
  errors: Record<string, string>;
  onChange: (index: number, patch: Partial<EndpointValues>, touched: string[]) => void;
  onRemove: (index: number) => void;
}

export const EndpointRow = memo(function EndpointRow(props: EndpointRowProps) {
  const { row, index, only, errors, onChange, onRemove } = props;
  const { advanced, authentication } = row;
  const wrong = Object.keys(errors).some((path) => /^(?:advanced|authentication)\b/.test(path));
  const [wanted, setWanted] = useState(false);
  const opened = wanted || wrong;
  const section = useId();
  // What opened for an error stays open once that is mended.
  useEffect(() => {
    if (wrong) setWanted(true);
  }, [wrong]);
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
      filled={row.target !== '' || used}
      onRemove={only ? undefined : () => onRemove(index)}
    >
      <Stack gap="sm">
        <TextInput
          label="Web address"
          description="Where the events are sent with POST: an https address, such as https://example.com/hooks."
          required
          type="url"
          inputMode="url"
          autoComplete="off"
          spellCheck={false}
          data-field={`endpoints.${index}.target`}
          value={row.target}
          error={errors['target']}
          onChange={(event) => onChange(index, { target: event.currentTarget.value }, ['target'])}
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
          {opened && (
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
          )}
        </div>
      </Stack>
    </RowFrame>
  );
}, sameProps);
