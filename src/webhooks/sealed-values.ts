/**
 * Where sealed values stand, in SQL: in columns of their own, and as base64 in the JSON of headers and of drafts. What is
 * there may have been changed behind the server's back, so that nothing here fails on it.
 */

/** The JSON objects in an endpoint (alias ep) that may hold a sealed value, as v. */
export const SEALED_IN_ENDPOINT = `(select value as v from jsonb_array_elements(ep.headers)) in_endpoint`;

/** Those in a draft (alias d). */
export const SEALED_IN_DRAFT = `(
  select part.v from json_array_elements(d.endpoints) as row (e)
  cross join lateral (
    select value::jsonb as v from json_array_elements(e -> 'headers')
    union all select (e -> 'authentication')::jsonb
  ) part
) in_draft`;

/** The sealed value of such an object, as bytea; null where it has none that could be one. */
export function sealedOf(object: string): string {
  const text = `${object} ->> 'sealed'`;
  return `case when ${text} ~ '^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$' then decode(${text}, 'base64') end`;
}
