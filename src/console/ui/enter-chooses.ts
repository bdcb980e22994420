/**
 * Enter in the open list of a field that is searched by typing: it takes the option that is marked on display, and never sends the form.
 * The library goes by a number of its own, which a timer of the moment when the list opened sets back when it is late (a page with much to
 * do): Enter then chose nothing and sent the form without it.
 */
import type { KeyboardEvent } from 'react';

/** For onKeyDownCapture of the field, so that it comes before the library. */
export function enterChooses(event: KeyboardEvent<HTMLInputElement>): void {
  const field = event.currentTarget;
  if (event.key !== 'Enter' || event.nativeEvent.isComposing) return;
  if (field.getAttribute('aria-expanded') !== 'true') return;
  event.preventDefault();
  event.stopPropagation();
  const list = document.getElementById(field.getAttribute('aria-controls') ?? '');
  list?.querySelector<HTMLElement>('[data-combobox-selected]')?.click();
}
