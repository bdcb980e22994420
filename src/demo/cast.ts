/**
 * Who and what there is on the demo's platform: an insurance company with two branches. Logins are found
 * again by their e-mail addresses, webhooks by the receiver's path that they call or the mailbox that they write to.
 */
import type { Permission } from '../access/viewer.ts';
import type { TriggerInput, WebhookDetailsInput } from '../webhooks/inputs.ts';
import { ALL_EVENTS } from './catalog.ts';
import { BROKEN_PATH } from './receiver.ts';

/** A login; its key in front of @example.com is its e-mail address. */
export interface LoginPlan {
  name: string;
  /** Another key that stands before it; null: the root. */
  parent: string | null;
  isAccount?: boolean;
  permissions?: Permission[];
  /** Its line in the table of tokens. */
  role?: string;
  /** Its work is what the trickle publishes. */
  works?: boolean;
}

/** All logins but the root, parents first. Whoever administers others stands above them. */
export const LOGINS: Record<string, LoginPlan> = {
  kai: { name: 'Kai Moreno', parent: null, permissions: ['CATALOG_MANAGE'], role: 'Catalog keeper' },

  north: { name: 'North', parent: null, isAccount: true },
  nora: {
    name: 'Nora Lind',
    parent: 'north',
    permissions: ['WEBHOOKS_MANAGE', 'ACCESS_MANAGE'],
    role: 'Administrator',
  },
  nils: { name: 'Nils Holm', parent: 'nora', permissions: ['WEBHOOKS_MANAGE'], role: 'Webhook manager' },
  'north-host': {
    name: 'North back office',
    parent: 'nora',
    permissions: ['EVENTS_PUBLISH'],
    role: 'Host service',
  },
  desk: { name: 'Policy desk', parent: 'nora' },
  ada: { name: 'Ada Berg', parent: 'desk', works: true, role: 'Clerk' },
  ben: { name: 'Ben Dahl', parent: 'desk', works: true },
  cleo: { name: 'Cleo Falk', parent: 'nora', works: true, role: 'Team member' },

  south: { name: 'South', parent: null, isAccount: true },
  sara: {
    name: 'Sara Costa',
    parent: 'south',
    permissions: ['WEBHOOKS_MANAGE', 'ACCESS_MANAGE'],
    role: 'Administrator',
  },
  sam: { name: 'Sam Pinto', parent: 'sara', permissions: ['WEBHOOKS_MANAGE'], role: 'Webhook manager' },
  'south-host': {
    name: 'South back office',
    parent: 'sara',
    permissions: ['EVENTS_PUBLISH'],
    role: 'Host service',
  },
  emil: { name: 'Emil Reis', parent: 'sara', works: true, role: 'Clerk' },
  fay: { name: 'Fay Sousa', parent: 'sara', works: true },
};

/** The team, of its creator's account. */
export const TEAM = { name: 'Night shift', creator: 'nora', members: ['ben', 'cleo'] };

/** A webhook, made by one of LOGINS (null: the root) for its account. */
export interface WebhookPlan {
  /** Where in the receiver it calls, or the mailbox that it writes to. */
  to: string;
  creator: string | null;
  name: string;
  description: string;
  /** Whose activity: of a login and all below, of the team; left out: of the whole account. */
  scope?: { login: string } | 'TEAM';
  triggers: TriggerInput[];
  /** Seconds before each attempt. */
  retrySchedule: number[];
  disabled?: boolean;
}

/** The mailbox that one of them writes to. */
export const MAILBOX = 'broker@example.com';

/** Short, so that a newcomer sees a retry. */
const RETRIES = [0, 2, 5, 10];
const PAYMENTS = ALL_EVENTS.filter(({ resource }) => resource === 'payments');

/** The saved webhooks, of every status. */
export const WEBHOOKS: WebhookPlan[] = [
  {
    to: '/head-office',
    creator: null,
    name: 'Head office',
    description: 'Everything that happens in both branches',
    triggers: ALL_EVENTS,
    retrySchedule: RETRIES,
  },
  {
    to: '/north/desk',
    creator: 'nils',
    name: 'Policy desk to CRM',
    description: 'What the policy desk and its clerks do',
    scope: { login: 'desk' },
    triggers: ALL_EVENTS,
    retrySchedule: RETRIES,
  },
  {
    to: '/north/night',
    creator: 'nils',
    name: 'Night shift pager',
    description: 'What the members of the night shift do, for whoever is on call',
    scope: 'TEAM',
    triggers: ALL_EVENTS,
    retrySchedule: RETRIES,
  },
  {
    to: '/north/news',
    creator: 'nora',
    name: 'Newsletter list',
    description: 'Off until the new list is in place',
    triggers: [{ resource: 'clients', event: 'create' }],
    retrySchedule: RETRIES,
    disabled: true,
  },
  {
    to: MAILBOX,
    creator: 'nils',
    name: 'New policies by mail',
    description:
      'To a broker without a server, who is asked first: nothing is sent before the mailbox is confirmed',
    triggers: [{ resource: 'policies', event: 'create' }],
    retrySchedule: RETRIES,
  },
  {
    to: '/south/books',
    creator: 'sam',
    name: 'Payments to bookkeeping',
    description: 'All payments of the branch',
    triggers: PAYMENTS,
    retrySchedule: RETRIES,
  },
  {
    to: BROKEN_PATH,
    creator: 'sara',
    name: 'Payments to the old archive',
    description: 'Its server answers 500 to everything: see the retries, and how they end',
    triggers: PAYMENTS,
    retrySchedule: [0, 2, 4],
  },
  {
    to: '/south/docs',
    creator: 'sam',
    name: 'Document inbox',
    description: 'Waits for the catalog to allow documents, or to support cancellations',
    triggers: [
      { resource: 'documents', event: 'create' },
      { resource: 'policies', event: 'cancel' },
    ],
    retrySchedule: RETRIES,
  },
];

/** A run of the wizard that stopped at its second step, with an address that lacks its https://. */
export const DRAFT: { creator: string; details: WebhookDetailsInput; target: string } = {
  creator: 'nils',
  details: { name: 'Broker portal', description: 'New policies for the brokers' },
  target: 'brokers.example.com/hooks',
};
