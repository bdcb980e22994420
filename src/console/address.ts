/** Where this page's server is: every address of the console is relative to the <base> that it wrote. */

/** The path under which the console lies, with a slash at its end. */
export const BASE_PATH = new URL(document.baseURI).pathname;

/** The full address of something on this server: apiAddress('graphql'). */
export function apiAddress(path: string): string {
  return new URL(path, document.baseURI).href;
}

/** The address of the GraphQL socket. */
export function socketAddress(): string {
  return apiAddress('graphql').replace(/^http/, 'ws');
}

/** The nonce that allows this page's style tags; the attribute is hidden from style sheets, not from scripts. */
export function styleNonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';
}
