import * as assert from 'uvu/assert';
import { redactPasswords } from '../../src/cli/redact.js';
import { group } from '../harness/group.js';

group('passwords in texts of others', (test) => {
  const texts: [string, string][] = [
    ['at postgres://me:geheim@db/x (postgres://me:geheim@db/x)', 'at postgres://me:***@db/x (postgres://me:***@db/x)'],
    ['at postgres://me:ge@/heim@db/x', 'at postgres://me:***@db/x'],
    ['at postgres://me:ge heim@db/x', 'at postgres://me:***@db/x'],
    ['at postgres://db/x?password=geheim&a=1', 'at postgres://db/x?password=***&a=1'],
    ['at postgres://db/x?a=1&sslpassword=geheim)', 'at postgres://db/x?a=1&sslpassword=***)'],
    ['{"url":"https://h.example/?token=geheim","b":"c@d"}', '{"url":"https://h.example/?token=***","b":"c@d"}'],
    ['{"a":"postgres://db:5432","b":"c@d"}', '{"a":"postgres://db:5432","b":"c@d"}'],
    ['http://127.0.0.1:8080 answered, ask me@home', 'http://127.0.0.1:8080 answered, ask me@home'],
    ['expected postgres://USER:PASSWORD@HOST:PORT/DATABASE', 'expected postgres://USER:PASSWORD@HOST:PORT/DATABASE'],
  ];
  for (const [text, shown] of texts) test(shown, () => assert.is(redactPasswords(text), shown));
});
