/**
 * How the body of a request looks: the Standard Webhooks envelope, a CloudEvent in one of its two modes, or the entity
 * alone. An endpoint has one for events to come; a delivery keeps the one that it was born with.
 */
export type PayloadFormat = 'STANDARD_WEBHOOKS' | 'CLOUDEVENTS_STRUCTURED' | 'CLOUDEVENTS_BINARY' | 'ENTITY';
