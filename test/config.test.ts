/** The settings: all mistakes at once, and no secret in any of them. */
import { loadConfig, summarizeConfig } from '../src/config.ts';

const CANARY = 'canary-5c1f2a';

describe('the configuration', () => {
  it('tells every mistake at once, names unknown settings, and shows no value of a secret', () => {
    const env = {
      BELLWIRE_PORT: '99999',
      DATABASE_URL: `mysql://${CANARY}`,
      BELLWIRE_ROOT_TOKEN: CANARY,
      BELLWIRE_ENCRYPTION_KEYS: `k1:${CANARY}`,
      BELLWIRE_ALLOWED_TARGETS: '10.0.0.0/33',
      BELLWIRE_RETRY_SCHEDULE: '5 minutes',
      BELLWIRE_PROT: '1',
    };
    let message = '';
    try {
      loadConfig(env);
    } catch (error) {
      message = (error as Error).message;
    }
    for (const name of Object.keys(env)) expect(message).toContain(`${name}: `);
    expect(message).not.toContain(CANARY);
  });

  it('says at the start what is set, secrets only as set', () => {
    const summary = summarizeConfig({
      BELLWIRE_PORT: '0',
      BELLWIRE_ROOT_TOKEN: CANARY,
      DATABASE_URL: CANARY,
      PATH: '/',
    });
    expect(summary).toEqual({ BELLWIRE_PORT: '0', BELLWIRE_ROOT_TOKEN: 'set', DATABASE_URL: 'set' });
  });

  it('takes origins as browsers send them, and no addresses of pages', () => {
    expect(loadConfig({}).allowedOrigins).toEqual([]);
    expect(
      loadConfig({ BELLWIRE_ALLOWED_ORIGINS: 'https://App.example.com, http://127.0.0.1:3000/' })
        .allowedOrigins,
    ).toEqual(['https://app.example.com', 'http://127.0.0.1:3000']);
    for (const wrong of [
      '*',
      'null',
      'app.example.com',
      'https://a.example/app',
      'ws://a.example',
      'https://a.example,',
    ])
      expect(() => loadConfig({ BELLWIRE_ALLOWED_ORIGINS: wrong })).toThrow('BELLWIRE_ALLOWED_ORIGINS: ');
  });

  it('takes addresses and ranges of proxies, and nothing else', () => {
    expect(loadConfig({}).trustedProxies).toEqual([]);
    const set = { BELLWIRE_TRUSTED_PROXIES: '10.0.0.5, 10.1.0.0/16,fd00::/8, ::1' };
    expect(loadConfig(set).trustedProxies).toEqual(['10.0.0.5', '10.1.0.0/16', 'fd00::/8', '::1']);
    for (const wrong of [
      'true',
      '1',
      'loopback',
      'proxy.internal',
      '10.0.0.0/33',
      '10.0.0.0/',
      '10.0.0.0/8/8',
      '10.0.0.5,',
    ])
      expect(() => loadConfig({ BELLWIRE_TRUSTED_PROXIES: wrong })).toThrow('BELLWIRE_TRUSTED_PROXIES: ');
  });

  it('ends sessions after half an hour without use and after twelve hours, and links after a quarter of one', () => {
    const { sessionIdleMs, sessionLifetimeMs, signInLinkLifetimeMs } = loadConfig({});
    expect([sessionIdleMs, sessionLifetimeMs, signInLinkLifetimeMs]).toEqual([
      1_800_000, 43_200_000, 900_000,
    ]);
    for (const name of [
      'BELLWIRE_SESSION_IDLE',
      'BELLWIRE_SESSION_LIFETIME',
      'BELLWIRE_SIGN_IN_LINK_LIFETIME',
    ])
      for (const wrong of ['0', '1000h', 'never'])
        expect(() => loadConfig({ [name]: wrong })).toThrow(`${name}: `);
  });

  it.each(['10.0.0.0/8', 'hooks.internal=10.1.2.3/32', 'fd00::/8', '10.0.0.0/8, a.example=192.168.0.1/32'])(
    'takes the allowed targets %s',
    (text) => {
      expect(loadConfig({ BELLWIRE_ALLOWED_TARGETS: text }).allowedTargets.length).toBeGreaterThan(0);
    },
  );

  it('keeps what happened for some days, which may be written as such', () => {
    const day = 86_400_000;
    expect(loadConfig({})).toMatchObject({
      keepPayloadsMs: 30 * day,
      keepAttemptsMs: 30 * day,
      keepEventsMs: 90 * day,
      keepDeliveriesMs: 90 * day,
      keepLogMs: 7 * day,
    });
    expect(loadConfig({ BELLWIRE_KEEP_LOG: '36h' }).keepLogMs).toBe(1.5 * day);
    for (const wrong of ['0d', '12h', '11y', '3651d', 'week'])
      expect(() => loadConfig({ BELLWIRE_KEEP_LOG: wrong })).toThrow(
        /BELLWIRE_KEEP_LOG: .*, from 1d to 3650d/,
      );
  });

  it.each([
    [
      { BELLWIRE_KEEP_EVENTS: '20d', BELLWIRE_KEEP_DELIVERIES: '20d', BELLWIRE_KEEP_ATTEMPTS: '20d' },
      'BELLWIRE_KEEP_EVENTS must not be less than BELLWIRE_KEEP_PAYLOADS',
    ],
    [{ BELLWIRE_KEEP_EVENTS: '60d' }, 'BELLWIRE_KEEP_EVENTS must not be less than BELLWIRE_KEEP_DELIVERIES'],
    [
      { BELLWIRE_KEEP_DELIVERIES: '20d' },
      'BELLWIRE_KEEP_DELIVERIES must not be less than BELLWIRE_KEEP_ATTEMPTS',
    ],
    [{ BELLWIRE_KEEP_PAYLOADS: '4d' }, 'BELLWIRE_KEEP_PAYLOADS must be a day longer'],
    [{ BELLWIRE_KEEP_ATTEMPTS: '4d' }, 'BELLWIRE_KEEP_ATTEMPTS must be a day longer'],
  ])('refuses to keep %j: what is kept would need what is gone', (env, mistake) => {
    expect(() => loadConfig(env)).toThrow(mistake);
  });

  it('keeps payloads for a short time where the retry schedule is short', () => {
    const env = {
      BELLWIRE_KEEP_PAYLOADS: '2d',
      BELLWIRE_KEEP_ATTEMPTS: '2d',
      BELLWIRE_RETRY_SCHEDULE: '0s,1h',
    };
    expect(loadConfig(env).keepPayloadsMs).toBe(172_800_000);
  });

  it('takes the settings of an identity provider together, and says which one is missing', () => {
    const issuer = { BELLWIRE_OIDC_ISSUER: 'https://login.example.com/' };
    const both = { ...issuer, BELLWIRE_OIDC_AUDIENCE: 'api', BELLWIRE_OIDC_CLIENT_ID: 'b' };
    // The slash is a part of its name.
    expect(loadConfig(both).oidcIssuer).toBe('https://login.example.com/');
    expect(
      loadConfig({
        ...both,
        BELLWIRE_OIDC_PARENT: '1',
        BELLWIRE_OIDC_PERMISSIONS: 'EVENTS_PUBLISH, WEBHOOKS_MANAGE',
      }).oidcPermissions,
    ).toEqual(['WEBHOOKS_MANAGE', 'EVENTS_PUBLISH']);
    const wrong: [Record<string, string>, string][] = [
      [{ BELLWIRE_OIDC_AUDIENCE: 'api' }, 'BELLWIRE_OIDC_AUDIENCE says nothing without BELLWIRE_OIDC_ISSUER'],
      [{ BELLWIRE_OIDC_PARENT: '1' }, 'BELLWIRE_OIDC_PARENT says nothing without BELLWIRE_OIDC_ISSUER'],
      [issuer, 'BELLWIRE_OIDC_ISSUER says nothing alone'],
      [
        { ...issuer, BELLWIRE_OIDC_AUDIENCE: 'api', BELLWIRE_OIDC_CLIENT_SECRET: CANARY },
        'BELLWIRE_OIDC_CLIENT_SECRET says nothing without BELLWIRE_OIDC_CLIENT_ID',
      ],
      [{ ...both, BELLWIRE_OIDC_ACCOUNTS: 'true' }, 'says nothing without BELLWIRE_OIDC_PARENT'],
      [{ ...both, BELLWIRE_OIDC_PERMISSIONS: 'ALL' }, 'BELLWIRE_OIDC_PERMISSIONS: "ALL" must be permissions'],
      [
        { ...both, BELLWIRE_OIDC_ISSUER: 'login.example.com' },
        'BELLWIRE_OIDC_ISSUER: "login.example.com" must be',
      ],
    ];
    for (const [env, sentence] of wrong) {
      expect(() => loadConfig(env)).toThrow(sentence);
      expect(() => loadConfig(env)).not.toThrow(CANARY);
    }
  });
});
