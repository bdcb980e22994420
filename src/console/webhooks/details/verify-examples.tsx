/** An example for each language, one at a time. */
import { SegmentedControl, Select } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useState } from 'react';

import { CodeBlock } from '../../ui/code-block.tsx';
import type { Snippet } from './snippets-ed25519.ts';

export function VerifyExamples({ snippets }: { snippets: readonly Snippet[] }) {
  const [language, setLanguage] = useState(snippets[0]!.language);
  const narrow = useMediaQuery('(max-width: 48em)', false, { getInitialValueInEffect: false });
  const { install, code } = snippets.find((snippet) => snippet.language === language)!;
  const languages = snippets.map((snippet) => snippet.language);
  return (
    <>
      {narrow ? (
        <Select
          label="Language"
          allowDeselect={false}
          data={languages}
          value={language}
          onChange={(value) => value !== null && setLanguage(value)}
        />
      ) : (
        <SegmentedControl
          aria-label="Language"
          data={languages}
          value={language}
          onChange={setLanguage}
          w="fit-content"
        />
      )}
      {install !== null && <CodeBlock text={install} label="the installation" />}
      <CodeBlock text={code} label={`the example in ${language}`} maxHeight={560} />
    </>
  );
}
