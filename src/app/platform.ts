/** Composes the sign-in of the host platform, where the settings name its identity provider. */
import { Identities } from '../access/identities.ts';
import { settingName } from '../config.ts';
import { preparedReaderOf } from '../db/sql.ts';
import { StartupError } from '../errors.ts';
import { CodeFlow } from '../identity/code-flow.ts';
import { Platform } from '../identity/platform.ts';
import { MAX_ANSWER_BYTES, Provider } from '../identity/provider.ts';
import { version } from '../paths.ts';
import { createTransport } from '../sending/transport.ts';
import type { Ground } from './ground.ts';

/** Where the provider sends browsers back to, below the public address. */
const CALLBACK = '/session/oidc/callback';

/** Null without a provider; throws StartupError for one that the address policy never lets anybody call. */
export function createPlatform(ground: Ground): Platform | null {
  const { config, db, egress, keyring, logger, now, publicAddress } = ground;
  const { oidcIssuer: issuer } = config;
  if (issuer === null) return null;
  const verdict = egress.policy.checkUrl(issuer);
  if (!verdict.ok)
    throw new StartupError(
      `${settingName('oidcIssuer')}: this server may not call ${issuer} (${verdict.message}) If it is meant, name a private address in ${settingName('allowedTargets')}, and set ${settingName('allowHttp')} for one without TLS.`,
    );
  const provider = new Provider({
    ...{ issuer, logger, now, userAgent: `Bellwire/${version}` },
    transport: createTransport(egress, { maxBodyBytes: MAX_ANSWER_BYTES, logger }),
  });
  // The operator reads at the start whether it can be reached; nothing waits for it.
  void provider.known();
  const { oidcClientId: id, oidcClientSecret: secret } = config;
  const redirectUri = () => publicAddress() + CALLBACK;
  return new Platform({
    provider,
    identities: new Identities({
      orm: db.orm,
      rights: preparedReaderOf(db.rights),
      rules: {
        parentNumber: config.oidcParent,
        permissions: config.oidcPermissions,
        isAccount: config.oidcAccounts,
        linkByEmail: config.oidcLinkByEmail,
      },
    }),
    claims: {
      subject: config.oidcSubjectClaim,
      name: config.oidcNameClaim,
      email: config.oidcEmailClaim,
    },
    audience: config.oidcAudience,
    signIn:
      id === null
        ? null
        : {
            name: config.oidcName ?? new URL(issuer).host,
            flow: new CodeFlow({ provider, keyring, client: { id, secret }, redirectUri, now }),
          },
    now,
  });
}
