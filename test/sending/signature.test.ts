/** SEC-09: the signatures, against the official vector and the reference library. */
import { Webhook as SignatureCheck } from 'standardwebhooks';

import { sign } from '../../src/sending/signature.ts';
import { figure } from '../support/figure.ts';
import { startReceiver } from '../support/receiver.ts';
import { createWebhook, publish, registerResource } from '../support/scenario.ts';
import { startServer } from '../support/server.ts';

describe('a signature (SEC-09)', () => {
  it('equals the vector that the Standard Webhooks libraries test themselves with', () => {
    const body = Buffer.from('{"test": 2432232314}');
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    expect(sign([secret], 'msg_p5jXN8AQM9LWM0D4loKWxJek', 1614265330, body)).toBe(
      'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    );
  });

  it('over what a server really sent is taken by the reference library, and refused with another key, body or time', async () => {
    let now = new Date();
    const server = await startServer({}, { now: () => now });
    const receiver = await startReceiver();
    try {
      await registerResource(server.api, 'things', 'type Thing { id: ID! name: String value: Float }');
      const { secret } = await createWebhook(server.api, receiver.url, {
        triggers: [{ resource: 'things', event: 'create' }],
      });
      const payloadText = '{ "value": 1.0, "id":"1", "name":"é 👋" }';
      await publish(server.api, { resource: 'things', event: 'create', entityId: '1', payloadText });
      const [hit] = await receiver.until(1);
      const headers = hit!.headers as Record<string, string>;
      const body = hit!.body.toString();
      const check = new SignatureCheck(secret);
      expect(check.verify(body, headers)).toMatchObject({ data: { id: '1' } });
      const reserialised = JSON.stringify(JSON.parse(body));
      expect(reserialised).not.toBe(body);
      expect(() => check.verify(reserialised, headers)).toThrow('No matching signature found');
      const other = new SignatureCheck(`whsec_${Buffer.alloc(32, 1).toString('base64')}`);
      expect(() => other.verify(body, headers)).toThrow('No matching signature found');
      expect(() => check.verify(body, { ...headers, 'webhook-id': 'dlv_other' })).toThrow('No matching');

      for (const minutes of [-6, 6]) {
        now = new Date(Date.now() + minutes * 60_000);
        await publish(server.api, {
          resource: 'things',
          event: 'create',
          entityId: String(minutes),
          payloadText,
        });
        const late = await receiver.find((one) => one.body.includes(`"entityId":"${minutes}"`));
        expect(() => check.verify(late.body.toString(), late.headers as Record<string, string>)).toThrow(
          /timestamp/i,
        );
      }
      figure('SEC-09', { vector: 'equal', verified: 1, refused: 5 });
    } finally {
      await server.stop();
      await receiver.close();
    }
  });
});
