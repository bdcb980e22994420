import { type FormEvent, useState } from 'react';

/** Why the banner shows: there is no access token, or the server answered 401 to the one at hand. */
export type TokenProblem = 'missing' | 'refused';

/** A line above GraphiQL that asks for an access token and blocks nothing. */
export function TokenBanner({
  problem,
  onToken,
}: {
  problem: TokenProblem;
  onToken: (token: string) => void;
}) {
  const [value, setValue] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const token = value.trim().replace(/^Bearer\s+/i, '');
    if (token !== '') onToken(token);
  };
  return (
    <form className="token-banner" onSubmit={submit} role="status">
      <label htmlFor="token">
        {problem === 'refused' ? 'The server refused this access token.' : 'No access token yet.'} Paste one:
      </label>
      <input
        id="token"
        type="password"
        autoComplete="off"
        spellCheck={false}
        value={value}
        onChange={(event) => setValue(event.target.value)}
      />
      <button type="submit">Use it</button>
      <span>It stays in this browser tab. The first start of the server prints one.</span>
    </form>
  );
}
