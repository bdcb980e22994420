import { Anchor, Tabs, Text } from '@mantine/core';

import { CodeBlock } from '../ui/code-block.tsx';
import { Section } from '../ui/section.tsx';
import { SECTIONS } from './contents.tsx';
import { BY_HAND, NODE, PYTHON } from './snippets.ts';

const SNIPPETS: [name: string, text: string][] = [
  ['Node.js', NODE],
  ['Python', PYTHON],
  ['By hand', BY_HAND],
];

/** What a receiver does before it believes a request. */
export function VerifySection() {
  return (
    <Section id="verify" title={SECTIONS.verify}>
      <Text>
        Anybody can send a POST to your address. What comes from here is signed with the signing secret of the
        endpoint, by the rules of{' '}
        <Anchor href="https://www.standardwebhooks.com/" target="_blank" rel="noreferrer">
          Standard Webhooks
        </Anchor>
        : there are libraries for most languages, and it is a dozen lines by hand. Check the body as it came;
        once it has been parsed and written again, its bytes are others.
      </Text>
      <Tabs defaultValue={SNIPPETS[0]![0]} keepMounted={false}>
        <Tabs.List>
          {SNIPPETS.map(([name]) => (
            <Tabs.Tab key={name} value={name}>
              {name}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {SNIPPETS.map(([name, text]) => (
          <Tabs.Panel key={name} value={name} pt="sm">
            <CodeBlock text={text} label={`check of the signature, ${name}`} />
          </Tabs.Panel>
        ))}
      </Tabs>
    </Section>
  );
}
