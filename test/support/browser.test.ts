import { describeInBrowser, faintTexts, overflowing } from './browser';

const pageOf = (body: string) => `data:text/html,${encodeURIComponent(`<!doctype html><title>x</title><body>${body}`)}`;

describeInBrowser('what a browser says of a page', (open) => {
  test('nothing of one that is all right', async () => {
    const { page, problems } = await open(pageOf('<p style="color: #595959">fine</p><svg width="90" height="30"><text y="20">fine</text></svg>'));

    expect({ problems, wide: await overflowing(page), faint: await faintTexts(page) }).toEqual({ problems: [], wide: [], faint: [] });
  });

  test('its errors, and what it asks others for', async () => {
    const { problems } = await open(pageOf('<script>throw new Error("oops")</script><img src="http://localhost:9/x.png">'));

    expect(problems).toEqual(expect.arrayContaining(['oops', 'request for http://localhost:9/x.png']));
  });

  test('what does not fit', async () => {
    const { page } = await open(pageOf('<p style="width: 500px">wide</p>'), { width: 390 });

    expect(await overflowing(page)).toEqual([expect.stringMatching(/^the page/), 'P.: wide']);
  });

  test('texts that are hard to read, on what is painted behind them', async () => {
    const { page } = await open(pageOf(`<p style="background: #fff; color: #888">grey</p>
      <svg width="90" height="60"><rect width="90" height="30" fill="#000"/>
      <text y="20" fill="#333">dark</text><text y="50" fill="#333">fine</text></svg>`));

    expect((await faintTexts(page)).map(({ text }) => text)).toEqual(['grey', 'dark']);
  });
});
