import * as assert from 'uvu/assert';
import { Markup, markup, toScriptJson } from '../../src/report/markup.js';
import { group } from '../harness/group.js';

const HOSTILE_TEXT = `<script>alert(1)</script>"'&<!--\u2028\u2029`;

group('markup', (test) => {
  test('what is put in becomes text, in an element and in an attribute', () => {
    const { text } = markup`<td title="${HOSTILE_TEXT}">${HOSTILE_TEXT}</td>`;
    const safe = '&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;&lt;!--\u2028\u2029';
    assert.is(text, `<td title="${safe}">${safe}</td>`);
  });

  test('what is markup stays markup, lists are joined, null is nothing', () => {
    const items = ['a', '<'].map((item) => markup`<li>${item}</li>`);
    assert.is(markup`<ul>${items}${null}${3}</ul>`.text, '<ul><li>a</li><li>&lt;</li>3</ul>');
  });

  test('the indent of the template goes, that of the values stays', () => {
    assert.is(
      markup`<pre>
        ${'a\n    b'}</pre>`.text,
      '<pre>\na\n    b</pre>',
    );
  });

  test('a template is not the way around: a string with markup in it is still text', () => {
    const text = markup`<b></b>`.text;
    assert.is(markup`${text}`.text, '&lt;b&gt;&lt;/b&gt;');
    assert.is(markup`${new Markup(text)}`.text, text);
  });

  test('JSON in a script element cannot end it, and reads back as it was', () => {
    const { text } = toScriptJson({ reason: HOSTILE_TEXT });
    assert.not.match(text, /[<>&\u2028\u2029]/);
    assert.equal(JSON.parse(text), { reason: HOSTILE_TEXT });
  });
});
