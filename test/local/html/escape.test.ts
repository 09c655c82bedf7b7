import { html, Html } from '../../../src/local/html/escape';

test('what is put into a template is text, between tags and in the quotes of an attribute', () => {
  const hostile = '</pre><img src=x onerror="alert(\'1\')">&amp;`${x}`';

  expect(html`<a title="${hostile}">${hostile}</a>`.markup).toBe(
    '<a title="&lt;/pre&gt;&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;amp;&#96;${x}&#96;">' +
    '&lt;/pre&gt;&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;amp;&#96;${x}&#96;</a>',
  );
});

test('markup of a template stays markup, also in lists; numbers are shown, and nothing of what is undefined', () => {
  const items = ['<', 1].map((item) => html`<li>${item}</li>`);
  expect(html`<ul>${items}${undefined}${''}</ul>${[[0, 'a'], html`<br>`]}`.markup).toBe('<ul><li>&lt;</li><li>1</li></ul>0a<br>');
});

test('what looks like markup from elsewhere is none', () => {
  const alike = { markup: '<b>', toString: () => '<b>' } as unknown as Html;
  expect(() => html`${alike}`).toThrow();
  expect(html`${String(alike)}`.markup).toBe('&lt;b&gt;');
});

test('nothing that a browser would obey or hide: control characters, bidi marks, escape sequences, lone surrogates', () => {
  expect(html`${'a\u0000\u0007\u202eb\u2066\u200b\u001b[31mc\u001b[0m\ud800\ufeff\tx\r\ny'}`.markup).toBe('abc\tx\ny');
});
