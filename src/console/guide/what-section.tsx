import { Text } from '@mantine/core';

import { Section } from '../ui/section.tsx';
import { SECTIONS } from './contents.tsx';

/** What webhooks are, and what of them is ours. */
export function WhatSection() {
  return (
    <Section id="what" title={SECTIONS.what}>
      <Text>
        A webhook tells another server by itself when something happens here: a client is created, a payment
        is changed. Your server need not ask again and again; it gets a POST request with the record, usually
        within a second.
      </Text>
      <Text>
        A webhook belongs to your account. It hears what happens in your account and below, or, if you like,
        only what one login or one team does, and never anything from beside you. As long as you have added
        none, nothing is sent.
      </Text>
    </Section>
  );
}
