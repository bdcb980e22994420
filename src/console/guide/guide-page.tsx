/** The guide "Set Up Webhooks", for administrators and for who writes the receiver. */
import { Box, Stack } from '@mantine/core';
import { useEffect } from 'react';
import { useLocation } from 'react-router';

import { Page } from '../layout/page.tsx';
import { ArrivalSection } from './arrival-section.tsx';
import { CatalogSection } from './catalog-section.tsx';
import { Contents } from './contents.tsx';
import classes from './guide-page.module.css';
import { HealthSection } from './health-section.tsx';
import { RelatedPages } from './related-pages.tsx';
import { RetriesSection } from './retries-section.tsx';
import { StepsSection } from './steps-section.tsx';
import { TestingSection } from './testing-section.tsx';
import { TroubleSection } from './trouble-section.tsx';
import { VerifySection } from './verify-section.tsx';
import { WhatSection } from './what-section.tsx';

export function GuidePage() {
  const { hash, key } = useLocation();
  useEffect(() => {
    const target = hash === '' ? null : document.getElementById(hash.slice(1));
    target?.scrollIntoView();
    target?.focus({ preventScroll: true });
  }, [hash, key]);
  return (
    <Page
      title="Set Up Webhooks"
      description="From the first click to a receiver that takes only what is genuine. Ten minutes, most of them on your side of the wire."
    >
      <Box className={classes['layout']}>
        <Stack gap="lg" className={classes['text']}>
          <WhatSection />
          <StepsSection />
          <ArrivalSection />
          <VerifySection />
          <RetriesSection />
          <HealthSection />
          <TestingSection />
          <TroubleSection />
          <CatalogSection />
          <RelatedPages />
        </Stack>
        <Contents />
      </Box>
    </Page>
  );
}
