/** One sender of a process: requests to endpoints, and mails where there is a mail server. */
import { isIP } from 'node:net';

import type pg from 'pg';

import { version } from '../paths.ts';
import { autoDisable, refuseMailbox } from '../sending/auto-disable.ts';
import { Mailer } from '../sending/mail/mailer.ts';
import { OutboxSender } from '../sending/mail/outbox-sender.ts';
import { OAuthTokens } from '../sending/oauth-tokens.ts';
import { KEPT_BODY_BYTES } from '../sending/record.ts';
import { Sender, type SenderObserver, type SenderOptions } from '../sending/sender.ts';
import { createTransport } from '../sending/transport.ts';
import type { Ground, Stops } from './ground.ts';

/** Read beyond what is kept of a response, so that a secret across the cut is blanked whole, bytes. */
const REDACTION_WINDOW_BYTES = 8_192;
/** The share of a lease's margin that a mail may wait for a connection. */
const MAIL_WAIT_SHARE = 0.5;

/** What a sender stands on, in whichever thread. */
export interface SenderGround extends Pick<
  Ground,
  'config' | 'egress' | 'keyring' | 'logger' | 'now' | 'publicAddress'
> {
  pool: pg.Pool;
  hints: SenderOptions['hints'];
  observer: SenderObserver;
}

/** Makes a sender, with its mails where they are configured; what has to be stopped behind it is added to stops. */
export function createSender(
  ground: SenderGround,
  place: Pick<SenderOptions, 'further' | 'passOn'>,
  stops: Stops,
): Sender {
  const { config, pool, hints, egress, keyring, logger, observer, now } = ground;
  const switching = { pool, firstDelayMs: config.retrySchedule[0]!, byMail: config.smtp !== null };
  const refuse = (mailboxId: string, reply: string) => refuseMailbox(switching, mailboxId, reply);
  const mailer = createMailer(ground, stops);
  const transport = createTransport(egress, {
    maxBodyBytes: KEPT_BODY_BYTES + REDACTION_WINDOW_BYTES,
    logger,
  });
  const userAgent = `Bellwire/${version}`;
  return new Sender({
    ...place,
    pool,
    hints,
    keyring,
    logger,
    transport,
    tokens: new OAuthTokens({ transport, userAgent, logger }),
    mail: mailer && {
      mailer,
      sql: pool,
      logger,
      waitMs: config.leaseMarginMs * MAIL_WAIT_SHARE,
      perMinute: config.mailRate,
      digestMs: config.digestMs,
    },
    outbox: mailer && new OutboxSender({ pool, mailer, logger, pollMs: config.pollMs, refuse }),
    digestSize: config.digestSize,
    scheduleMs: config.retrySchedule,
    userAgent,
    now,
    concurrency: config.concurrency,
    endpointConcurrency: config.endpointConcurrency,
    endpointLeaseMs: config.endpointLeaseMs,
    leaseMarginMs: config.leaseMarginMs,
    maxRetryAfterMs: config.maxRetryAfterMs,
    probeMs: config.probeMs,
    autoDisableMs: config.autoDisableMs,
    pollMs: config.pollMs,
    switchOff: (endpointId, cause) => autoDisable(switching, endpointId, cause),
    refuseMailbox: refuse,
    observer,
  });
}

/** The mails of a process; null where there is no mail server. */
function createMailer({ config, egress, keyring, publicAddress }: SenderGround, stops: Stops): Mailer | null {
  const { smtp, mailFrom } = config;
  if (smtp === null) return null;
  const { hostname } = new URL(publicAddress());
  // An address literal of RFC 5321, 4.1.3.
  const host = hostname.startsWith('[')
    ? `[IPv6:${hostname.slice(1, -1)}]`
    : isIP(hostname) > 0
      ? `[${hostname}]`
      : hostname;
  const from = mailFrom ?? { name: 'Bellwire', address: `no-reply@${host}` };
  const mailer = new Mailer({ egress, server: smtp, keyring, from, address: publicAddress });
  stops.push(() => mailer.close());
  return mailer;
}
