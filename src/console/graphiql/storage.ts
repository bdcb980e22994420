/**
 * What GraphiQL keeps between visits (tabs, history, theme) goes to localStorage, but never a header:
 * its History plugin would store the Headers pane, and with it the access token, for good.
 */

/** A store for GraphiQL that leaves headers out of all that is written. */
export function storageWithoutHeaders(inner: Storage): Storage {
  return {
    get length() {
      return inner.length;
    },
    key: (index) => inner.key(index),
    clear: () => inner.clear(),
    removeItem: (key) => inner.removeItem(key),
    getItem: (key) => inner.getItem(key),
    setItem: (key, value) => inner.setItem(key, withoutHeaders(value)),
  };
}

/** Empties every property "headers" of a JSON text; other texts come back as they are. */
function withoutHeaders(text: string): string {
  if (!text.startsWith('{')) return text;
  try {
    return JSON.stringify(JSON.parse(text), (key, value: unknown) => (key === 'headers' ? null : value));
  } catch {
    return text;
  }
}
