/** Where an element of a page that grows and shrinks is. */
import { type RefObject, useEffect, useState } from 'react';

/**
 * How far below the top of the page an element is, px. Looked at whenever the page or the number of rows has changed, and
 * behind the layout that is made anyway: what is above a list grows and shrinks with it.
 */
export function useTop(element: RefObject<HTMLElement | null>, rows: number): number {
  const [top, setTop] = useState(0);
  useEffect(() => {
    const observer = new ResizeObserver(() => {
      const now = element.current ? element.current.getBoundingClientRect().top + window.scrollY : 0;
      setTop((before) => (Math.abs(now - before) > 1 ? now : before));
    });
    observer.observe(document.body);
    return () => observer.disconnect();
  }, [element, rows]);
  return top;
}
