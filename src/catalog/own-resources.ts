/**
 * What the server itself has to tell, as resources of every catalog: they are there from the start, webhooks listen
 * to them like to any other, and no host registers, removes or publishes them.
 */
import type { ResourceInput } from './resource-input.ts';

/** Endpoints of webhooks, and what becomes of them without anybody's doing. */
export const ENDPOINTS = 'bellwire.endpoints';
/** An endpoint was switched off because it failed for too long, or its receiver is gone. */
export const AUTO_DISABLED = 'auto_disabled';

/** The resources of the server itself. */
export const OWN_RESOURCES: ResourceInput[] = [
  {
    name: ENDPOINTS,
    label: 'Webhook endpoint',
    description:
      "The endpoints of this server's webhooks. No webhook is told about its own endpoints, and nothing here comes from a single delivery.",
    model: `"""An endpoint of a webhook, as it was when the event happened."""
type Endpoint {
  """The endpoint's id in the API."""
  id: ID!
  """The kind of destination, such as URL."""
  kind: String!
  """The host of its address; the whole address may hold a secret."""
  host: String!
  """The webhook that it belongs to: its number in the table, and its name."""
  webhookNumber: Int!
  webhookName: String!
  """Why it was switched off: the code of the last failure, and what that means."""
  code: String!
  reason: String!
  """Since when it had failed without a success between; null when that did not matter."""
  failingSince: DateTime
  """When it was switched off."""
  disabledAt: DateTime!
}
`,
    events: [
      {
        name: AUTO_DISABLED,
        label: 'Switched off after failures',
        description:
          'The endpoint switched itself off: every attempt had failed for days, or the receiver answered that it is gone. It gets nothing until somebody turns it on again.',
        examplePayload: {
          id: 'ep_01jq7m0f6ze8gbh3ctx4y5k2wd',
          kind: 'URL',
          host: 'receiver.example.com',
          webhookNumber: 7,
          webhookName: 'Orders to the warehouse',
          code: 'TIMEOUT',
          reason: 'The receiver did not answer in time.',
          failingSince: '2026-03-02T08:15:00.000Z',
          disabledAt: '2026-03-07T08:15:04.000Z',
        },
      },
    ],
  },
];
