/** Why an attempt fails: its code, what it means, what to do. Those of the API's AttemptFailure.code. */
export const FAILURES: readonly [code: string, meaning: string, remedy: string][] = [
  [
    'STATUS',
    'Your server answered with a status other than 2xx.',
    'Look at the answer on the page of the delivery; the log of your server has the rest.',
  ],
  ['REDIRECT', 'It answered with a redirect.', 'Save the final address: redirects are not followed.'],
  [
    'GONE',
    'It answered 410 Gone: it wants nothing more.',
    'The endpoint is off by that. Enable it when your server takes events again.',
  ],
  [
    'TIMEOUT',
    'It did not answer in time.',
    'Answer first and work afterwards, or raise the time limit under Advanced.',
  ],
  [
    'DNS_FAILED',
    'The host name could not be resolved.',
    'Check the address for a slip, and the DNS of the name.',
  ],
  ['CONNECTION_REFUSED', 'Nothing listens there.', 'Start the receiver; check port and firewall.'],
  [
    'CONNECTION_RESET',
    'The connection broke before an answer came.',
    'Look for a proxy or a crash of the receiver.',
  ],
  ['HOST_UNREACHABLE', 'There is no way to it in the network.', 'Check routes and firewalls.'],
  ['TLS_EXPIRED', 'Its certificate has expired.', 'Renew it.'],
  [
    'TLS_NAME_MISMATCH',
    'Its certificate is for another name.',
    'Use the name in the certificate, or get one for this name.',
  ],
  [
    'TLS_UNTRUSTED',
    'Its certificate is not signed by a trusted authority.',
    'Use one of a public authority, with the intermediate certificates.',
  ],
  ['TLS_FAILED', 'No secure connection came about.', 'Check that the port speaks TLS, and its versions.'],
  ['INVALID_RESPONSE', 'The answer was not valid HTTP.', 'Check that a web server listens on the port.'],
  ['HEADERS_TOO_LARGE', 'The headers of the answer were too large.', 'Answer with fewer of them.'],
  [
    'TOKEN_REFUSED',
    'The token server refused the client.',
    'Check client id, client secret and scope, and save them again.',
  ],
  [
    'TOKEN_UNAVAILABLE',
    'No access token was to be had.',
    'Check that the token server can be reached and answers as OAuth 2.0 asks.',
  ],
  [
    'ADDRESS_NOT_ALLOWED',
    'The address is a private one, or of this server itself.',
    'Use a public address, or ask your operator to allow this one.',
  ],
  ['MAIL_DEFERRED', 'The mail server asked to try again later.', 'Nothing: the mail is tried again.'],
  ['MAIL_REJECTED', 'The mail server did not take the message.', 'See what it answered, in the attempt.'],
  [
    'MAILBOX_REFUSED',
    'The mail server refused the mailbox for good.',
    'Mend the address or the mailbox, then enable the endpoint again.',
  ],
  ['UNSUBSCRIBED', 'The owner of the mailbox wants no more mails.', 'Enable the endpoint to ask again.'],
  ['MAIL_SERVER_UNREACHABLE', 'The mail server could not be reached.', 'Your operator must look after it.'],
  [
    'MAIL_NOT_CONFIGURED',
    'The server that was to send the mail has no mail server.',
    'Your operator must set BELLWIRE_SMTP_URL on every server that sends.',
  ],
  [
    'SECRET_UNAVAILABLE',
    'A secret of the endpoint could not be read.',
    'Your operator must give the server the key that it was stored with.',
  ],
  [
    'SENDER_LOST',
    'A sender died in the attempt; you may have got the request.',
    'Nothing: it is sent again.',
  ],
  [
    'RECORD_FAILED',
    'It was sent, but what came back could not be recorded.',
    'Tell your operator; the log has the cause.',
  ],
  ['INTERNAL', 'The attempt failed inside this server.', 'Tell your operator; the log has the cause.'],
];
