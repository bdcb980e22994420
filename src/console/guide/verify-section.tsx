import { Anchor, Tabs, Text } from '@mantine/core';

import { CodeBlock } from '../ui/code-block.tsx';
import { Facts } from '../ui/facts.tsx';
import { Section } from '../ui/section.tsx';
import { SIGNING_WORDS } from '../webhooks/editor/signing-field.tsx';
import { SECTIONS } from './contents.tsx';
import { BY_HAND, NODE, PUBLIC_KEY, PYTHON } from './snippets.ts';

const SNIPPETS: [name: string, text: string][] = [
  ['Node.js', NODE],
  ['Python', PYTHON],
  ['By hand', BY_HAND],
  ['With a public key', PUBLIC_KEY],
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
        . Check the body as it came; once it has been parsed and written again, its bytes are others.
      </Text>
      <Facts
        rows={[
          [
            SIGNING_WORDS.STANDARD_WEBHOOKS_HMAC.label,
            <span key="hmac">
              The usual one. The secret begins with <code>whsec_</code>, a signature with <code>v1</code>;
              there are libraries for most languages, and it is a dozen lines by hand.
            </span>,
          ],
          [
            SIGNING_WORDS.STANDARD_WEBHOOKS_ED25519.label,
            <span key="ed25519">
              The receiver holds a public key alone, which begins with <code>whpk_</code> and may be known to
              everybody; a signature begins with <code>v1a</code>.
            </span>,
          ],
          [
            SIGNING_WORDS.NONE.label,
            'For receivers that tell by other means who is there, such as mutual TLS.',
          ],
        ]}
      />
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
      <Text>
        On the page of a webhook, <b>Rotate</b> makes a new secret. For a grace period that you choose,
        requests carry a signature with each of the two, so that no request is lost while your receiver
        changes over.
      </Text>
      <Text>
        Beside the signature a request can carry a credential that your gateway asks for: a user name with a
        password, a token, a key in a header, a token of OAuth 2.0, or a client certificate. Choose it under{' '}
        <b>Advanced</b>, <b>Authentication</b>.
      </Text>
    </Section>
  );
}
