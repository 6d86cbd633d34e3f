import { createHmac } from 'node:crypto';

/**
 * The headers by which a receiver knows who sent a body, and when.
 *
 * The signature is HMAC-SHA256 over the time, a dot and the body as it is sent; the time is in it so that a message that
 * somebody caught cannot be sent again much later.
 *
 * @param timeMs when it is sent, epoch milliseconds; the header counts whole seconds
 */
export function signBody(body: string, secret: string, timeMs: number): Record<string, string> {
  const timestamp = String(Math.floor(timeMs / 1000));
  const digest = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
  return { 'X-Chartctl-Timestamp': timestamp, 'X-Chartctl-Signature': `sha256=${digest}` };
}
