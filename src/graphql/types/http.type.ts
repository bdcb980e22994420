/** Requests and answers as they are shown. */
import { Field, Int, ObjectType } from 'type-graphql';

import { SafeInt, Url } from '../scalars.ts';

/** One header. */
@ObjectType('HttpHeader', { simpleResolvers: true, description: 'One header of a request or an answer.' })
export class HttpHeaderType {
  @Field(() => String, { description: 'The name, as it was set or received.' })
  name: string;

  @Field(() => String, { nullable: true, description: 'The value; null where it is secret.' })
  value: string | null;

  @Field(() => Boolean, { description: 'Whether the value is kept from readers.' })
  secret: boolean;
}

/** A request or an answer. */
@ObjectType('HttpMessage', {
  simpleResolvers: true,
  description: 'A request or an answer: its headers without secrets, and the beginning of its body.',
})
export class HttpMessageType {
  @Field(() => Url, { nullable: true, description: 'The address called; null on an answer.' })
  url: string | null;

  @Field(() => String, { nullable: true, description: 'The HTTP method; null on an answer.' })
  method: string | null;

  @Field(() => Int, { nullable: true, description: 'The HTTP status; null on a request.' })
  statusCode: number | null;

  @Field(() => [HttpHeaderType], { description: 'The headers in their order.' })
  headers: HttpHeaderType[];

  @Field(() => String, {
    nullable: true,
    description: 'The beginning of the body as text (16 KiB at most); null when none is kept.',
  })
  body: string | null;

  @Field(() => SafeInt, { description: 'The length of the body in bytes, as far as it was read.' })
  bodyBytes: number;

  @Field(() => Boolean, { description: 'Whether the body was longer than what is shown.' })
  bodyTruncated: boolean;
}
