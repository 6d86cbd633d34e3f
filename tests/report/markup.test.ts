import * as assert from 'uvu/assert';
import { Markup, markup, toScriptJson } from '../../src/report/markup.js';
import { group } from '../harness/group.js';

const HOSTILE_TEXT = `<script>alert(1)</script>"'&<!--\u2028\u2029`;

group('markup', (test) => {
  test('values are escaped, in elements and in attributes', () => {
    const { text } = markup`<td title="${HOSTILE_TEXT}">${HOSTILE_TEXT}</td>`;
    const safe = '&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;&lt;!--\u2028\u2029';
    assert.is(text, `<td title="${safe}">${safe}</td>`);
  });

  test('markup is not escaped, lists are joined, null is empty', () => {
    const items = ['a', '<'].map((item) => markup`<li>${item}</li>`);
    assert.is(markup`<ul>${items}${null}${3}</ul>`.text, '<ul><li>a</li><li>&lt;</li>3</ul>');
  });

  test('the indentation of the template is removed, that of the values stays', () => {
    assert.is(
      markup`<pre>
        ${'a\n    b'}</pre>`.text,
      '<pre>\na\n    b</pre>',
    );
  });

  test('a string that contains markup is escaped as well', () => {
    const text = markup`<b></b>`.text;
    assert.is(markup`${text}`.text, '&lt;b&gt;&lt;/b&gt;');
    assert.is(markup`${new Markup(text)}`.text, text);
  });

  test('JSON in a script element cannot end it, and parses to the same value', () => {
    const { text } = toScriptJson({ reason: HOSTILE_TEXT });
    assert.not.match(text, /[<>&\u2028\u2029]/);
    assert.equal(JSON.parse(text), { reason: HOSTILE_TEXT });
  });
});
