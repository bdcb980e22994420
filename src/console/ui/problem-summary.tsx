/** What is wrong with a form, in one place: each problem leads to its field. */
import { Alert, Anchor, List, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { RefObject } from 'react';

/** The problems of a form. */
export interface ShownProblems {
  /** By path; what stands at no field is under ''. */
  shown: readonly [path: string, message: string][];
  /** Takes the focus when there is no single field for it. */
  box?: RefObject<HTMLDivElement | null>;
  focus: (path: string) => void;
}

interface ProblemSummaryProps {
  problems: ShownProblems;
  /** How people call the field of a path; where it has no name, the message itself leads there. */
  label?: (path: string) => string | null;
}

/** A single one with a field is said there, and taken up by the focus: then there is nothing here. */
export function ProblemSummary({ problems, label = () => null }: ProblemSummaryProps) {
  const { shown, box, focus } = problems;
  const [first] = shown;
  if (first === undefined || (shown.length === 1 && first[0] !== '')) return null;
  const alone = shown.length === 1;
  return (
    <Alert
      ref={box}
      tabIndex={-1}
      color="red"
      role="alert"
      icon={<IconAlertTriangle aria-hidden />}
      title={alone ? 'This was not saved' : `${shown.length} things are to be mended`}
    >
      {alone ? (
        <Text size="sm">{first[1]}</Text>
      ) : (
        <List size="sm" spacing={4} listStyleType="none">
          {shown.map(([path, message]) => (
            <List.Item key={path}>
              <Problem path={path} message={message} name={label(path)} focus={focus} />
            </List.Item>
          ))}
        </List>
      )}
    </Alert>
  );
}

function Problem(props: {
  path: string;
  message: string;
  name: string | null;
  focus: (path: string) => void;
}) {
  const { path, message, name, focus } = props;
  if (path === '') return message;
  const link = (text: string) => (
    <Anchor component="button" type="button" size="sm" c="inherit" ta="left" onClick={() => focus(path)}>
      {text}
    </Anchor>
  );
  return name === null ? (
    link(message)
  ) : (
    <>
      {link(name)}: {message}
    </>
  );
}
