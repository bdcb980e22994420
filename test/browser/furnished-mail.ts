/** Endpoints that are mailboxes, in each of their states, and deliveries to them. */
import type { Api } from '../support/api.ts';
import { confirm, createMailWebhook, deliveriesOf, endpointOf, until } from '../support/mail-scenario.ts';
import { linkIn, type MailServer, mailTo } from '../support/mail-server.ts';
import { createTeam } from '../support/people.ts';
import { CLIENT_MODEL, publish } from '../support/scenario.ts';

interface Webhook {
  id: string;
  number: number;
}

/** What was made, by what tests ask for. */
export interface FurnishedMails {
  /** Its owner has not confirmed; and one that has. */
  waiting: Webhook;
  confirmed: Webhook;
  /** Switched off by what the mail server, and by what the owner said. */
  refused: Webhook;
  left: Webhook;
  /** The mailboxes of a team: one confirmed, one refused, others waiting. */
  team: Webhook;
  /** A delivery that arrived, and one that waits for its owner. */
  delivered: string;
  awaiting: string;
}

const LETTERS = { triggers: [{ resource: 'letters', event: 'create' }] };

/** Makes them through the API. */
export async function furnishMails(api: Api, mail: MailServer): Promise<FurnishedMails> {
  await api.mutate(
    'mutation ($input: CatalogResourceInput!) { resourceRegister(input: $input) { errors { code message } } }',
    {
      input: {
        ...{ name: 'letters', label: 'Letter', model: CLIENT_MODEL.replace('Client', 'Letter') },
        events: [{ name: 'create', label: 'Created' }],
      },
    },
  );
  const make = async (
    name: string,
    address: string | null,
    teamId?: string,
  ): Promise<Webhook & { endpointId: string }> =>
    createMailWebhook(api, address, { ...LETTERS, details: { name, ...(teamId ? { teamId } : {}) } });
  mail.answerRecipient = (to) =>
    to === 'old.desk@example.com' || to === 'olga@north.example'
      ? { code: 550, message: '5.1.1 The mailbox is not there any more' }
      : null;
  const waiting = await make('Letters to the porter', 'porter@example.com');
  const confirmed = await make('Letters to the archive', 'archive@example.com');
  const refused = await make('Letters to the old desk', 'old.desk@example.com');
  const left = await make('Letters to Leo', 'leo@example.com');
  const team = await make(
    'Letters to the team',
    null,
    await createTeam({ api }, 'Letter room', await members(api)),
  );
  await confirm(mail, 'archive@example.com');
  await confirm(mail, 'nora@north.example');
  await unsubscribe(mail, 'leo@example.com');
  await until(
    api,
    () => endpointOf(api, refused),
    ({ status }) => status === 'AUTO_DISABLED',
  );
  await publish(api, {
    ...{ resource: 'letters', event: 'create', entityId: 'L-1' },
    payload: { id: 'L-1', name: 'Offer of the carpenter' },
  });
  const [delivered] = await until(
    api,
    () => deliveriesOf(api, confirmed),
    ([one]) => one?.status === 'SUCCEEDED',
  );
  const [awaiting] = await deliveriesOf(api, waiting);
  return { waiting, confirmed, refused, left, team, delivered: delivered.id, awaiting: awaiting.id };
}

/** Ends the mails to an address by the link of its confirmation mail. */
async function unsubscribe(mail: MailServer, address: string): Promise<void> {
  const link = linkIn(await mail.find(mailTo(address)), 'unsubscribe');
  const answer = await fetch(link, { method: 'POST' });
  if (answer.status !== 200) throw new Error(`unsubscribing answered ${answer.status}`);
}

/** Logins with an address each. */
async function members(api: Api): Promise<string[]> {
  const { id: parentId } = await api.run('{ viewer { id } }');
  const made: string[] = [];
  for (const name of ['Nora', 'Olga', 'Paul', 'Rita']) {
    const { login } = await api.mutate(
      'mutation ($input: LoginInput!) { loginCreate(input: $input) { errors { code message } login { id } } }',
      { input: { name, email: `${name.toLowerCase()}@north.example`, parentId } },
    );
    made.push(login.id as string);
  }
  return made;
}
