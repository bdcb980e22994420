/** A live region for those who hear the page: totals and results, never single rows. */
import { VisuallyHidden } from '@mantine/core';
import { createContext, type ReactNode, useCallback, useContext, useState } from 'react';

const AnnouncerContext = createContext<(text: string) => void>(() => undefined);

/** Holds the live region of the whole console. */
export function AnnouncerProvider({ children }: { children: ReactNode }) {
  const [text, setText] = useState('');
  // The same text twice would not be read again; a no-break space makes it another one.
  const announce = useCallback(
    (next: string) => setText((now) => (now === next ? `${next}\u00a0` : next)),
    [],
  );
  return (
    <AnnouncerContext value={announce}>
      {children}
      <VisuallyHidden aria-live="polite" role="status">
        {text}
      </VisuallyHidden>
    </AnnouncerContext>
  );
}

/** Says a sentence to screen readers. */
export function useAnnounce(): (text: string) => void {
  return useContext(AnnouncerContext);
}
