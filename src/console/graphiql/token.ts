/**
 * The access token of this page: comes in by the address (#token=…, as the server prints it at start) or by
 * the banner, and lives in sessionStorage only, so that it ends with the browser tab. The fragment of an
 * address is never sent to a server; it is taken out of the address bar and the history at once.
 */

const KEY = 'bellwire:token';

/** Takes the token from the address into sessionStorage; true when there was one. */
export function takeTokenFromAddress(): boolean {
  const token = new URLSearchParams(window.location.hash.slice(1)).get('token')?.trim();
  if (!token) return false;
  window.history.replaceState(null, '', window.location.pathname + window.location.search);
  storeToken(token);
  return true;
}

/** The token of this browser tab, or null. */
export function currentToken(): string | null {
  return sessionStorage.getItem(KEY);
}

/** Keeps a token until the browser tab is closed. */
export function storeToken(token: string): void {
  sessionStorage.setItem(KEY, token);
}

/** The headers that carry a token; over a WebSocket the same entry goes into connectionParams. */
export function headersFor(token: string | null): Record<string, string> {
  return token === null ? {} : { Authorization: `Bearer ${token}` };
}

/** Whether the console's session can be used instead; its cookie goes along by itself. */
export async function isSignedIn(): Promise<boolean> {
  const response = await fetch(new URL('../session', window.location.href)).catch(() => undefined);
  return response?.ok === true;
}
